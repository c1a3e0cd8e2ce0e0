import type { Awaitable, OutgoingRequest } from '../auth/scheme.js'
import type { CryptoLike } from '../crypto/crypto-like.js'
import type { Clock } from '../lib/clock.js'
import type { Random } from '../lib/random.js'
import type { Token } from './token.js'

/**
 * Authorization server metadata, in wire names, with all further members that a server publishes.
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
  /** Further members. The underscore keeps the type from accepting a misspelt `tokenEndpoint`. */
  [parameter: `${string}_${string}`]: unknown
}

/**
 * What the client is, in wire names.
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
export interface ClientMetadata {
  client_id: string
  client_secret?: string
  token_endpoint_auth_method?: string
  scope?: string
  contacts?: string[]
  jwks?: unknown
  /**
   * Further members of the client. The underscore keeps the type from accepting a misspelt `clientSecret`.
   */
  [parameter: `${string}_${string}`]: unknown
}

/** The endpoints of authenticated calls. */
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
 * The transport for calls to the authorization server: no redirects, no cookies, nothing of the application's
 * instance.
 * @throws OAuthError `OAUTH_SERVER_UNAVAILABLE` when no answer came (refused connection, reset, timeout);
 * never with the raw error as cause.
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
 * Client authentication: adds the credentials of the client to the request.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3
 */
export interface ClientAuth {
  (request: ServerRequest, context: ClientAuthContext): Awaitable<void>
  /** True where the client proves itself on the TLS connection: `mtls_endpoint_aliases` are used then. */
  readonly mtls?: true
  /** Looks at the authorization server's answer: true when the call is worth one more send. */
  learnFromServer?(response: ServerResponse, request: ServerRequest): boolean
}

/** The names that RFC 7591 gives to the methods that need nothing but the client's metadata. */
export type ClientAuthName = 'client_secret_basic' | 'client_secret_post' | 'none' | 'tls_client_auth'

/** A method: a function, or the registered name of one. */
export type ClientAuthMethod = ClientAuth | ClientAuthName

/** One method for all endpoints, or one for each. */
export type ClientAuthOption =
  | ClientAuthMethod
  | { token?: ClientAuthMethod; revocation?: ClientAuthMethod; introspection?: ClientAuthMethod }

/** What signing a request may use: the session's own. */
export interface TokenTypeContext extends Pick<ClientAuthContext, 'clock' | 'random' | 'crypto'> {
  /**
   * The key pair that the session's store keeps beside the grant, created by `make` if there is none; absent
   * if the store keeps only text.
   */
  keyPair?: ((make: () => Promise<CryptoKeyPair>) => Promise<CryptoKeyPair>) | undefined
}

/** What a token type adds to a call to the authorization server. */
export interface TokenBinding {
  /** Values of `token_type`, lower case, that this type understands; an absent `token_type` is `bearer`. */
  readonly accepts: readonly string[]
  /**
   * Adds what the authorization server must see (a DPoP proof) to a call, after client authentication and
   * hooks.
   */
  prepare?(request: ServerRequest, context: ClientAuthContext & TokenTypeContext): void | Promise<void>
  /** Looks at the authorization server's answer: true when the call is worth one more send. */
  learnFromServer?(response: ServerResponse, request: ServerRequest): boolean
  /** Parameters for the authorization request, so that the code is bound to the type's key (`dpop_jkt`). */
  authorizationParameters?(context: TokenTypeContext): Promise<Record<string, string>>
}

/**
 * Reads the server's metadata when it is first needed; `discover()` makes one. `issuer`, where known
 * beforehand, names the session's key.
 */
export interface ServerSource {
  (context: {
    send: Send
    clock: Clock
    allowInsecure?: true | string[] | undefined
  }): Awaitable<ServerMetadata>
  readonly issuer?: string
}

/**
 * Request parameters: a list becomes repeated keys (that of `scope` one text), `undefined` and `null` are
 * left out.
 */
export type ServerParameters = Record<
  string,
  string | number | boolean | readonly string[] | null | undefined
>

/** Everything a call to the authorization server needs; a session makes one, a test writes one by hand. */
export interface EndpointContext extends ClientAuthContext {
  send: Send
  /**
   * Called right before the bytes leave, when client authentication and hooks are done; what it throws stops
   * the call.
   */
  beforeSend?: (() => void) | undefined
  /** Seconds that a call may take in all. Default 30. */
  timeout?: number | undefined
  clientAuth?: ClientAuthOption | undefined
  hooks?: Hooks | undefined
  tokenType: TokenBinding
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

/**
 * One compliance hook or several, run in the order given; each may change its argument or answer a
 * replacement.
 */
export type Hook<T, Rest extends unknown[] = []> =
  | ((value: T, ...rest: Rest) => Awaitable<T | undefined | void>)
  | ReadonlyArray<(value: T, ...rest: Rest) => Awaitable<T | undefined | void>>

/** Places where a server that does not follow the specification can be met halfway. */
export interface Hooks {
  /** The authorization URL, before the user agent is sent there. */
  authorizationUrl?: Hook<URL>
  /** Any token request but a refresh, after client authentication. */
  tokenRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  tokenResponse?: Hook<ServerResponse>
  /** A refresh request, after client authentication. */
  refreshRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  refreshResponse?: Hook<ServerResponse>
  /** A request to the API, after the token was put on it. A URL that a hook changed is checked again. */
  protectedRequest?: Hook<OutgoingRequest, [token: Token]>
  revocationRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  revocationResponse?: Hook<ServerResponse>
  introspectionRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  introspectionResponse?: Hook<ServerResponse>
}
