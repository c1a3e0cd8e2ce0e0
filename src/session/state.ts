import type { Auth } from '../auth/scheme.js'
import { type OAuthError, oauthError } from '../errors.js'
import type { HttpClient } from '../grants/grant.js'
import type { Clock, Send, ServerMetadata } from '../server/call.js'
import type { OAuth2Session, OAuth2SessionOptions } from './session-options.js'
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

/** A token, and whether the server was asked for it just now. */
export interface Outcome {
  token: Token
  renewed?: boolean
}

/** One of a grant's access tokens: `''`, or one for each `session.for()`. */
export interface TokenSlot {
  readonly key: string
  readonly resource?: string | undefined
  readonly scope?: string | undefined
  /** The one renewal that all callers share. While it runs ahead of need, the old token is still used. */
  renewal?: { readonly outcome: Promise<Outcome>; isAhead: boolean } | undefined
  /** The promise that callers of `token()` with the same wish share. */
  waiting?: { rejected: Token | undefined; begun: string | undefined; token: Promise<Token> } | undefined
  /** The last access tokens that an API refused: never handed out again. Written by refusals.ts. */
  readonly refused: readonly string[]
  /**
   * The pause after a failure: the root's is for the whole session, another one's for its scope or resource
   * alone. Written by back-off.ts.
   */
  readonly backOff?: Readonly<BackOff> | undefined
}

/** What is known of the stored grant. Written by record.ts. */
export interface GrantRecord {
  grant: StoredGrant | undefined
  /** The highest version seen in the store, also that of another client's value. */
  version: number
  /** When the store was read last, in seconds. */
  readAt: number
  /** Grows with every change of `grant`: a read that began before is outdated. */
  revision: number
  /** True while another client's or another server's grant is stored under the key. */
  foreign: boolean
  /** True while the stored grant is another person's and the application has not accepted it. */
  unaccepted: boolean
  /**
   * The grants of former tokens. Not written on the token, because another copy of this package may save it.
   */
  owners: WeakMap<Token, string> | undefined
}

/** Log-outs and other ends. Written by ending.ts. */
export interface Ending {
  /** Why the session is being ended, until the store has taken the end. */
  reason: string | undefined
  /** The grant that is being ended: a second attempt must not end one that came meanwhile. */
  grant: StoredGrant | undefined
  /** Counts ends, so that a token which arrives after one is noticed. */
  count: number
  /** Tokens that arrived after the end began: the log-out revokes them. */
  leftOver: Partial<Token>[] | undefined
}

/** How long renewals pause after one has failed, in seconds. Written by back-off.ts. */
export interface BackOff {
  since: number
  pause: number
  /** Failures in a row. */
  failures: number
  /** The error that callers get meanwhile. */
  failure: OAuthError
}

/** A token that the refusals of one origin brought. */
export interface RenewedForOrigin {
  readonly token: Token
  readonly at: number
  /** How often tokens were renewed for that origin, all told. */
  readonly renewals: number
  /** True where the origin refused this very token and accepted it later. */
  isMixed?: boolean
}

/** What is remembered of the refusals of an API, by origin or challenge. Written by refusals.ts. */
export interface Refusals {
  /** Fresh tokens that were refused at once, and when. */
  inVain?: Map<string, { token: Token; at: number }>
  renewed?: Map<string, RenewedForOrigin>
}

/** How the authorization server is reached. Written by connection.ts. */
export interface ServerConnection {
  /** Made when it is first needed: an idle session costs little. */
  transport: Transport | ((options: OAuth2SessionOptions) => Transport)
  /** The server's metadata, as they were read last. */
  metadata?: ServerMetadata | undefined
}

/** Writes that a shared medium did not take. Written by shared-medium.ts. */
export interface Backlog {
  /** A grant that the store did not take yet. */
  unsaved?: StoredGrant | undefined
  /** The refresh token that the last renewal spent: a stored grant that still has it is outdated. */
  spent?: string | undefined
  /** The wait for the lock, to write the grant after all. */
  flushing?: Promise<void> | undefined
  unsubscribe?: (() => void) | undefined
}

