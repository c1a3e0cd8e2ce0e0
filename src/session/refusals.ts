import { isWithin, type Refusals, type RenewedForOrigin, type State, type TokenSlot } from './state.js'
import type { Token } from './stored-grant.js'

/** Seconds for which a refusal by an origin is not taken to the authorization server again. */
export const PAUSE = 60

/** The start of {@link TokenSlot.refused}: one list for all slots, so that an idle session is small. */
export const NONE_REFUSED: readonly string[] = /* @__PURE__ */ Object.freeze([])

/** True for a token that an API refused. */
export const isRefused = (slot: TokenSlot, { access_token }: Token): boolean =>
  slot.refused.includes(access_token)

/** Notes a token that an API refused: it is never handed out again. */
export function noteRefused(slot: { refused: TokenSlot['refused'] }, { access_token }: Token): void {
  if (!slot.refused.includes(access_token)) slot.refused = [access_token, ...slot.refused].slice(0, 4)
}

/** A server may hand out the very token again that was refused before. */
export function forgetRefused(slot: { refused: TokenSlot['refused'] }, { access_token }: Token): void {
  slot.refused = slot.refused.filter(refused => refused !== access_token)
}

/** Created with the first refusal: an idle session is small. */
function refusalsOf(state: { refusals?: Refusals }): Refusals {
  state.refusals ??= {}
  return state.refusals
}

/** True while a new token for `key` was asked for in vain a short time ago, with this token. */
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

/** A success shows that the origin accepts the token: a later refusal has another reason. */
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
