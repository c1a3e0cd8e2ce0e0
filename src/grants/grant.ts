import type {
  ClientMetadata,
  Clock,
  CryptoLike,
  EndpointName,
  Random,
  Send,
  ServerCallOptions,
  ServerMetadata,
  ServerParameters,
  ServerResponse,
} from '../server/call.js'
import type { StoredGrant, Token } from '../session/stored-grant.js'

/**
 * The session's token endpoint: authenticates the client, runs the hooks, judges the answer.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (with the server's `error`), `OAUTH_SERVER_UNAVAILABLE`,
 * `OAUTH_INVALID_RESPONSE`, `OAUTH_UNSUPPORTED_TOKEN_TYPE`
 */
export type TokenEndpoint = (parameters: ServerParameters, options?: ServerCallOptions) => Promise<Token>

/**
 * The part of an axios instance that a custom grant may call; it is not the instance that the session is
 * attached to.
 */
export interface HttpClient {
  request(config: Record<string, unknown>): Promise<HttpResponse>
  get(url: string, config?: Record<string, unknown>): Promise<HttpResponse>
  post(url: string, data?: unknown, config?: Record<string, unknown>): Promise<HttpResponse>
}

/** The response of {@link HttpClient}. */
export interface HttpResponse {
  status: number
  data: unknown
  headers: unknown
}

/** The expected values of an ID token. */
export interface IdTokenExpectation {
  nonce?: string | undefined
  /** Seconds. */
  max_age?: number | undefined
  access_token?: string | undefined
  code?: string | undefined
  /** The `state` of the authorization response with the ID token. */
  state?: string | undefined
  /** True for an ID token from the browser: it needs a signature, and a hash of each value beside it. */
  front?: boolean | undefined
  /** The grant's earlier ID token: a refresh must be for the same subject. */
  previous?: string | undefined
  /** True for an ID token from a refresh. */
  refreshed?: boolean | undefined
  /** Called with the signed JWT inside an encrypted one. */
  opened?: ((jwt: string) => void) | undefined
}

/** The context of a grant, beside the token endpoint. */
export interface GrantContext {
  /** The server's metadata, discovered on first use. */
  server(): Promise<ServerMetadata>
  client: ClientMetadata
  /** A separate instance: a call through the attached one would wait for itself. */
  http: HttpClient
  /**
   * An authenticated call to another endpoint of the server (device authorization, back-channel
   * authentication).
   */
  call(
    endpoint: EndpointName,
    parameters: ServerParameters,
    options?: ServerCallOptions,
  ): Promise<ServerResponse>
  /** The transport of {@link call}, for documents of the server (its keys). */
  send: Send
  clock: Clock
  random: Random
  crypto: CryptoLike | undefined
  /** Set if a session made by `session.for()` needs a token of its own. */
  resource?: string | undefined
  scope?: string | undefined
  /** The stored grant: a custom grant may need the refresh token. */
  stored?: StoredGrant | undefined
  signal?: AbortSignal | undefined
  /** True if the session validates ID tokens in full: a sign-in that requested one then fails without it. */
  openid?: boolean
  /**
   * Validates an ID token: in full by the session's `openid`, else only its claims. ID tokens that a grant
   * does not validate itself are validated before their token is stored.
   */
  validateIdToken?(idToken: string, expected: IdTokenExpectation): Promise<Record<string, unknown>>
}

/** A way to get a token: calls the token endpoint (or anything else) and returns the token in wire names. */
export interface Grant {
  (endpoint: TokenEndpoint, context: GrantContext): Promise<Token>
  /** True for a grant that needs a person or can be used once only: it cannot be a session's `grant`. */
  readonly interactive?: boolean
  /** The requested scope, if the token request does not name it. */
  readonly scope?: string | undefined
}

/** The argument of a session's own `refresh`: the context of a grant, and the refresh token to spend. */
export interface RefreshContext extends GrantContext {
  refresh_token: string
}

/** Calls something other than the token endpoint for the next token; returns it in wire names. */
export type RefreshOAuth2Token = (context: RefreshContext) => Promise<Token>

/** A grant without a person: a session may run it whenever it has no usable token. */
export type UnattendedGrant = Grant & { readonly interactive?: false }
