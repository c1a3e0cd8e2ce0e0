import type { Auth } from '../auth/scheme.js'
import { randomBytesOf } from '../crypto/crypto-like.js'
import { oauthError } from '../errors.js'
import type { HttpClient } from '../grants/grant.js'
import { afterAwake } from '../lib/timer.js'
import { inProcessLock } from '../locks/in-process.js'
import {
  type Clock,
  callEndpoint,
  type EndpointContext,
  type Random,
  type Send,
  type ServerMetadata,
} from '../server/call.js'
import { headerBearer } from '../token-types/bearer.js'
import type { TokenTypeContext } from '../token-types/token-type.js'
import type { BackOff } from './back-off.js'
import type { Refusals } from './refusals.js'
import type { OAuth2Session, OAuth2SessionOptions, SessionEvents } from './session-options.js'
import type { Lock, StoredGrant, Token, TokenStore } from './stored-grant.js'

/** How calls to the authorization server leave: made by the room that knows axios. */
export interface Transport {
  send: Send
  http: HttpClient
  /** Takes over an attached instance's agents, proxy and adapter, if no other was there before. */
  adopt?(instance: object): void
}

/** What a lock hands to its section. */
export interface Lease {
  readonly signal: AbortSignal
  /** When the section began, in milliseconds. */
  readonly since?: number
}

/** Seconds that a section may spend before its call to the server leaves. */
export const PREPARATION = 20
/** Seconds that a section may take beside the call itself: what goes before it, and storing what came. */
const SECTION_MARGIN = 25

/** What is known of one of a grant's access tokens: `''`, or one for each `session.for()`. */
export interface Slot {
  readonly key: string
  readonly resource?: string | undefined
  readonly scope?: string | undefined
  /** The one renewal that everybody waits for. */
  pending?: Promise<Found> | undefined
  /** What callers of `token()` share while they wait for the same. */
  waiting?: { rejected: Token | undefined; begun: string | undefined; token: Promise<Token> } | undefined
  /** True while `pending` runs ahead of time and the token may still be used. */
  quiet?: boolean
  /** The last access tokens that an API refused: never handed out again. */
  refused: readonly string[]
}

/** A token, and whether the server was asked for it just now. */
export interface Found {
  token: Token
  renewed?: boolean
}

/** The one mutable thing behind a session and everything that `for()` made of it. */
export interface State {
  readonly options: OAuth2SessionOptions
  /** Made when it is first needed: an idle session costs little. */
  transport: Transport | ((options: OAuth2SessionOptions) => Transport)
  readonly key: string
  readonly store: TokenStore
  readonly clock: Clock
  /** The grant's own token. */
  readonly root: Slot
  /** What `for()` made of it, by resource and scope. */
  slots?: Map<string, Slot>
  /**
   * Which grant a token belongs to, without writing on the token; here, not in the module: another copy of
   * this package may save one.
   */
  owners?: WeakMap<Token, string>
  /** The server's metadata, as they were read last. */
  metadata?: ServerMetadata | undefined
  /** What is stored under the key is somebody else's. */
  foreign?: boolean
  grant?: StoredGrant | undefined
  /** The highest version seen in the store, also that of a value which is not ours. */
  version: number
  readAt: number
  /** Counts what was learnt of the grant. */
  learnt: number
  /** Counts endings, so that a token that arrives after one is noticed. */
  epoch: number
  /** Why the session is being ended, until the store knows. */
  ending?: string | undefined
  /** A grant that the store did not take yet. */
  unsaved?: StoredGrant | undefined
  /**
   * The refresh token that was spent for the last renewal: a stored grant that still has it is nothing to go
   * on with.
   */
  spent?: string | undefined
  /** The wait for the lock, to write it after all. */
  flushing?: Promise<void> | undefined
  /** How long renewals pause. */
  backOff: BackOff
  /** What the server gave to renewals that a log-out overtook: the log-out revokes it. */
  leftOver: Partial<Token>[]
  /** True while the stored grant is another person's and the application has not accepted it. */
  unaccepted?: boolean
  signIn?: Promise<void> | undefined
  /** The timer for the event `ending`, and the end that listeners were told of. */
  endWatch?: { told: number | undefined; stop(): void }
  unsubscribe?: (() => void) | undefined
  listeners?: Map<string, Set<(detail: never) => void>>
  /** What APIs refused. */
  refusals?: Refusals
  /** Challenges that are being answered. */
  answers?: Map<string, Promise<void>>
}

/** A session as this room sees it. */
export interface Inside {
  readonly state: State
  readonly slot: Slot
  auth?: Auth<Token>
}

/** Where a session keeps its inside; the same for every copy of this package. */
export const INSIDE = /* @__PURE__ */ Symbol.for('axios-oauth-interceptor.session')

