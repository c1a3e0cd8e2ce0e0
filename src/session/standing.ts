import { type OAuthError, oauthError } from '../errors.js'
import { isEnding } from './ending.js'
import { outlived } from './lives.js'
import { isRefused } from './refusals.js'
import type { Outcome, SessionView, State } from './state.js'
import { expiresWithin, type Token } from './stored-grant.js'

/** The error of a session that is over. */
export function endedError({ ending, record }: State): OAuthError {
  const reason = ending.reason ?? record.grant?.ended?.reason ?? 'changed'
  return oauthError('OAUTH_SESSION_ENDED', 'ended', { reason }, { error: reason })
}

/** True for a token that may be sent for `leeway` more seconds, and that no API refused. */
const lasts = ({ state, slot }: SessionView, token: Token, leeway: number, ahead = 0) =>
  !isRefused(slot, token) &&
  outlived(state) !== 'session_expired' &&
  !expiresWithin(token, leeway, state.clock() + ahead)

/** True for a token that lasts longer than the leeway, by `ahead` seconds at least. */
export function isUsable(view: SessionView, token: Token | undefined, ahead = 0): boolean {
  if (!token) return false
  const spare = Math.min(ahead, (token.expires_in || Infinity) / 4)
  return lasts(view, token, view.state.options.leeway ?? 60, spare)
}

/**
 * The token that is used while its renewal fails for a passing reason: the leeway is for renewing early, not
 * for failing early.
 */
export function stillGood(view: SessionView): Token | undefined {
  const { record } = view.state
  const token = record.grant?.tokens[view.slot.key]
  const isOurs = !isEnding(view.state) && !record.grant?.ended && !record.unaccepted
  return token && isOurs && lasts(view, token, 0) ? token : undefined
}

/** @throws OAuthError when the session has ended, or belongs to another person since */
function insistOnSession(state: State): void {
  const { grant, unaccepted } = state.record
  if (isEnding(state) || grant?.ended) throw endedError(state)
  if (unaccepted) throw oauthError('OAUTH_SESSION_CHANGED', 'unaccepted')
}

/**
 * The known token if it can be used and is not `stale`; nothing where it can be renewed.
 * @throws OAuthError when the session is over, another person's, or nothing is left to renew it with
 */
export function usableOrThrow(view: SessionView, stale?: string): Outcome | undefined {
  const { state, slot } = view
  insistOnSession(state)
  const { grant } = state.record
  const token = grant?.tokens[slot.key]
  if (token && isUsable(view, token) && token.access_token !== stale) return { token }
  if (grant?.refresh_token || state.options.grant) return undefined
  throw oauthError('OAUTH_INTERACTION_REQUIRED', token ? 'noRefreshToken' : 'noToken')
}
