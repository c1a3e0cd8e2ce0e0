import type { OAuthError } from '../errors.js'
import type { HttpClient, IdTokenExpectation, RefreshOAuth2Token, UnattendedGrant } from '../grants/grant.js'
import type { UsedAsync } from '../lib/dispose.js'
import type { Challenge, ChallengePolicy } from '../oauth2/challenges.js'
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
import type { Hooks } from '../server/hooks.js'
import type { TokenType } from '../token-types/token-type.js'
import type { StoredGrant, Token, TokenStore } from './stored-grant.js'

export type { ServerSource }

/**
 * A way to judge expiry that only the body tells. The response is an axios response, or one of the same
 * shape.
 */
export type IsTokenExpired = (response: {
  status: number
  data: unknown
  headers: unknown
  config: unknown
}) => boolean

/** Checks an ID token when it arrives (`/oidc` makes one); answers its claims. */
export type IdTokenValidator = (
  idToken: string,
  expected: {
    server: ServerMetadata
    client: ClientMetadata
    clock: Clock
    send: Send
  } & IdTokenExpectation,
) => Promise<Record<string, unknown>>

/** Why a person is needed: there is no token, or the grant ended. Given to `onInteractionRequired`. */
export interface InteractionRequired {
  /** `no_token`, or the reason for which the session ended (`invalid_grant`, `revoked` …). */
  reason: 'no_token' | 'invalid_grant' | 'revoked' | (string & {})
  /** What the waiting requests would be rejected with. */
  error: OAuthError
}

/** What a session tells its listeners; never a secret. Times are seconds. */
export interface SessionEvents {
  /**
   * A token was stored: by a grant, a refresh or by hand. `scopeChanged` when the server granted something
   * else than asked for or held before.
   */
  token: {
    scope?: string | undefined
    scopeChanged?: { missing: string[]; added: string[] } | undefined
    expires_at?: number | undefined
  }
  /** A renewal went through. */
  renewed: { duration: number; cause: 'expired' | 'refused' | 'ahead' | 'forced' }
  /**
   * Another sign-in took the place of this one: in another tab, another process. `sameUser` where an ID token
   * says so. Unless it is true, requests fail with `OAUTH_SESSION_CHANGED` until `session.acceptChange()`:
   * what the page shows is another person's. After a log-out the sign-in of another tab is taken over without
   * that.
   */
  changed: { sameUser: boolean | undefined }
  /**
   * The refresh token or the whole session will end at `ends_at` (seconds since the epoch), unless somebody
   * signs in again.
   */
  ending: { ends_at: number }
  /** The session is over, here or in another tab or process. */
  ended: { reason: string }
  /**
   * The API asks for more than a fresh token (`insufficient_scope`, step-up); needs the option `challenges`.
   */
  challenge: Challenge
  /** Something went wrong: a renewal, a store that cannot be written, a fresh token that was refused. */
  error: { error: OAuthError }
}

/** Options of {@link createOAuth2Session}. Times are seconds. */
export interface OAuth2SessionOptions {
  /** Endpoints in wire names, or `discover(issuer)`. Optional where a grant of one's own does all. */
  server?: ServerMetadata | ServerSource
  client?: ClientMetadata
  /** Default: `clientSecretBasic()` if there is a `client_secret`, else `noClientAuth()`. */
  clientAuth?: ClientAuthOption
  /** How to get a token when there is none that can be used or refreshed, and nobody to ask. */
  grant?: UnattendedGrant
  /**
   * Spends the refresh token somewhere else than at the token endpoint: at an application's own back end. It
   * runs under the same lock, its token is stored in the same way, an answer without `refresh_token` keeps
   * the one that there is, and its errors are judged as those of a grant of one's own (see `endedBy`).
   */
  refresh?: RefreshOAuth2Token
  /** Default `bearer()`. */
  tokenType?: TokenType
  /** Full validation of ID tokens; without it their claims are checked, not their signature. */
  openid?: IdTokenValidator
  /** Default `memoryStore()`. */
  store?: TokenStore
  /**
   * Where in the store: one key per user. Default: issuer and client_id. A shared server-side store requires
   * it.
   */
  key?: string
  /** A token is renewed that long before it expires; never more than half of its life. Default 60. */
  leeway?: number
  /**
   * Opt-in: that long before the leeway begins, the token goes on being used while one renewal runs in the
   * background. Not for processes that may be frozen between requests: a refresh token that was rotated
   * meanwhile would be lost.
   */
  refreshAhead?: number
  /** The longest time that one call to the authorization server may take, in all. Default 30. */
  timeout?: number
  /** The longest pause after a renewal failed for a passing reason. Default 300. */
  maxBackOff?: number
  /**
   * What else than `invalid_grant` means that the grant is over and the person must sign in again: error
   * words of the server, or statuses of an application's own back end (`[401]`).
   */
  endedBy?: readonly (string | number)[]
  /**
   * How long before its end a session says so by the event `ending`, where the server names the end. Default
   * 300.
   */
  endingAhead?: number
  /** The longest wait for the lock; longer than a token request may take. Default 40. */
  maxWait?: number
  /** A store is asked again after that time, even if it told of no change. Default 60. */
  recheck?: number
  /** What becomes of a request for which there is no token: an error, or sent as it is. Default `reject`. */
  whenUnauthenticated?: 'reject' | 'send'
  /**
   * Called once for all requests that wait; when it resolves they go on with the token that is there then.
   */
  onInteractionRequired?: (reason: InteractionRequired) => Promise<void>
  /** What to do when an API asks for more scope or a better sign-in; `challenges()` makes one. */
  challenges?: ChallengePolicy
  /** Expiry that only the parsed body tells. */
  isTokenExpired?: IsTokenExpired
  hooks?: Hooks
  /**
   * An axios instance for calls to the authorization server; default: a fresh one, with nothing of the
   * attached instance but its agents, proxy and adapter.
   */
  http?: HttpClient
  /** Seconds since the epoch; default the system's clock. */
  clock?: Clock
  /** Default `crypto.getRandomValues`. */
  random?: Random
  /** Default `globalThis.crypto`; Node 18 scripts pass `require('node:crypto').webcrypto`. */
  crypto?: CryptoLike
  /**
   * Origins of the authorization server and the API that may be plain http, or `true` for any; loopback
   * always may.
   */
  allowInsecure?: true | string[]
}

