import { isOAuthError } from '../errors.js'

/**
 * What a failed token request means for the grant: `passing` (ask again soon), `refused` (a mistake that can
 * be corrected: ask again rarely), `over` (the refresh token is spent or revoked: the person signs in again).
 */
export type KindOfRefusal = 'passing' | 'refused' | 'over'

/** Error words by which servers say that the same request will be answered later. */
const PASSING = /^(temporarily_unavailable|slow_down)$/i

/** Error words by which servers say that the grant is over; GitHub and HubSpot have one of their own. */
const OVER = /^(invalid_grant|bad_refresh_token)$/i

/**
 * The word by which an answer names its error: `error`, or where that is an object or missing, the name in
 * its place.
 */
export function errorWord({ error, status }: Record<string, unknown>): string | undefined {
  const { type, code, status: name } = Object(error) as Record<string, unknown>
  return [error, name, type, code, status].find((word): word is string => typeof word === 'string' && !!word)
}

/**
 * True for an answer that a later one will replace, whatever its status: the server is busy or down, says so
 * in words, or says when to ask again.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function isPassing(status: number, fields: Record<string, unknown>, mayRetry: boolean): boolean {
  if (status > 499 || [408, 425, 429].includes(status)) return true
  const { error, is_transient = Object(error).is_transient } = fields
  const word = `${errorWord(fields)}`
  const isError = status > 399 || !!error
  return isError && !OVER.test(word) && (mayRetry || is_transient === true || PASSING.test(word))
}

/**
 * Sorts what a token request threw. `endedBy` names what else means that the grant is over: a server's own
 * error words, or statuses of an application's own back end (401).
 */
export function kindOfRefusal(failure: unknown, endedBy: readonly (string | number)[] = []): KindOfRefusal {
  if (!isOAuthError(failure)) return 'passing'
  const { code, error, status } = failure
  const isDefinite = code === 'OAUTH_SERVER_REFUSED'
  const isNamed = endedBy.some(sign => sign === status || sign === error)
  if (isNamed || (isDefinite && OVER.test(`${error}`))) return 'over'
  return isDefinite ? 'refused' : 'passing'
}
