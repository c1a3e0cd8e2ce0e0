import { type OAuthError, type OAuthErrorDetails, oauthError } from '../errors.js'
import { missingToken, plainWords } from './explain-answer.js'
import type { ServerResponse } from './messages.js'
import { errorWord, isPassing } from './refusal.js'
import type { Token } from './token.js'

/** What an answer said, as wire parameters. */
export type ServerFields = Record<string, unknown>

const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)

/**
 * An answer that makes no sense, or a bad one. Of its body the message holds the plain words only: anything
 * that could be a credential, or part of one, is dropped.
 */
export const responseError = (
  code: 'OAUTH_SERVER_UNAVAILABLE' | 'OAUTH_SERVER_REFUSED' | 'OAUTH_INVALID_RESPONSE',
  { status, body }: ServerResponse,
  details: OAuthErrorDetails = {},
): OAuthError =>
  oauthError(
    code,
    'answer',
    { status, error: details.error, description: details.error_description ?? plainWords(body) },
    { ...details, status },
  )

/** The error of an answer that lacks a member, or has one that is not usable. */
export const lacking = ({ status, body }: ServerResponse, name: string): OAuthError =>
  oauthError('OAUTH_INVALID_RESPONSE', 'member', { status, name, words: plainWords(body) }, { status })

/**
 * Reads a body that should be a JSON object; some servers send a form instead. Anything else has no
 * parameters.
 */
function parse(body: string): ServerFields {
  try {
    const value = JSON.parse(body)
    return Array.isArray(value) ? {} : Object(value)
  } catch {
    return /^[\w.]+=[^<\n]*$/.test(body.trim()) ? Object.fromEntries(new URLSearchParams(body.trim())) : {}
  }
}

/**
 * Judges the answer to any call to the authorization server and reads its parameters; a body that is no
 * object has none. `now` is in seconds, for `Retry-After`.
 * @throws OAuthError `OAUTH_SERVER_UNAVAILABLE` for 5xx, 429 and what else is passing ({@link isPassing});
 * `OAUTH_SERVER_REFUSED` for 400, and when the answer has an `error`, whatever its status;
 * `OAUTH_INVALID_RESPONSE` for any other status outside 2xx
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function processServerResponse(response: ServerResponse, now: number): ServerFields {
  const { status, body } = response
  const fields = parse(body)
  const wait = response.header('retry-after') as string
  const seconds = Math.ceil(+wait > 0 ? +wait : Date.parse(wait) / 1000 - now)
  const retryAfter = seconds > 0 ? seconds : undefined
  const passing = isPassing(status, fields, !!retryAfter)
  // a refusal is one also where its body is empty or of another protocol
  const refused = fields.error || status === 400
  if (passing || refused || status < 200 || status > 299) {
    const definite = refused ? 'OAUTH_SERVER_REFUSED' : 'OAUTH_INVALID_RESPONSE'
    throw responseError(passing ? 'OAUTH_SERVER_UNAVAILABLE' : definite, response, {
      error: errorWord(fields),
      error_description: text(fields.error_description),
      error_uri: text(fields.error_uri),
      retryAfter,
    })
  }
  return fields
}

/**
 * A number, also one written as text; whole seconds. Anything else, and what no clock can hold, is
 * `undefined`.
 */
function seconds(value: unknown): number | undefined {
  const number = Math.floor(
    typeof value === 'number' || text(value)?.trim() ? +(value as string) : Number.NaN,
  )
  return Number.isSafeInteger(number) ? number : undefined
}

/**
 * A time in seconds since the epoch: of seconds, milliseconds, a `Date` or an ISO text; anything else is
 * `undefined`, and what no clock can hold.
 */
export function instant(value: unknown): number | undefined {
  const isDate = value instanceof Date || /\d-\d/.test(text(value) ?? '')
  if (isDate) return seconds(+new Date(value as string) / 1000)
  const time = seconds(value)
  // no token lives until the year 5138
  return time !== undefined && time > 1e11 ? Math.floor(time / 1000) : time
}

