import { isWithin, type State } from './session-state.js'
import type { Token } from './stored-grant.js'

/** What an origin refused is not asked of the authorization server again on that origin's account for so long (seconds). */
export const PAUSE = 60

/** What is remembered of the refusals of an API, by origin or challenge. */
export interface Refusals {
  /** What was asked for in vain: the token that was refused though it was fresh, and when. */
  inVain?: Map<string, { token: Token; at: number }>
  /** By origin: the token that its refusal brought, how many there have been, and whether it was refused since its last success. */
  renewed?: Map<string, { token: Token; at: number; renewals: number; isDoubted: boolean }>
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
  const isKnown = found?.token.access_token === token.access_token
  const renewals = (found?.renewals ?? 0) + (isKnown ? 0 : 1)
  refusals.renewed.set(origin, { token, at: state.clock(), renewals, isDoubted: false })
}

/** A success shows that the token is good there: what is refused later is refused for another reason. */
export function noteSuccess({ refusals }: State, originOf: () => string): void {
  if (!refusals?.inVain?.size && !refusals?.renewed?.size) return
  const origin = originOf()
  refusals.inVain?.delete(origin)
  const found = refusals.renewed?.get(origin)
  if (found) found.isDoubted = false
}

/**
 * True where a refusal is more likely the fault of one node than of the token: this token was renewed less than a minute ago for
 * the same origin, not for the first time, and the origin has accepted it since. Renewing for such a node would never end.
 * The second refusal in a row is believed.
 */
export function isNodeAtFault(state: State, origin: string, { access_token }: Token): boolean {
  const found = state.refusals?.renewed?.get(origin)
  if (!found || found.token.access_token !== access_token || found.renewals < 2) return false
  if (!isWithin(state, found.at, PAUSE) || found.isDoubted) return false
  found.isDoubted = true
  return true
}
