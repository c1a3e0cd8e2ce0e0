import { OAuthError, type OAuthErrorDetails } from '../errors.js'
import type { ServerResponse } from './endpoint.js'
import type { Token } from './stored-grant.js'

/** What an answer said, as wire parameters. */
export type ServerFields = Record<string, unknown>

const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)

/** What is left of a body for an error message: its plain words. Anything that could be a credential, or part of one, is dropped. */
function excerpt(body: string): string {
  const words = body.slice(0, 999).replace(/<[^>]*>/g, ' ')
  return words
    .replace(/\S*[^\sa-z.,:;!?'-]\S*|\S{16,}/gi, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 80)
}

/** Seconds to wait, from a `Retry-After` header: a number or an HTTP date. */
function retryAfter(response: ServerResponse, now: number): number | undefined {
  const value = response.header('retry-after')?.trim()
  if (!value) return undefined
  const seconds = /^\d+$/.test(value) ? +value : Math.ceil(Date.parse(value) / 1000 - now)
  return seconds >= 0 ? seconds : undefined
}

/** Reads a body that should be a JSON object; some servers send a form instead. Anything else is `undefined`. */
function parse(body: string): ServerFields | undefined {
  const trimmed = body.trim()
  try {
    const value: unknown = JSON.parse(trimmed)
    return typeof value === 'object' && value && !Array.isArray(value) ? (value as ServerFields) : undefined
  } catch {
    return /^[^\s<>{["=]+=[^\s<>]*$/.test(trimmed) ? Object.fromEntries(new URLSearchParams(trimmed)) : undefined
  }
}

/** An answer that makes no sense, told by its status and its plain words. */
export function invalidResponse(response: ServerResponse, problem: string): OAuthError {
  const { status, body } = response
  const words = excerpt(body)
  return new OAuthError(
    'OAUTH_INVALID_RESPONSE',
    `The authorization server answered ${status} ${problem}${words && `: ${words}`}`,
    { status },
  )
}

/**
 * Judges the answer to any call to the authorization server and reads its parameters (none: an empty body).
 * `now` is in seconds, for `Retry-After`.
 * @throws OAuthError `OAUTH_SERVER_UNAVAILABLE` for 5xx and 429; `OAUTH_SERVER_REFUSED` when the answer has an `error`, whatever
 * its status; `OAUTH_INVALID_RESPONSE` for any other status outside 2xx, and for a body that is no object
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function processServerResponse(response: ServerResponse, now: number): ServerFields {
  const { status, body } = response
  const fields = parse(body)
  const error = fields?.error
  const details: OAuthErrorDetails = { status }
  for (const name of ['error', 'error_description', 'error_uri'] as const) {
    const words = text(fields?.[name])
    if (words) details[name] = words
  }
  const said = [details.error ?? status, details.error_description].filter(Boolean).join(': ')
  if (status >= 500 || status === 429) {
    const wait = retryAfter(response, now)
    if (wait !== undefined) details.retryAfter = wait
    throw new OAuthError('OAUTH_SERVER_UNAVAILABLE', `The authorization server is unavailable: ${said}`, details)
  }
  if (error) throw new OAuthError('OAUTH_SERVER_REFUSED', `The authorization server refused: ${said}`, details)
  if (status < 200 || status > 299) throw invalidResponse(response, 'without an OAuth error')
  if (!fields) throw invalidResponse(response, 'with a body that is no JSON object')
  return fields
}

/** A number, also one written as text; whole seconds. Anything else, and what no clock can hold, is `undefined`. */
function seconds(value: unknown): number | undefined {
  const number = typeof value === 'number' || text(value)?.trim() ? Math.floor(+(value as string)) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

/**
 * Puts a token in order: `expires_in` and `expires_at` become whole seconds, or go when they are not usable (the token is
 * then used until it is refused); empty and misshapen `refresh_token`, `id_token`, `scope` and `token_type` go; a list of scopes is joined.
 * A stored token's `expires_at` wins over its `expires_in`; without it, `now` (seconds) is when the clock starts.
 * @throws OAuthError `OAUTH_INVALID_RESPONSE` when there is no `access_token`
 */
export function normaliseToken(token: ServerFields, now: number): Token {
  if (!text(token.access_token)) throw new OAuthError('OAUTH_INVALID_RESPONSE', 'There is no access_token')
  const { expires_in, expires_at, ...rest } = token
  const result = rest as Token
  if (Array.isArray(result.scope)) result.scope = result.scope.join(' ')
  for (const name of ['refresh_token', 'id_token', 'scope', 'token_type']) if (!text(result[name])) delete result[name]
  const life = seconds(expires_in)
  const end = seconds(expires_at) ?? (life === undefined ? life : seconds(now + life))
  if (life !== undefined) result.expires_in = life
  if (end !== undefined) result.expires_at = end
  return result
}

/**
 * Refuses a token of a type that the client cannot use; an absent `token_type` is `bearer`, case does not matter.
 * @throws OAuthError `OAUTH_UNSUPPORTED_TOKEN_TYPE`
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-7.1
 */
export function checkTokenType(token: Token, accepts: readonly string[]): void {
  const type = token.token_type ?? 'bearer'
  if (!accepts.includes(type.toLowerCase()))
    throw new OAuthError('OAUTH_UNSUPPORTED_TOKEN_TYPE', `Token type ${type} is not one of ${accepts.join(', ')}`)
}

/**
 * Turns the token endpoint's answer into a token. `requestedAt` (seconds) is the time before the request was sent: what was
 * lost on the way counts as used.
 * @throws OAuthError `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`, `OAUTH_UNSUPPORTED_TOKEN_TYPE`
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export function processTokenResponse(
  response: ServerResponse,
  { requestedAt, tokenType }: { requestedAt: number; tokenType: { readonly accepts: readonly string[] } },
): Token {
  const fields = processServerResponse(response, requestedAt)
  if (!text(fields.access_token)) throw invalidResponse(response, 'without an access_token')
  const { expires_at, ...others } = fields
  // the server's clock may be wrong: what it says about the length of life is worth more
  const token = normaliseToken(seconds(fields.expires_in) === undefined ? fields : others, requestedAt)
  checkTokenType(token, tokenType.accepts)
  return token
}

/**
 * What a refreshed token keeps of the one before: the refresh token and the scope, where the answer named none. The expiry is the new one's alone.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export function mergeRefreshed(
  previous: { refresh_token?: string | undefined; scope?: string | undefined },
  next: Token,
): Token {
  const token = { ...next }
  const refreshToken = next.refresh_token ?? previous.refresh_token
  const scope = next.scope ?? previous.scope
  if (refreshToken !== undefined) token.refresh_token = refreshToken
  if (scope !== undefined) token.scope = scope
  return token
}

/**
 * What of the scope was not granted (`missing`) and what came unasked (`added`); `undefined` when nothing differs or
 * either side is unknown. Order and repetition do not matter.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
export function scopeChange(
  asked: string | undefined,
  granted: string | undefined,
): { missing: string[]; added: string[] } | undefined {
  if (!asked || !granted) return undefined
  const [before, after] = [asked, granted].map(scope => [...new Set(scope.split(' ').filter(Boolean))]) as [
    string[],
    string[],
  ]
  const missing = before.filter(scope => !after.includes(scope))
  const added = after.filter(scope => !before.includes(scope))
  return missing.length || added.length ? { missing, added } : undefined
}
