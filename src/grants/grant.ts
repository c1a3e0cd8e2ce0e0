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
 * The part of an axios instance that a grant of one's own may call; it is not the instance that the session
 * is attached to.
 */
export interface HttpClient {
  request(config: Record<string, unknown>): Promise<HttpResponse>
  get(url: string, config?: Record<string, unknown>): Promise<HttpResponse>
  post(url: string, data?: unknown, config?: Record<string, unknown>): Promise<HttpResponse>
}

/** What {@link HttpClient} answers. */
export interface HttpResponse {
  status: number
  data: unknown
  headers: unknown
}

/** What an ID token must fit. */
export interface IdTokenExpectation {
  nonce?: string | undefined
  /** Seconds. */
  max_age?: number | undefined
  access_token?: string | undefined
  code?: string | undefined
  /** True for one that came through the browser: it has a signature, and a hash of each thing beside it. */
  front?: boolean | undefined
  /** The grant's earlier ID token: a refresh must be for the same subject. */
  previous?: string | undefined
  /** True for one that a refresh brought. */
  refreshed?: boolean | undefined
  /** Is told the signed JWT inside, of one that was encrypted. */
  opened?: ((jwt: string) => void) | undefined
}

/** What a grant can use beside the token endpoint. */
export interface GrantContext {
  /** The server's metadata, discovered on first use. */
  server(): Promise<ServerMetadata>
  client: ClientMetadata
  /** A bare instance: not the attached one, so nothing here can wait for itself. */
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
  /** Set where a session made by `session.for()` wants a token of its own. */
  resource?: string | undefined
  scope?: string | undefined
  /** What is stored now: a grant of one's own may need the refresh token. */
  stored?: StoredGrant | undefined
  signal?: AbortSignal | undefined
  /**
   * True where the session validates ID tokens in full: a sign-in that asked for one is not finished without.
   */
  openid?: boolean
  /**
   * Validates an ID token: in full by the session's `openid`, else its claims alone. What a grant does not
   * validate itself is validated when its token is stored.
   */
  validateIdToken?(idToken: string, expected: IdTokenExpectation): Promise<Record<string, unknown>>
}

/** How a token is got: calls the token endpoint (or anything else) and answers the token in wire names. */
export interface Grant {
  (endpoint: TokenEndpoint, context: GrantContext): Promise<Token>
  /**
   * True for a grant that can be used once only, with a person present: such a one cannot be a session's
   * `grant`.
   */
  readonly interactive?: boolean
  /** The scope that was asked for, where the token request does not name it. */
  readonly scope?: string | undefined
}

/**
 * What a session's own `refresh` is given: all that a grant can use, and the refresh token that is to be
 * spent.
 */
export interface RefreshContext extends GrantContext {
  refresh_token: string
}

/** Asks something else than the token endpoint for the next token; answers it in wire names. */
export type RefreshOAuth2Token = (context: RefreshContext) => Promise<Token>

/** A grant that needs nobody: a session may run it whenever it has no usable token. */
export type UnattendedGrant = Grant & { readonly interactive?: false }