/**
 * One grant on one server: hands out its tokens and renews them, once for everybody who waits.
 * `await using session = …` closes it at the end of the block.
 */
export interface OAuth2Session extends UsedAsync {
  /**
   * A token that can be used. With `rejected`, another one than that which the API refused: the stored one if
   * it is another already, else a renewed one. `signal` frees this caller; a renewal under way goes on for
   * the others.
   * @throws OAuthError `OAUTH_INTERACTION_REQUIRED`, `OAUTH_SESSION_ENDED`, `OAUTH_SESSION_CHANGED`,
   * `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`, `OAUTH_LOCK_TIMEOUT`,
   * `OAUTH_STORE_READ`, `OAUTH_ABORTED`
   */
  token(options?: { rejected?: Token | undefined; signal?: AbortSignal | undefined }): Promise<Token>
  /** The token that is known here, can be used and is not being renewed; synchronous. */
  current(): Token | undefined
  /** True while there is a token that can be used or refreshed. Asks the store, never the server. */
  authorized(): Promise<boolean>
  /**
   * Goes on with the sign-in that the event `changed` told of: the application shows that person's data now.
   */
  acceptChange(): void
  /** The same grant for another API: its own access token, the same refresh token and the same lock. */
  for(target: {
    resource?: string | undefined
    scope?: string | readonly string[] | undefined
  }): OAuth2Session
  /** Listens; returns the function that stops listening. */
  on<E extends keyof SessionEvents>(event: E, listener: (detail: SessionEvents[E]) => void): () => void
  /**
   * Finishes and stores what is under way and drops the store's notices. The session can be used again
   * afterwards.
   * @throws OAuthError `OAUTH_STORE_READ`, `OAUTH_STORE_WRITE`, `OAUTH_LOCK_TIMEOUT` while there is a token
   * that the store did not take
   */
  close(): Promise<void>
}

/** The inside of a session, for the functions that take one (`revokeToken` …). Not for users. */
export interface SessionCore {
  readonly options: OAuth2SessionOptions
  readonly client: ClientMetadata
  readonly clock: Clock
  readonly random: Random
  readonly http: HttpClient
  /** What `session.for()` asked for. */
  readonly target: { resource?: string | undefined; scope?: string | undefined }
  /** Everything `callEndpoint` needs, the metadata discovered. */
  context(): Promise<EndpointContext>
  call(
    endpoint: EndpointName,
    parameters: ServerParameters,
    options?: ServerCallOptions,
  ): Promise<ServerResponse>
  /** Reads the store, past the cache. */
  read(): Promise<StoredGrant | undefined>
  /** Ends the session here at once and, under the lock, in the store; answers what was stored before. */
  /** True while a log-out stands that the store did not take. */
  readonly ending: boolean
  end(
    reason: string,
    revokesLeftOver?: boolean,
  ): Promise<{ before: StoredGrant | undefined; leftOver: Partial<Token>[]; failure?: OAuthError }>
  emit<E extends keyof SessionEvents>(event: E, detail: SessionEvents[E]): void
}
