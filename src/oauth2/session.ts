import type { Awaitable } from '../auth/flow.js'
import type { OAuthError } from '../errors.js'
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
} from './endpoint.js'
import type { Grant, HttpClient, UnattendedGrant } from './grants/grant.js'
import type { Hooks } from './hooks.js'
import type { StoredGrant, Token, TokenStore } from './stored-grant.js'
import type { TokenType } from './token-types/token-type.js'

/** Reads the server's metadata when it is first needed; `discover()` makes one. `issuer`, where known beforehand, names the session's key. */
export interface ServerSource {
  (context: { send: Send; clock: Clock; allowInsecure?: true | string[] | undefined }): Awaitable<ServerMetadata>
  readonly issuer?: string
}

/** A way to judge expiry that only the body tells. The response is an axios response, or one of the same shape. */
export type IsTokenExpired = (response: { status: number; data: unknown; headers: unknown; config: unknown }) => boolean

/** Checks an ID token when it arrives (`/oidc` makes one); answers its claims. */
export interface IdTokenValidator {
  (
    idToken: string,
    expected: {
      server: ServerMetadata
      client: ClientMetadata
      clock: Clock
      send: Send
      nonce?: string
      max_age?: number
      access_token?: string
      code?: string
      previous?: string
    },
  ): Promise<Record<string, unknown>>
}

/** Why a person is needed: there is no token, or the grant ended. */
export interface InteractionRequired {
  reason: 'no_token' | 'expired' | 'ended' | (string & {})
  error?: OAuthError
}

export interface SessionEvents {
  /** A token was stored: by a grant, a refresh or by hand. */
  token: {
    scope?: string | undefined
    scopeChanged?: { missing: string[]; added: string[] }
    expires_at?: number | undefined
  }
  /** A renewal went through; `duration` in seconds. */
  renewed: { duration: number; cause: 'expired' | 'refused' | 'ahead' | 'forced' }
  ended: { reason: string }
  /** The API asks for more than a fresh token (`insufficient_scope`, step-up). */
  challenge: { challenge: Record<string, string>; status: number }
  /** Something went wrong that did not fail a request: a store that cannot be written, a background renewal. */
  error: { error: OAuthError }
}

/** Options of {@link createOAuth2Session}. Times are seconds. */
export interface OAuth2SessionOptions {
  server?: ServerMetadata | ServerSource
  client?: ClientMetadata
  clientAuth?: ClientAuthOption
  grant?: UnattendedGrant
  tokenType?: TokenType
  openid?: IdTokenValidator
  store?: TokenStore
  key?: string
  leeway?: number
  refreshAhead?: number
  maxWait?: number
  recheck?: number
  whenUnauthenticated?: 'reject' | 'send'
  onInteractionRequired?: (reason: InteractionRequired) => Promise<void>
  isTokenExpired?: IsTokenExpired
  hooks?: Hooks
  http?: HttpClient
  clock?: Clock
  random?: Random
  crypto?: CryptoLike
  allowInsecure?: true | string[]
}

/** One grant on one server: hands out its tokens and renews them, once for everybody. */
export interface OAuth2Session {
  token(options?: { rejected?: Token; signal?: AbortSignal }): Awaitable<Token>
  current(): Token | undefined
  authorized(): Awaitable<boolean>
  for(target: { resource?: string; scope?: string }): OAuth2Session
  on<E extends keyof SessionEvents>(event: E, listener: (event: SessionEvents[E]) => void): () => void
  close(): Promise<void>
}

/**
 * The inside of a session, for the functions that take one (`fetchToken`, `revokeToken` …); reached by {@link core}.
 * Not for users.
 */
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
  call(endpoint: EndpointName, parameters: ServerParameters, options?: ServerCallOptions): Promise<ServerResponse>
  /** Reads the store, past the cache. */
  read(): Promise<StoredGrant | undefined>
  /** Runs a grant and stores its token as a new grant. */
  run(grant: Grant, options?: ServerCallOptions): Promise<Token>
  /** Ends the session here at once and, under the lock, in the store; answers what was stored before. */
  end(reason: string): Promise<StoredGrant | undefined>
  emit<E extends keyof SessionEvents>(event: E, detail: SessionEvents[E]): void
}