/** Sessions that are given the same store without a lock share one of this process. */
const locks = /* @__PURE__ */ new WeakMap<TokenStore, Lock>()

/**
 * The inside of a session. Not for users. @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not
 * a session
 */
export function inside(session: OAuth2Session): Inside {
  const found = (session as { [INSIDE]?: Inside } | undefined)?.[INSIDE]
  if (!found) throw oauthError('OAUTH_INVALID_OPTION', 'notSession')
  return found
}

const defaultRandom: Random = bytes => {
  if (!globalThis.crypto) {
    throw oauthError('OAUTH_CRYPTO_MISSING', 'random')
  }
  return globalThis.crypto.getRandomValues(new Uint8Array(bytes))
}

/** The session's source of random bytes. */
export const randomOf = ({ random, crypto }: OAuth2SessionOptions): Random =>
  random ?? (crypto ? bytes => randomBytesOf(crypto, bytes) : defaultRandom)

/**
 * Tells the session's listeners; one that throws, or whose promise is rejected, disturbs neither the request
 * nor the process.
 */
export function emit<E extends keyof SessionEvents>(state: State, event: E, detail: SessionEvents[E]): void {
  for (const listener of state.listeners?.get(event) ?? []) {
    try {
      const told = (listener as (detail: SessionEvents[E]) => unknown)(detail)
      Promise.resolve(told).catch(() => {})
    } catch {}
  }
}

/** True while it is less than `seconds` since `at`; a clock that was set back makes nothing last longer. */
export const isWithin = ({ clock }: State, at: number, seconds: number): boolean => {
  const age = clock() - at
  return age >= 0 && age < seconds
}

/** Runs `critical` while nobody else works on this grant. */
export function locked<T>(state: State, critical: (lease: Lease) => Promise<T>): Promise<T> {
  const { store, options } = state
  let lock = store.lock ?? locks.get(store)
  if (!lock) {
    lock = inProcessLock()
    locks.set(store, lock)
  }
  const seconds = (options.timeout ?? 30) + SECTION_MARGIN
  return lock(`oauth:${state.key}`, lease => capped(lease, seconds, critical), {
    maxWait: options.maxWait ?? 40,
  })
}

/**
 * Runs a section for so many seconds at most, then gives the lock back: a hook that hangs or a key in a
 * module that does not answer must not hold up all other callers. What goes on behind it finds its lease
 * lost.
 */
async function capped<T>(lease: Lease, seconds: number, critical: (lease: Lease) => Promise<T>): Promise<T> {
  const over = new AbortController()
  let stop = () => {}
  const cap = new Promise<never>((_, reject) => {
    stop = afterAwake(seconds, () => {
      over.abort()
      reject(oauthError('OAUTH_LOCK_TIMEOUT', 'section', { seconds }))
    })
  })
  const section = critical({
    get signal() {
      const { signal } = lease
      return signal.aborted ? signal : over.signal
    },
    since: Date.now(),
  })
  return Promise.race([section, cap]).finally(() => stop())
}

/** Waits for all renewals under way, however they end. */
export async function renewalsOver({ root, slots }: State): Promise<void> {
  await Promise.all([root, ...(slots?.values() ?? [])].map(slot => slot.pending?.catch(() => {})))
}

/** How the session's calls leave. */
export const transportOf = (state: State): Transport => {
  if (typeof state.transport === 'function') state.transport = state.transport(state.options)
  return state.transport
}

/** What signing a request may use. */
export const signingContext = ({ options, clock, store, key }: State): TokenTypeContext => ({
  clock,
  keyPair: store.keyPair && (make => (store.keyPair as NonNullable<typeof store.keyPair>)(key, make)),
  random: randomOf(options),
  crypto: options.crypto ?? globalThis.crypto,
})

/** Everything that `callEndpoint` needs. */
export async function contextOf(state: State): Promise<EndpointContext> {
  const { options, clock } = state
  const { server, client, hooks, clientAuth, allowInsecure } = options
  const { send } = transportOf(state)
  const metadata = typeof server === 'function' ? await server({ send, clock, allowInsecure }) : server
  state.metadata = metadata
  return {
    server: metadata ?? {},
    client: client ?? { client_id: '' },
    ...signingContext(state),
    tokenType: options.tokenType ?? headerBearer(),
    send,
    hooks,
    clientAuth,
    allowInsecure,
    timeout: options.timeout,
  }
}

/** Revokes, as far as that goes, a token that nobody will use. */
export function discard(state: State, { refresh_token, access_token }: Partial<Token>): void {
  contextOf(state)
    .then(context =>
      context.server.revocation_endpoint
        ? callEndpoint(context, 'revocation', { token: refresh_token ?? access_token })
        : undefined,
    )
    .catch(() => {})
}
