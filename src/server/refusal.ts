import { isOAuthError } from '../errors.js'

/**
 * What a failed token request means for the grant: `passing` (ask again soon), `refused` (a mistake that can
 * be corrected: ask again rarely), `over` (the refresh token is spent or revoked: the person signs in again).
 */
export type KindOfRefusal = 'passing' | 'refused' | 'over'

/** Error words by which servers say that the same request will be answered later. */
const PASSING: readonly string[] = ['temporarily_unavailable', 'slow_down']

/** Error words by which servers say that the grant is over; GitHub and HubSpot have one of their own. */
const OVER: readonly string[] = ['invalid_grant', 'bad_refresh_token']

const isOneOf = (words: readonly unknown[], word: unknown) =>
  typeof word === 'string' && words.includes(word.toLowerCase())

/**
 * The word by which an answer names its error: `error`, or where that is an object or missing, the name in
 * its place.
 */
export function errorWord(fields: Record<string, unknown>): string | undefined {
  const { error, status } = fields
  const { type, code, status: name } = Object(error) as Record<string, unknown>
  const words = typeof error === 'string' ? [error] : [name, type, code, status]
  return words.find((word): word is string => typeof word === 'string' && word !== '')
}

/**
 * True for an answer that a later one will replace, whatever its status: the server is busy or down, says so
 * in words, or says when to ask again.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function isPassing(status: number, fields: Record<string, unknown>, mayRetry: boolean): boolean {
  if (status > 499 || [408, 425, 429].includes(status)) return true
  const word = errorWord(fields)
  if (isOneOf(OVER, word)) return false
  const isError = status > 399 || !!fields.error
  const isTransient = fields.is_transient === true || Object(fields.error).is_transient === true
  return isError && (mayRetry || isTransient || isOneOf(PASSING, word))
}

/**
 * Sorts what a token request threw. `endedBy` names what else means that the grant is over: a server's own
 * error words, or statuses of an application's own back end (401).
 */
export function kindOfRefusal(failure: unknown, endedBy: readonly (string | number)[] = []): KindOfRefusal {
  if (!isOAuthError(failure)) return 'passing'
  const { code, error, status } = failure
  const named = endedBy.some(sign => sign === status || sign === error)
  if (named || (code === 'OAUTH_SERVER_REFUSED' && isOneOf(OVER, error))) return 'over'
  return code === 'OAUTH_SERVER_REFUSED' ? 'refused' : 'passing'
}