/**
 * Puts a token in order: `expires_in` and a given `expires_at` become whole seconds, or go when they are not
 * usable (the token is then used until it is refused); empty and misshapen `refresh_token`, `id_token`,
 * `scope` and `token_type` go; a list of scopes is joined. A stored token's `expires_at` wins over its
 * `expires_in`; without it, `now` (seconds) is when the clock starts.
 * @throws OAuthError `OAUTH_INVALID_RESPONSE` when there is no `access_token`
 */
export function normaliseToken(fields: ServerFields, now: number): Token {
  if (!text(fields.access_token))
    throw missingToken(fields) ?? oauthError('OAUTH_INVALID_RESPONSE', 'noAccessToken')
  return inOrder(fields, now) as Token
}

/** {@link normaliseToken} for what may be a refresh token alone. */
export function inOrder(fields: ServerFields, now: number): Partial<Token> {
  const life = seconds(fields.expires_in)
  const { scope } = fields
  const token: ServerFields = {
    ...fields,
    expires_in: life,
    // to the millisecond: of a token that lives a second, a whole second would be lost to rounding
    expires_at:
      instant(fields.expires_at) ??
      (seconds(now + (life as number)) && Math.round((now + (life as number)) * 1e3) / 1e3),
    scope: Array.isArray(scope) ? scope.join(' ') : scope,
  }
  for (const name of ['expires_in', 'expires_at', 'refresh_token', 'id_token', 'scope', 'token_type'])
    if (name[1] === 'x' ? token[name] === undefined : !text(token[name])) delete token[name]
  return token as Partial<Token>
}

/**
 * What a grant answered, as a token; one of the application's own may answer anything, and leave `expires_at`
 * to us.
 * @throws OAuthError `OAUTH_INVALID_RESPONSE`
 */
export const grantedToken = (answer: Token, now: number): Token =>
  text(answer?.access_token) && typeof answer.expires_at === 'number'
    ? answer
    : normaliseToken(Object(answer), now)

/**
 * Refuses a token of a type that the client cannot use; an absent `token_type` is `bearer`, case does not
 * matter.
 * @throws OAuthError `OAUTH_UNSUPPORTED_TOKEN_TYPE`
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-7.1
 */
export function checkTokenType({ token_type = 'bearer' }: Token, accepts: readonly string[]): void {
  if (!accepts.includes(token_type.toLowerCase()))
    throw oauthError('OAUTH_UNSUPPORTED_TOKEN_TYPE', 'other', { token_type, accepts })
}

/**
 * Turns the token endpoint's answer into a token. `requestedAt` (seconds) is the time before the request was
 * sent: what was lost on the way counts as used.
 * @throws OAuthError `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`,
 * `OAUTH_UNSUPPORTED_TOKEN_TYPE`
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export function processTokenResponse(
  response: ServerResponse,
  { requestedAt, tokenType }: { requestedAt: number; tokenType: { readonly accepts: readonly string[] } },
): Token {
  const fields = processServerResponse(response, requestedAt)
  if (!text(fields.access_token))
    throw missingToken(fields, { status: response.status }) ?? lacking(response, 'access_token')
  // the server's clock may be wrong: the length of life is worth more than the hour of death
  if (seconds(fields.expires_in) !== undefined) delete fields.expires_at
  const token = inOrder(fields, requestedAt) as Token
  checkTokenType(token, tokenType.accepts)
  return token
}

/**
 * What a refreshed token keeps of the one before: the refresh token and the scope, where the answer named
 * none. The expiry is the new one's alone.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export function mergeRefreshed(
  previous: { refresh_token?: string | undefined; scope?: string | undefined },
  next: Token,
): Token {
  const { refresh_token, scope } = { ...previous, ...next }
  return { ...next, ...(refresh_token && { refresh_token }), ...(scope && { scope }) }
}

/**
 * What of the scope was not granted (`missing`) and what came unasked (`added`); `undefined` when nothing
 * differs or either side is unknown. Order and repetition do not matter.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
export function scopeChange(
  asked: string | undefined,
  granted: string | undefined,
): { missing: string[]; added: string[] } | undefined {
  const without = (these: string, those: string) =>
    these.split(' ').filter(scope => scope && !those.split(' ').includes(scope))
  if (!asked || !granted) return undefined
  const change = { missing: without(asked, granted), added: without(granted, asked) }
  return change.missing[0] || change.added[0] ? change : undefined
}
