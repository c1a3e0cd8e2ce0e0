import { isSecure } from '../auth/origins.js'
import type { Awaitable } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { toForm } from '../lib/form.js'
import { addQuery } from '../lib/url.js'
import type { TokenType } from '../token-types/token-type.js'
import { clientSecretBasic } from './client-auth/client-secret-basic.js'
import { noClientAuth } from './client-auth/none.js'
import { applyHooks, type Hook, type Hooks } from './hooks.js'

/** Seconds since the epoch. */
export type Clock = () => number
/** That many random bytes. */
export type Random = (bytes: number) => Uint8Array
/** What of the Web Crypto API is used; `globalThis.crypto` where it exists. */
export type CryptoLike = Pick<Crypto, 'subtle' | 'getRandomValues'>

/**
 * Authorization server metadata, in wire names; whatever else a server publishes is kept.
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-2
 */
export interface ServerMetadata {
  issuer?: string
  authorization_endpoint?: string
  token_endpoint?: string
  revocation_endpoint?: string
  introspection_endpoint?: string
  userinfo_endpoint?: string
  end_session_endpoint?: string
  pushed_authorization_request_endpoint?: string
  device_authorization_endpoint?: string
  backchannel_authentication_endpoint?: string
  registration_endpoint?: string
  jwks_uri?: string
  scopes_supported?: string[]
  response_types_supported?: string[]
  response_modes_supported?: string[]
  grant_types_supported?: string[]
  code_challenge_methods_supported?: string[]
  token_endpoint_auth_methods_supported?: string[]
  authorization_response_iss_parameter_supported?: boolean
  require_pushed_authorization_requests?: boolean
  mtls_endpoint_aliases?: Record<string, string>
  [parameter: string]: unknown
}

/**
 * What the client is, in wire names.
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
export interface ClientMetadata {
  client_id: string
  client_secret?: string
  [parameter: string]: unknown
}

/** The endpoints that an authenticated call goes to. */
export type EndpointName = 'token' | 'revocation' | 'introspection' | 'par' | 'device' | 'backchannel'

/** One call to the authorization server, before it is sent; client authentication and hooks write on it. */
export interface ServerRequest {
  endpoint: EndpointName | 'discovery' | 'jwks' | 'userinfo' | 'registration' | 'challenge'
  method: 'POST' | 'GET' | 'PUT' | 'DELETE'
  url: URL
  headers: Record<string, string>
  /** Sent as a form (POST), or added to the query (GET). */
  body: URLSearchParams
  /** Sent as JSON instead of `body` (registration). */
  json?: unknown
  /** A Node agent for this call (a client certificate), given to the transport as it is. */
  agent?: unknown
  /** Seconds; default 30. */
  timeout?: number
  /** Never set for a refresh: a refresh that was sent is not aborted. */
  signal?: AbortSignal
}

/** The answer, unjudged: any status. */
export interface ServerResponse {
  readonly status: number
  header(name: string): string | undefined
  /** The body as text. */
  readonly body: string
}

/**
 * The transport for calls to the authorization server: no redirects, no cookies, nothing of the application's instance.
 * @throws OAuthError `OAUTH_SERVER_UNAVAILABLE` when no answer came (refused connection, reset, timeout); never with the raw error as cause.
 */
export type Send = (request: ServerRequest) => Promise<ServerResponse>

/** What client authentication may use. */
export interface ClientAuthContext {
  server: ServerMetadata
  client: ClientMetadata
  clock: Clock
  random: Random
  crypto: CryptoLike | undefined
  /** For a method that must ask the server first (a challenge). */
  send?: Send
  allowInsecure?: true | string[] | undefined
}

/**
 * Client authentication: writes on the request what proves who the client is.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3
 */
export interface ClientAuth {
  (request: ServerRequest, context: ClientAuthContext): Awaitable<void>
  /** True where the client proves itself on the TLS connection: `mtls_endpoint_aliases` are used then. */
  readonly mtls?: true
}

/** One method for all endpoints, or one for each. */
export type ClientAuthOption = ClientAuth | { token?: ClientAuth; revocation?: ClientAuth; introspection?: ClientAuth }

/** Request parameters: a list becomes repeated keys, `undefined` and `null` are left out. */
export type ServerParameters = Record<string, string | number | boolean | readonly string[] | null | undefined>

/** Everything a call to the authorization server needs; a session makes one, a test writes one by hand. */
export interface EndpointContext extends ClientAuthContext {
  send: Send
  clientAuth?: ClientAuthOption | undefined
  hooks?: Hooks | undefined
  tokenType: TokenType
  /** Origins that may be plain http, or `true` for any; loopback always may. */
  allowInsecure?: true | string[] | undefined
}