/** How a grant is kept: in this process alone, or in a medium that others write too. */
export interface Medium {
  readonly lock: Lock
  /** Learns what is stored. Another process may be renewing it. @throws OAuthError `OAUTH_STORE_READ` */
  read(state: State): Promise<void>
  /** The same under the lock, where the answer is exact. @throws OAuthError `OAUTH_STORE_READ` */
  readLocked(state: State): Promise<void>
  /** The same before a sign-in or an end, which replace even a record that cannot be read. */
  readToReplace(state: State): Promise<void>
  /**
   * Stores a grant under the lock; false where something newer is stored. `spent` is the refresh token that
   * the server took for it.
   */
  write(state: State, grant: StoredGrant, lease: Lease, spent?: string): Promise<boolean>
  /** Writes a refused grant again, if only an own earlier write stood in the way. */
  writeAgain(state: State, refused: RefusedWrite, lease: Lease): Promise<StoredGrant | undefined>
  /** Writes what had to wait, and stops listening. @throws OAuthError while a token is not stored */
  close(state: State): Promise<void>
}

/** A renewed grant that something else stood in the way of. */
export interface RefusedWrite {
  readonly grant: StoredGrant
  /** The grant that it continues. */
  readonly base: StoredGrant | undefined
  /** Which of the grant's tokens was renewed. */
  readonly key: string
  readonly isRotated: boolean
  /** True where the server sent a refresh token, which must not be lost. */
  readonly isRenewable: boolean
  /** True where the session was ended meanwhile. */
  isEnded(): boolean
  /** The renewed grant on top of the grant that is stored now. */
  rebase(onto: StoredGrant): StoredGrant
}

/** The inside of a session and of everything that `for()` made of it. */
export interface State {
  readonly options: OAuth2SessionOptions
  readonly key: string
  readonly store: TokenStore
  readonly medium: Medium
  readonly clock: Clock
  readonly connection: Readonly<ServerConnection>
  readonly record: Readonly<GrantRecord>
  readonly ending: Readonly<Ending>
  readonly refusals?: Readonly<Refusals>
  readonly backlog?: Readonly<Backlog>
  /** The grant's own token. */
  readonly root: TokenSlot
  /** The slots of `for()`, by resource and scope. */
  slots?: Map<string, TokenSlot>
  /** Written by events.ts. */
  readonly listeners?: Map<string, Set<(detail: never) => void>>
  /** The timer for the event `ending`, and the end that listeners were told of. Written by lives.ts. */
  readonly endWatch?: { told: number | undefined; stop(): void }
  /** The sign-in that waiting requests share. Written by waiting.ts. */
  readonly signIn?: Promise<void> | undefined
  /** Challenges that are being answered. */
  answers?: Map<string, Promise<void>>
}

/** A session as this room sees it. */
export interface SessionView {
  readonly state: State
  readonly slot: TokenSlot
  auth?: Auth<Token>
}

/** Where a session keeps its inside; the same for every copy of this package. */
export const INSIDE = /* @__PURE__ */ Symbol.for('axios-oauth-interceptor.session')

/** The inside of a session. Not for users. @throws OAuthError `OAUTH_INVALID_OPTION` for another value */
export function inside(session: OAuth2Session): SessionView {
  const found = (session as { [INSIDE]?: SessionView } | undefined)?.[INSIDE]
  if (!found) throw oauthError('OAUTH_INVALID_OPTION', 'notSession')
  return found
}

/** True while it is less than `seconds` since `at`; a clock that was set back makes nothing last longer. */
export const isWithin = ({ clock }: State, at: number, seconds: number): boolean => {
  const age = clock() - at
  return age >= 0 && age < seconds
}

/** True while the store need not be asked again. */
export const isFresh = (state: State): boolean =>
  isWithin(state, state.record.readAt, state.options.recheck ?? 60)
