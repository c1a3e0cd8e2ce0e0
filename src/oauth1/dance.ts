import { OAuthError } from '../errors.js'
import type { ServerResponse } from '../server/call.js'
import { responseError } from '../server/token-response.js'
import type { OAuth1Token, ProtocolParameters } from './options.js'
import type { PlainRequest } from './sign-request.js'

/**
 * The three endpoints of a server, in the names that they go by everywhere.
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

/** `1.0` for servers of before the revision: the callback goes on the authorization URL, and there is no verifier. */
export type Revision = '1.0' | '1.0a'

/** What both calls of the dance may want beside the protocol. */
export interface DanceOptions {
  /** Default `POST`, as the specification says. */
  method?: 'POST' | 'GET'
  /** Further parameters: in the form of a POST, in the query of a GET; signed. */
  parameters?: Record<string, string>
}

/** A call of the dance, to be signed: `signRequest(request, { client, protocolParameters, token })`. */
export interface DanceRequest {
  request: PlainRequest & { headers: Record<string, string> }
  protocolParameters: ProtocolParameters
  token?: OAuth1Token
}

/** Adds parameters to the query of a URL; what stands there stays as it is. */
function withQuery(address: string, parameters: Record<string, string>): string {
  const url = new URL(address)
  const query = `${new URLSearchParams(parameters)}`
  if (query) url.search += (url.search && '&') + query
  return url.href
}

function call(url: string, { method = 'POST', parameters = {} }: DanceOptions): DanceRequest['request'] {
  const data = `${new URLSearchParams(parameters)}`
  if (method === 'GET' || !data) return { method, url: withQuery(url, parameters), headers: {}, data: undefined }
  return { method, url: new URL(url).href, headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, data }
}

/**
 * Builds the request for temporary credentials. `callback` is an absolute URL or, by default, `oob`; `1.0` sends none.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.1
 */
export const requestTokenRequest = (
  server: OAuth1Server,
  { callback = 'oob', revision, ...options }: DanceOptions & { callback?: string; revision?: Revision } = {},
): DanceRequest => ({
  request: call(server.request_token_url, options),
  protocolParameters: revision === '1.0' ? {} : { oauth_callback: callback },
})

/**
 * Builds the request for token credentials, to be signed with the temporary ones.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.3
 */
export const accessTokenRequest = (
  server: OAuth1Server,
  { token, verifier, ...options }: DanceOptions & { token: OAuth1Token; verifier?: string },
): DanceRequest => ({
  request: call(server.access_token_url, options),
  protocolParameters: verifier ? { oauth_verifier: verifier } : {},
  token,
})

/**
 * Builds the URL that the resource owner is sent to. What stands in the query of `authorize_url` stays.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.2
 */
export const buildAuthorizationUrl = (
  server: OAuth1Server,
  oauth_token: string,
  parameters: Record<string, string> = {},
): string => withQuery(server.authorize_url, { oauth_token, ...parameters })

/** Reads a body of parameters: a JSON object or a form. What is neither has none. */
function fields(body: string): Record<string, unknown> {
  const text = body.trim()
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? {} : Object(value)
  } catch {
    return text.startsWith('<') ? {} : Object.fromEntries(new URLSearchParams(text))
  }
}

/**
 * Reads the answer to either call: the credentials, and everything else that came with them.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (with the server's `oauth_problem` as `error`), `OAUTH_SERVER_UNAVAILABLE`,
 * `OAUTH_INVALID_RESPONSE`
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.3
 */
export function processTokenResponse(response: ServerResponse): OAuth1Token {
  const { status, body } = response
  const found = fields(body)
  const challenge = /oauth_problem="?(\w+)/.exec(response.header('www-authenticate') ?? '')?.[1]
  const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)
  // some speak as servers of OAuth 2 do
  const error = text(found.oauth_problem) ?? challenge ?? text(found.error)
  if (error || status < 200 || status > 299)
    throw responseError(
      status > 499 || status === 429 ? 'OAUTH_SERVER_UNAVAILABLE' : 'OAUTH_SERVER_REFUSED',
      response,
      { error, error_description: text(found.oauth_problem_advice) ?? text(found.error_description) },
    )
  const { oauth_token, oauth_token_secret } = found
  if (typeof oauth_token !== 'string' || !oauth_token || !/^(string|undefined)$/.test(typeof oauth_token_secret))
    throw responseError('OAUTH_INVALID_RESPONSE', response, { error_description: 'without an oauth_token' })
  return found as OAuth1Token
}

/**
 * Reads the answer to the request for temporary credentials.
 * @throws OAuthError as {@link processTokenResponse}; `OAUTH_INVALID_RESPONSE` without `oauth_callback_confirmed=true`, unless
 * the server is one of 1.0.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.1
 */
export function processRequestToken(response: ServerResponse, revision?: Revision): OAuth1Token {
  const token = processTokenResponse(response)
  if (revision !== '1.0' && `${token.oauth_callback_confirmed}` !== 'true')
    throw new OAuthError(
      'OAUTH_INVALID_RESPONSE',
      "The server did not confirm the callback: it may be one of OAuth 1.0, see the option revision: '1.0'.",
      { status: response.status },
    )
  return token
}
