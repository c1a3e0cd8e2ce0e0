import type { OAuth2Session } from '../../src/session/session.js'
import type { State } from '../../src/session/state.js'
import type { StoredGrant } from '../../src/session/stored-grant.js'
import type { Profile } from './profile.js'
import type { Chance } from './random.js'
import type { Owner, Scheduler } from './scheduler.js'

/** Seconds since the epoch at which every world begins. */
export const EPOCH = 1_700_000_000

/** Begins every secret of a world, so that one that gets out is found. */
export const MARK = 'SECRET'

/** A process or a tab: it has a clock of its own and dies as a whole. */
export interface Process extends Owner {
  readonly actors: Actor[]
  /** Its clock jumped: what it measures in seconds is no measure any more. */
  jumped: boolean
  /** It was inside the lock when its lease had run out: it froze, or the medium was away. */
  lostLease: boolean
}

/** One session in one process, and what is known of it. */
export interface Actor {
  readonly name: string
  readonly process: Process
  readonly session: OAuth2Session
  /** The session's inside: looked at, never touched. */
  readonly state: State
  /** Tokens that the session was told to be refused. */
  readonly refused: Set<string>
  /**
   * Fresh tokens that were refused at once, or after two renewals for the same origin within a minute: the
   * session may send them again, so as not to renew for every call.
   */
  readonly pardoned: Set<string>
  /** Calls of refreshToken() under way. */
  forced: number
  /** Calls of revokeToken() under way. */
  leaving: number
  /** Signed in since it logged out. */
  backIn?: boolean
  /** The last renewal that failed, and the revision of its record then. */
  failure?: { at: number; revision: number }
}

/** A stay inside the lock. */
export interface Section {
  readonly process: Process
  /** The lease ran out while its holder lived: from then on nothing can be promised. */
  lost(): boolean
  open: boolean
}

/** A sign-in and everything that was made of it. */
export interface Family {
  readonly id: number
  /** Why nothing of it is any good. */
  dead?: string
  /** The step in which somebody first tried to store it. */
  tried?: number
}

/** A refresh token that became another. */
export interface Rotation {
  readonly from: string
  readonly to: string
  readonly call: ServerCall
  /** What became of the answer. */
  answer: 'flying' | 'delivered' | 'lost'
  /** The medium holds, or held, the new one. */
  saved: boolean
  /** It was written after its holder had died or had left the lock: others were at work already. */
  late: boolean
  /** How often the store was asked to take it. */
  tries: number
}

/** One call to the token endpoint. */
export interface ServerCall {
  readonly actor: Actor
  readonly section: Section | undefined
  readonly grantType: string
  readonly refreshToken: string | undefined
  readonly family: Family | undefined
  readonly slot: string
  /** The caller has been answered, or gave up. */
  over: boolean
  rotation?: Rotation
}

/** Everything that the parts of one world share. */
export interface World {
  readonly seed: number
  readonly profile: Profile
  readonly time: Scheduler
  /** What happens. */
  readonly random: Chance
  readonly judge: Judge
  /** What is stored, in truth. */
  record(): StoredGrant | undefined
  readonly processes: Process[]
  /** True when nothing goes wrong any more. */
  calm: boolean
  /** Until when (virtual seconds) the medium, the server, the API fail. */
  storeDown: number
  serverDown: number
  apiRefuses: number
}

/** What a world found wrong. */
export interface Violation {
  kind: string
  detail: string
}

/** Who watches; see judge.ts. */
export interface Judge {
  readonly violation: Violation | undefined
  /** Losses that nobody can prevent, by their reason. */
  readonly losses: Record<string, number>
  fail(kind: string, detail: string): void
  enter(section: Section): void
  exit(section: Section): void
  sectionOf(process: Process): Section | undefined
  /** A token request leaves. */
  sending(call: ServerCall): void
  /** The caller of a token request learns its outcome. */
  answered(call: ServerCall, outcome: 'ok' | 'refused' | 'failed' | 'aborted'): void
  rotated(rotation: Rotation): void
  rotationOf(refreshToken: string): Rotation | undefined
  /** A spent refresh token came in: answers why that had to be expected, or fails. */
  reused(call: ServerCall, rotation: Rotation): string
  revokedByClient(actor: Actor, family: Family): void
  /** The medium takes a write; without a process, it is the one that the world begins with. */
  written(process: Process | undefined, before: StoredGrant | undefined, next: StoredGrant): void
  /** A write is asked for. */
  tried(next: StoredGrant): void
  /** A write was tried and did not go through. */
  notWritten(next: StoredGrant): void
  /** A session gave out this access token. */
  handedOut(actor: Actor, accessToken: string, from: string): void
  /** A request with this access token leaves. */
  apiSending(actor: Actor, accessToken: string): void
  logout(actor: Actor): void
  /** A log-out succeeded, as its caller was told; `seen` is what was stored when it began. */
  loggedOut(actor: Actor, seen: StoredGrant | undefined): void
  /** Nothing happens any more: what was put off must have come to pass. */
  finish(): void
  /** True for a grant whose refresh token is spent or dead for a reason that nobody could prevent. */
  isLost(grant: StoredGrant): boolean
  ended(actor: Actor, reason: string): void
  /** Anything that left a session: an error or an event. */
  shown(what: string, value: unknown): void
  rejected(actor: Actor, what: string, error: unknown): void
}
