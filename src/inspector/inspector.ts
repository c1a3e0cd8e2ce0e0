import { oauthError } from '../errors.js'
import {
  ownersOf,
  type RenewalMessage,
  type RequestMessage,
  type SendMessage,
  type SkippedMessage,
  subscribeAll,
} from '../lib/diagnostics.js'
import type { OAuth1Session } from '../oauth1/session-options.js'
import type { OAuth2Session } from '../session/session-options.js'
import { inside } from '../session/state.js'

/** A session of either protocol. */
type Session = OAuth2Session | OAuth1Session

/** The sessions to show: one, several, those of a registry, or the result of a function. */
export type InspectorSource =
  | Session
  | Iterable<Session>
  | { sessions(): Iterable<Session> }
  | (() => Iterable<Session>)

/** Options of {@link createInspector}. */
export interface InspectorOptions {
  /** The number of kept requests, renewals and skipped requests, the newest of each. Default 1000. */
  limit?: number
}

/** One send of a request. Times are seconds since the inspector was created. */
export interface InspectedSend {
  /** `redirect` if this package follows redirects itself. */
  kind: 'first' | 'replay' | 'nonce-retry' | 'redirect'
  start: number
  /** Absent before the answer. */
  end?: number
  /** Absent without an answer. */
  status?: number
}

/** One request with all its sends. The gaps between its sends are waiting time. */
export interface RequestLane {
  method: string
  /** Without user, query and fragment. */
  url: string | undefined
  start: number
  /** Absent before the end. */
  end?: number
  sends: InspectedSend[]
  /** The status that the application got. */
  status?: number
  /** The code (or else the name) of the error of a request without an answer. */
  error?: string
}

/** One renewal for any number of requests. */
export interface RenewalBar {
  protocol: 'oauth1' | 'oauth2'
  cause: 'expired' | 'refused' | 'ahead' | 'forced'
  start: number
  /** Absent before the end. */
  end?: number
  /** `taken-over`: another process had already renewed the token. */
  outcome?: 'renewed' | 'taken-over' | 'failed'
  /** The code of the error. */
  error?: string
}

/** A request that was sent without a credential. */
export interface SkippedRequest {
  method: string
  /** Without user, query and fragment. */
  url: string | undefined
  at: number
  /** One of the reasons of `attachment.explain()`. */
  reason: string
}

/** The recorded events, in the order of their beginning. Plain data without secrets. */
export interface Timeline {
  requests: RequestLane[]
  renewals: RenewalBar[]
  skipped: SkippedRequest[]
}

/** See {@link createInspector}. */
export interface Inspector {
  /** The recorded events so far; a copy. */
  timeline(): Timeline
  /** Deletes the recorded events. */
  clear(): void
  /** Stops listening; the timeline stays. */
  stop(): void
}

/** A recorded event with its start and end in milliseconds. */
interface Seen<M> {
  message: M
  start: number
  end?: number
}

/** A list that keeps the newest entries. */
function recorder<M extends object>(limit: number) {
  const all: Seen<M>[] = []
  const open = new WeakMap<M, Seen<M>>()
  return {
    all,
    start(message: M) {
      const seen: Seen<M> = { message, start: performance.now() }
      open.set(message, seen)
      all.push(seen)
      if (all.length > limit) all.shift()
    },
    settled(message: M) {
      const seen = open.get(message)
      if (seen) seen.end = performance.now()
    },
  }
}

/**
 * The names of a session in messages: its state, and the views for its other APIs.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not a session
 */
function ownersOfSession(session: Session): unknown[] {
  if ('auth' in session) return [(session.auth as { owner?: object }).owner]
  const { state } = inside(session)
  return [state, ...(state.slots?.values() ?? [])]
}

function sessionsOf(source: InspectorSource): readonly Session[] {
  if (typeof source === 'function') return [...source()]
  if ('sessions' in source) return [...source.sessions()]
  if (Symbol.iterator in source) return [...source]
  return [source]
}

const codeOf = (error: { name: string; code?: string | undefined }) => error.code ?? error.name

/** Turns recorded events into plain data; `at` turns milliseconds into the timeline's seconds. */
function describers(at: (milliseconds: number) => number) {
  const end = (value: number | undefined) => (value === undefined ? {} : { end: at(value) })
  const statusOf = (status: number | undefined) => (status === undefined ? {} : { status })
  const send = ({ kind, start, end: ended, status }: SendMessage): InspectedSend => ({
    kind,
    start: at(start),
    ...end(ended),
    ...statusOf(status),
  })
  return {
    request({ message, start, end: ended }: Seen<RequestMessage>): RequestLane {
      const { method, url, sends, result, error } = message
      return {
        method,
        url,
        start: at(start),
        ...end(ended),
        sends: sends.map(send),
        ...statusOf(result?.status),
        ...(error && { error: codeOf(error) }),
      }
    },
    renewal({ message, start, end: ended }: Seen<RenewalMessage>): RenewalBar {
      const { protocol, cause, result, error } = message
      return {
        protocol,
        cause,
        start: at(start),
        ...end(ended),
        ...(result && { outcome: result.renewed ? ('renewed' as const) : ('taken-over' as const) }),
        ...(error && { outcome: 'failed' as const, error: codeOf(error) }),
      }
    },
    skipped({ message: { method, url, reason }, start }: Seen<SkippedMessage>): SkippedRequest {
      return { method, url, at: at(start), reason }
    },
  }
}

/**
 * Records the requests of a session: every request as a lane, every renewal as a bar, every skipped request
 * with its reason. {@link printTimeline} prints it. For development and tests: the records are kept in
 * memory.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is no session, and where there are no
 * diagnostics channels
 * @example
 * const inspector = createInspector(session)
 * await Promise.all([api.get('/me'), api.get('/orders')])
 * console.log(printTimeline(inspector.timeline()))
 */
export function createInspector(source: InspectorSource, { limit = 1000 }: InspectorOptions = {}): Inspector {
  if (Object(source) !== source) throw oauthError('OAUTH_INVALID_OPTION', 'notInspectable')
  sessionsOf(source).forEach(ownersOfSession)
  const requests = recorder<RequestMessage>(limit)
  const renewals = recorder<RenewalMessage>(limit)
  const skipped = recorder<SkippedMessage>(limit)
  const origin = performance.now()
  const describe = describers(milliseconds => (milliseconds - origin) / 1000)
  return {
    timeline() {
      const owners = new Set(sessionsOf(source).flatMap(ownersOfSession))
      const isOurs = ({ message }: Seen<object>) => ownersOf(message).some(owner => owners.has(owner))
      return {
        requests: requests.all.filter(isOurs).map(describe.request),
        renewals: renewals.all.filter(isOurs).map(describe.renewal),
        skipped: skipped.all.filter(isOurs).map(describe.skipped),
      }
    },
    clear() {
      for (const { all } of [requests, renewals, skipped]) all.length = 0
    },
    stop: subscribeAll({ request: requests, renewal: renewals, skipped: skipped.start }),
  }
}
