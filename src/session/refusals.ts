import { isWithin, type State } from './session-state.js'
import type { Token } from './stored-grant.js'

/**
 * What an origin refused is not asked of the authorization server again on that origin's account for so long
 * (seconds).
 */
export const PAUSE = 60

/** A token that the refusals of one origin brought. */
export interface RenewedForOrigin {
  readonly token: Token
  readonly at: number
  /** How often tokens were renewed for that origin, all told. */
  readonly renewals: number
  /** True where the origin refused this very token and accepted it later. */
  isMixed?: boolean
}

/** What is remembered of the refusals of an API, by origin or challenge. */
export interface Refusals {
  /** What was asked for in vain: the token that was refused though it was fresh, and when. */
  inVain?: Map<string, { token: Token; at: number }>
  renewed?: Map<string, RenewedForOrigin>
}

const refusalsOf = (state: State): Refusals => {
  state.refusals ??= {}
  return state.refusals
}

/** True while what `key` names was asked for in vain a short time ago, with this token. */
export function wasInVain(state: State, key: string, { access_token }: Token): boolean {
  const found = state.refusals?.inVain?.get(key)
  return found?.token.access_token === access_token && isWithin(state, found.at, PAUSE)
}

export function noteInVain(state: State, key: string, token: Token): void {
  const refusals = refusalsOf(state)
  refusals.inVain ??= new Map()
  refusals.inVain.set(key, { token, at: state.clock() })
}

/** Notes that an origin accepts the token which its refusal brought. */
export function noteRenewed(state: State, origin: string, token: Token): void {
  const refusals = refusalsOf(state)
  refusals.renewed ??= new Map()
  const found = refusals.renewed.get(origin)
  if (found?.token.access_token === token.access_token) return
  refusals.renewed.set(origin, { token, at: state.clock(), renewals: (found?.renewals ?? 0) + 1 })
}

/** A success shows that the token is good there: what is refused later is refused for another reason. */
export function noteSuccess(state: State, originOf: () => string): void {
  const inVain = state.refusals?.inVain
  if (!inVain?.size) return
  const origin = originOf()
  const refused = inVain.get(origin)
  if (!refused) return
  inVain.delete(origin)
  noteRenewed(state, origin, refused.token)
  const found = state.refusals?.renewed?.get(origin)
  if (found) found.isMixed = true
}

/**
 * What is known of a token whose refusal may be the fault of one node: it was renewed less than a minute ago
 * for the same origin, not for the first time, and the origin has accepted it since. Renewing for such a node
 * would never end.
 */
export function doubtful(
  state: State,
  origin: string,
  { access_token }: Token,
): RenewedForOrigin | undefined {
  const found = state.refusals?.renewed?.get(origin)
  if (found?.token.access_token !== access_token || found.renewals < 2) return undefined
  return isWithin(state, found.at, PAUSE) ? found : undefined
}
