import type { PlainRequest } from '../auth/plain-request.js'
import { oauthError } from '../errors.js'
import { appendQuery } from '../lib/url.js'
import type { ServerResponse } from '../server/call.js'
import { lacking, responseError } from '../server/token-response.js'
import { FORM_TYPE } from './body.js'
import type { OAuth1Token, ProtocolParameters } from './options.js'

/**
 * The three endpoints of a server, by their usual names.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2
 */
export interface OAuth1Server {
  /** Temporary Credential Request. */
  request_token_url: string
  /** Resource Owner Authorization. */
  authorize_url: string
  /** Token Request. */
  access_token_url: string
}

/**
 * `1.0` for servers before the revision: the callback goes into the authorization URL, and there is no
 * verifier.
 */
export type Revision = '1.0' | '1.0a'

/** Options of one call to the server. */
export interface OAuth1CallOptions {
  /** Default `POST`, by the specification. */
  method?: 'POST' | 'GET'
  /** Further parameters: in the form of a POST, in the query of a GET; signed. */
  parameters?: Record<string, string>
  headers?: Record<string, string>
  /** Seconds; default 30. */
  timeout?: number
  signal?: AbortSignal
}

/**
 * An unsigned call of the sign-in: sign it with `signRequest(request, { client, protocolParameters, token
 * })`.
 */
export interface OAuth1CallRequest {
  request: PlainRequest & { headers: Record<string, string> }
  /** Seconds. */
  timeout?: number | undefined
  signal?: AbortSignal | undefined
  protocolParameters: ProtocolParameters
  token?: OAuth1Token
}

/** Adds parameters to the query of a URL, whose existing query stays unchanged. */
function withQuery(address: string, parameters: Record<string, string>): string {
  return appendQuery(new URL(address), new URLSearchParams(parameters)).href
}

/** Builds a call with its options: the parameters go into the form of a POST or the query of a GET. */
function call(
  url: string,
  { method = 'POST', parameters = {}, headers, timeout, signal }: OAuth1CallOptions,
): Pick<OAuth1CallRequest, 'request' | 'timeout' | 'signal'> {
  const form = `${new URLSearchParams(parameters)}`
  const request =
    method === 'GET' || !form
      ? { method, url: withQuery(url, parameters), headers: { ...headers }, data: undefined }
      : { method, url: new URL(url).href, headers: { 'Content-Type': FORM_TYPE, ...headers }, data: form }
  return { request, timeout, signal }
}

/**
 * Builds the request for temporary credentials. `callback` is an absolute URL or, by default, `oob`; `1.0`
 * sends none.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.1
 */
export const requestTokenRequest = (
  server: OAuth1Server,
  {
    callback = 'oob',
    revision,
    ...options
  }: OAuth1CallOptions & { callback?: string; revision?: Revision } = {},
): OAuth1CallRequest => ({
  ...call(server.request_token_url, options),
  protocolParameters: revision === '1.0' ? {} : { oauth_callback: callback },
})

/**
 * Builds the request for token credentials: to be signed with the temporary ones and the verifier, or, for a
 * renewal, with the expired ones and their session handle.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.3
 * @see https://oauth.googlecode.com/svn/spec/ext/session/1.0/drafts/1/spec.html
 */
export const accessTokenRequest = (
  server: OAuth1Server,
  {
    token,
    verifier,
    sessionHandle,
    ...options
  }: OAuth1CallOptions & { token: OAuth1Token; verifier?: string; sessionHandle?: string },
): OAuth1CallRequest => ({
  ...call(server.access_token_url, options),
  protocolParameters: {
    ...(verifier && { oauth_verifier: verifier }),
    ...(sessionHandle && { oauth_session_handle: sessionHandle }),
  },
  token,
})

/**
 * Builds the URL for the resource owner. An existing query of `authorize_url` stays.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.2
 */
export const buildAuthorizationUrl = (
  server: OAuth1Server,
  oauth_token: string,
  parameters: Record<string, string> = {},
): string => withQuery(server.authorize_url, { oauth_token, ...parameters })

/** Reads a body of parameters: a JSON object or a form; any other body has none. */
function fields(body: string): Record<string, unknown> {
  const text = body.trim()
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? {} : Object(value)
  } catch {
    return text.startsWith('<') ? {} : Object.fromEntries(new URLSearchParams(text))
  }
}

/** Builds another call that is signed with token credentials: for a server's own way of renewal. */
export const apiRequest = (
  url: string,
  { token, ...options }: OAuth1CallOptions & { token: OAuth1Token },
): OAuth1CallRequest => ({
  ...call(url, options),
  protocolParameters: {},
  token,
})

const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)

/**
 * Refuses an unsuccessful answer.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (with the server's `oauth_problem` as `error`),
 * `OAUTH_SERVER_UNAVAILABLE`
 * @see https://wiki.oauth.net/w/page/12238543/ProblemReporting
 */
export function insistOnSuccess(response: ServerResponse, found = fields(response.body)): ServerResponse {
  const { status } = response
  const challenge = /oauth_problem="?(\w+)/.exec(response.header('www-authenticate') ?? '')?.[1]
  // Some servers answer with the error members of OAuth 2.
  const error = text(found.oauth_problem) ?? challenge ?? text(found.error)
  const error_description = text(found.oauth_problem_advice) ?? text(found.error_description)
  const isSuccess = !error && status >= 200 && status < 300
  if (isSuccess) return response
  const isDown = status > 499 || status === 429
  throw responseError(isDown ? 'OAUTH_SERVER_UNAVAILABLE' : 'OAUTH_SERVER_REFUSED', response, {
    error,
    error_description,
  })
}

/**
 * Reads the answer to either call: the credentials with their further members.
 * @throws OAuthError `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.3
 */
export function processTokenResponse(response: ServerResponse): OAuth1Token {
  const found = fields(response.body)
  insistOnSuccess(response, found)
  const { oauth_token, oauth_token_secret } = found
  const isSecret = oauth_token_secret === undefined || typeof oauth_token_secret === 'string'
  if (!text(oauth_token)) throw lacking(response, 'oauth_token')
  if (!isSecret) throw lacking(response, 'oauth_token_secret')
  return found as OAuth1Token
}

/** The rules for an answer with temporary credentials. */
export interface RequestTokenRules {
  revision?: Revision | undefined
  /**
   * Accepts a server of 1.0a that does not send `oauth_callback_confirmed`. The verifier is still required.
   */
  allowUnconfirmedCallback?: boolean | undefined
}

/**
 * Reads the answer to the request for temporary credentials.
 * @throws OAuthError as {@link processTokenResponse}; `OAUTH_INVALID_RESPONSE` without
 * `oauth_callback_confirmed=true`, unless the server is one of 1.0, or `allowUnconfirmedCallback` is given.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.1
 */
export function processRequestToken(
  response: ServerResponse,
  { revision, allowUnconfirmedCallback }: RequestTokenRules = {},
): OAuth1Token {
  const token = processTokenResponse(response)
  const isConfirmed = /^true$/i.test(`${token.oauth_callback_confirmed}`)
  if (revision !== '1.0' && !isConfirmed && !allowUnconfirmedCallback)
    throw oauthError('OAUTH_INVALID_RESPONSE', 'callbackNotConfirmed', {}, { status: response.status })
  return token
}
