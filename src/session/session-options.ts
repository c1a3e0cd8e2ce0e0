import type { AuthFlow, IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import type { OAuthError } from '../errors.js'
import type { HttpClient, IdTokenExpectation, RefreshOAuth2Token, UnattendedGrant } from '../grants/grant.js'
import type { UsedAsync } from '../lib/dispose.js'
import type { StepUp } from '../oauth2/step-up.js'
import type {
  ClientAuthOption,
  ClientMetadata,
  Clock,
  CryptoLike,
  EndpointContext,
  EndpointName,
  Random,
  Send,
  ServerCallOptions,
  ServerMetadata,
  ServerParameters,
  ServerResponse,
  ServerSource,
} from '../server/call.js'
import type { Hooks } from '../server/messages.js'
import type { TokenType } from '../token-types/token-type.js'
import type { StoredGrant, Token, TokenStore } from './stored-grant.js'

export type { ServerSource }

/** Judges expiry that only the body shows. The response is an axios response, or one of the same shape. */
export type IsTokenExpired = (response: {
  status: number
  data: unknown
  headers: unknown
  config: unknown
}) => boolean

/** Checks an ID token when it arrives (`/oidc` makes one); returns its claims. */
export type IdTokenValidator = (
  idToken: string,
  expected: {
    server: ServerMetadata
    client: ClientMetadata
    clock: Clock
    send: Send
  } & IdTokenExpectation,
) => Promise<Record<string, unknown>>

/** The reason for a sign-in: there is no token, or the grant ended. Argument of `onInteractionRequired`. */
export interface InteractionRequired {
  /** `no_token`, or the reason of the session's end (`invalid_grant`, `revoked` …). */
  reason: 'no_token' | 'invalid_grant' | 'revoked' | (string & {})
  /** The error with which the waiting requests would be rejected. */
  error: OAuthError
}

/** The events of a session; never with a secret. Times are seconds. */
export interface SessionEvents {
  /**
   * A token was stored: by a grant, a refresh or `saveToken`. `scopeChanged` is set if the server granted
   * another scope than requested or held before.
   */
  token: {
    scope?: string | undefined
    scopeChanged?: { missing: string[]; added: string[] } | undefined
    expires_at?: number | undefined
  }
  /** A renewal succeeded. */
  renewed: { duration: number; cause: 'expired' | 'refused' | 'ahead' | 'forced' }
  /**
   * Another sign-in replaced this one, in another tab or process. `sameUser` is set if an ID token proves or
   * disproves that it is the same person. Unless it is true, requests fail with `OAUTH_SESSION_CHANGED` until
   * `session.acceptChange()`, because the page shows another person's data. After a log-out the session
   * adopts the sign-in of another tab without that.
   */
  changed: { sameUser: boolean | undefined }
  /**
   * The refresh token or the whole session will end at `ends_at` (seconds since the epoch), unless the person
   * signs in again.
   */
  ending: { ends_at: number }
  /** The session is over, here or in another tab or process. */
  ended: { reason: string }
  /**
   * The API requires more than a fresh token (`insufficient_scope`, step-up); needs the option `challenges`.
   */
  challenge: Challenge
  /** A failure outside of a request: a renewal, a store that cannot be written, a refused fresh token. */
  error: { error: OAuthError }
}

/** Options of {@link createOAuth2Session}. Times are seconds. */
export interface OAuth2SessionOptions {
  /** Endpoints in wire names, or `discover(issuer)`. Optional if a custom grant needs none. */
  server?: ServerMetadata | ServerSource
  client?: ClientMetadata
  /** Default: `clientSecretBasic()` if there is a `client_secret`, else `noClientAuth()`. */
  clientAuth?: ClientAuthOption
  /** Gets a token without a person if there is no usable token and no refresh token. */
  grant?: UnattendedGrant
  /**
   * Spends the refresh token elsewhere than at the token endpoint: at an application's own back end. It runs
   * under the same lock, its token is stored in the same way, an answer without `refresh_token` keeps the
   * existing one, and its errors are judged as those of a custom grant (see `endedBy`).
   */
  refresh?: RefreshOAuth2Token
  /** Default `bearer()`. */
  tokenType?: TokenType
  /** Full validation of ID tokens; without it only their claims are checked, not their signature. */
  openid?: IdTokenValidator
  /** Default `memoryStore()`. */
  store?: TokenStore
  /**
   * The key in the store: one per user. Default: issuer and client_id. A shared server-side store requires
   * it.
   */
  key?: string
  /** The time before its expiry at which a token is renewed; never more than half of its life. Default 60. */
  leeway?: number
  /**
   * Opt-in: within this time before the leeway the token stays in use while one renewal runs in the
   * background. Not for processes that may be suspended between requests, which would lose a rotated refresh
   * token.
   */
  refreshAhead?: number
  /** Time limit of one call to the authorization server, in all. Default 30. */
  timeout?: number
  /** The longest pause after a renewal failed temporarily. Default 300. */
  maxBackOff?: number
  /**
   * Refusals other than `invalid_grant` that end the grant: error codes of the server, or statuses of an
   * application's own back end (`[401]`).
   */
  endedBy?: readonly (string | number)[]
  /**
   * The time before its end at which a session emits `ending`, if the server announces the end. Default 300.
   */
  endingAhead?: number
  /** The longest wait for the lock; longer than a token request may take. Default 40. */
  maxWait?: number
  /** A store is read again after that time, even without a notice. Default 60. */
  recheck?: number
  /** The handling of a request without a token: an error, or sent unchanged. Default `reject`. */
  whenUnauthenticated?: 'reject' | 'send'
  /** Called once for all waiting requests; when it resolves they continue with the new token. */
  onInteractionRequired?: (reason: InteractionRequired) => Promise<void>
  /** The answer to an API that requires more scope or a better sign-in; `challenges()` makes one. */
  challenges?: ChallengePolicy
  /** Expiry that only the parsed body shows. */
  isTokenExpired?: IsTokenExpired
  hooks?: Hooks
  /**
   * An axios instance for calls to the authorization server; default: a new one, with only the agents, proxy
   * and adapter of the attached instance.
   */
  http?: HttpClient
  /** Seconds since the epoch; default the system's clock. */
  clock?: Clock
  /** Default `crypto.getRandomValues`. */
  random?: Random
  /** Default `globalThis.crypto`; Node 18 scripts pass `require('node:crypto').webcrypto`. */
  crypto?: CryptoLike
  /**
   * Origins of the authorization server and the API that may be plain http, or `true` for any; loopback is
   * always allowed.
   */
  allowInsecure?: true | string[]
}

/**
 * One grant on one server: returns its tokens and renews them, once for all waiting requests. `await using
 * session = …` closes it at the end of the block.
 */
export interface OAuth2Session extends UsedAsync {
  /**
   * Returns a usable token. With `rejected`, another one than the refused one: the stored token if it
   * differs, else a renewed one. `signal` ends the wait of this caller; a running renewal continues for the
   * others.
   * @throws OAuthError `OAUTH_INTERACTION_REQUIRED`, `OAUTH_SESSION_ENDED`, `OAUTH_SESSION_CHANGED`,
   * `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`, `OAUTH_LOCK_TIMEOUT`,
   * `OAUTH_STORE_READ`, `OAUTH_ABORTED`
   */
  token(options?: { rejected?: Token | undefined; signal?: AbortSignal | undefined }): Promise<Token>
  /** The usable token in memory, unless it is being renewed; synchronous. */
  current(): Token | undefined
  /** True while there is a usable or refreshable token. It reads the store, and never calls the server. */
  authorized(): Promise<boolean>
  /**
   * Accepts the sign-in of the event `changed`: the application now shows that person's data. A log-out that
   * the store did not take, because of that sign-in, is over with it.
   */
  acceptChange(): void
  /** The same grant for another API: its own access token, the same refresh token and the same lock. */
  for(target: {
    resource?: string | undefined
    scope?: string | readonly string[] | undefined
  }): OAuth2Session
  /** Subscribes; returns the function that unsubscribes. */
  on<E extends keyof SessionEvents>(event: E, listener: (detail: SessionEvents[E]) => void): () => void
  /**
   * Finishes and stores pending work and ends the subscription to the store. The session can be used again
   * afterwards.
   * @throws OAuthError `OAUTH_STORE_READ`, `OAUTH_STORE_WRITE`, `OAUTH_LOCK_TIMEOUT` while there is a token
   * that the store did not take
   */
  close(): Promise<void>
}

/** The internals of a session, for the functions that take one (`revokeToken` …). Not for users. */
export interface SessionCore {
  readonly options: OAuth2SessionOptions
  readonly client: ClientMetadata
  readonly clock: Clock
  readonly random: Random
  readonly http: HttpClient
  /** The target of `session.for()`. */
  readonly target: { resource?: string | undefined; scope?: string | undefined }
  /** The arguments of `callEndpoint`, with discovered metadata. */
  context(): Promise<EndpointContext>
  call(
    endpoint: EndpointName,
    parameters: ServerParameters,
    options?: ServerCallOptions,
  ): Promise<ServerResponse>
  /** Reads the store, bypassing the cache. */
  read(): Promise<StoredGrant | undefined>
  /** True while the store has not accepted a log-out. */
  readonly ending: boolean
  /** Ends the session here at once and, under the lock, in the store; returns the grant before. */
  end(
    reason: string,
    revokesLeftOver?: boolean,
  ): Promise<{ before: StoredGrant | undefined; leftOver: Partial<Token>[]; failure?: OAuthError }>
  emit<E extends keyof SessionEvents>(event: E, detail: SessionEvents[E]): void
}

/** The request of an API, and the parameters of the authorization request that answers it. */
export interface Challenge extends StepUp {
  /** For `createAuthorizationUrl`: the scope is the union of the granted and the requested one. */
  parameters: {
    scope?: string
    acr_values?: string
    max_age?: number
    claims?: string
    authorization_details?: string
  }
}

/** Where the tokens of a request come from: a session, or one token given with the request. */
export type TokenSource = Pick<OAuth2Session, 'token' | 'current'>

/** A refused request that may be sent once more. */
export interface ChallengedRequest {
  readonly request: OutgoingRequest
  /** The token of the request. */
  readonly token: Token
  /** The session that the request belongs to. */
  readonly session: OAuth2Session
  /** Has the current token: the session, or the one token that was given with the request. */
  readonly source: TokenSource
  /** Sends the request with `token`. */
  attempt(
    request: OutgoingRequest,
    token: Token,
  ): AsyncGenerator<OutgoingRequest, IncomingResponse, IncomingResponse>
}

/** How a session deals with an API that asks for more than a fresh token; {@link challenges} makes one. */
export interface ChallengePolicy {
  /** The request in a response, if any; `granted` is the scope of the token. */
  read(response: IncomingResponse, granted: string | undefined): Challenge | undefined
  /**
   * Has the challenge answered and sends the request once more. Without it the challenge is an event and
   * nothing else.
   */
  resume?(challenge: Challenge, conversation: ChallengedRequest): AuthFlow
}