/** Options of one call, common to all messages. */
export interface ServerCallOptions {
  /** Extra parameters of the message; a list repeats the key. They win over ours. */
  parameters?: ServerParameters
  headers?: Record<string, string>
  /** Seconds. */
  timeout?: number
  /** GET puts the parameters into the query, for servers that want it. */
  method?: 'POST' | 'GET'
  /** Another client authentication, for this call alone. */
  clientAuth?: ClientAuthOption
  signal?: AbortSignal
}

/** Endpoints whose metadata parameter is not their own name. */
const longNames: { [name in EndpointName]?: string } = {
  par: 'pushed_authorization_request',
  device: 'device_authorization',
  backchannel: 'backchannel_authentication',
}

/**
 * Parses a URL that credentials may go to.
 * @throws OAuthError `OAUTH_INSECURE_URL` when it is not an absolute https URL, is no loopback, and `allowInsecure` does not name its origin.
 */
export function secureUrl(value: string | URL, name: string, allowInsecure?: true | string[]): URL {
  try {
    const url = new URL(value)
    if (isSecure(url, allowInsecure)) return url
  } catch {}
  throw oauthError('OAUTH_INSECURE_URL', 'endpoint', { name })
}

/**
 * Adds parameters to the query of a URL and answers the new one; what stands there already stays as it is.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.1
 */
export const appendQuery = (url: URL, parameters: URLSearchParams): URL => addQuery(url, `${parameters}`)

/** Servers repeat in their errors what they were sent; nothing of it may get into ours. */
function withoutSecrets(
  response: ServerResponse,
  { body: sent, headers, url }: ServerRequest,
  client_secret = '',
): ServerResponse {
  let { status, body } = response
  // a good answer, whatever its members are called, may well have the very refresh token again
  const isError = status > 399 || /"error"\s*:\s*"/.test(body)
  if (!isError || /"(access_token|active)"|(^|&)access_token=/.test(body)) return response
  for (const [name, value] of [...sent, ...url.searchParams, ...Object.entries({ ...headers, client_secret })]) {
    const secret = /^authorization$/i.test(name) ? value.replace(/^\S+ /, '') : value
    if (/(token|code|secret|password|assertion|verifier|authorization)$/i.test(name) && secret.length > 5)
      body = body.split(secret).join('…')
  }
  return body === response.body ? response : { ...response, body }
}

/**
 * One authenticated call to the authorization server: build, authenticate, hooks, send; once more, freshly built, when the
 * token type learnt something from the answer (a DPoP nonce). The answer is unjudged.
 * `hook` names the pair of hooks that run; default: `refresh` for a refresh, else the endpoint's own.
 * @throws OAuthError `OAUTH_ENDPOINT_MISSING`, `OAUTH_INSECURE_URL`, `OAUTH_INVALID_OPTION`, `OAUTH_HOOK_FAILED`, and whatever `send` and client authentication throw
 */
export async function callEndpoint(
  context: EndpointContext,
  endpoint: EndpointName,
  parameters: ServerParameters,
  options: ServerCallOptions & { hook?: 'token' | 'refresh' | 'revocation' | 'introspection' } = {},
): Promise<ServerResponse> {
  const { server, client, tokenType } = context
  const {
    clientAuth = context.clientAuth,
    hook = parameters.grant_type === 'refresh_token' ? 'refresh' : endpoint,
    method = 'POST',
    parameters: more,
    headers,
    ...call
  } = options
  if (!/^(POST|GET)$/.test(method)) throw oauthError('OAUTH_INVALID_OPTION', 'method')
  const applyHook = <T>(kind: string, value: T) =>
    applyHooks(context.hooks?.[(hook + kind) as keyof Hooks] as Hook<T> | undefined, value)
  const authenticate =
    (typeof clientAuth === 'object' ? (clientAuth[endpoint as 'token'] ?? clientAuth.token) : clientAuth) ??
    (client.client_secret ? clientSecretBasic() : noClientAuth())
  const name = `${longNames[endpoint] ?? endpoint}_endpoint`
  const address = (authenticate.mtls && server.mtls_endpoint_aliases?.[name]) ?? (server[name] as string | undefined)
  if (!address) throw oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name })

  for (let retry = true; ; retry = false) {
    let request = {
      ...call,
      endpoint,
      method,
      url: secureUrl(address, name, context.allowInsecure),
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: toForm({ ...parameters, ...more }),
    } as ServerRequest
    // a refresh that was sent is never aborted: its answer may hold the only valid refresh token
    if (hook === 'refresh') delete request.signal
    await authenticate(request, context)
    request = await applyHook('Request', request)
    request.url = secureUrl(request.url, name, context.allowInsecure)
    // a proof names the URL that a hook may have changed
    await tokenType.prepare?.(request, context)
    if (request.method === 'GET') {
      request.url = appendQuery(request.url, request.body)
      request.body = new URLSearchParams()
      delete request.headers['Content-Type']
    }
    const response = withoutSecrets(await context.send(request), request, client.client_secret)
    if (!tokenType.learnFromServer?.(response, request) || !retry) return applyHook('Response', response)
  }
}
