import { emit } from '../session/events.js'
import { outlived } from '../session/lives.js'
import { claimsOf } from '../session/person.js'
import { isLogOut } from '../session/record.js'
import type { OAuth2Session } from '../session/session-options.js'
import { inside, type SessionView, type State, type TokenSlot } from '../session/state.js'
import { expiresWithin, type StoredGrant } from '../session/stored-grant.js'

/**
 * The public view of a session for a page; never a token. It is frozen, and the same object while nothing
 * changes.
 */
export interface SessionSnapshot {
  /**
   * `unknown` until the store has answered; `signed-out` without a sign-in or after a log-out; `signed-in`
   * while there is a usable or renewable token; `ended` after an end without a log-out.
   */
  readonly status: 'unknown' | 'signed-out' | 'signed-in' | 'ended'
  /** The claims of the ID token of the signed-in person, for display only: do not base decisions on them. */
  readonly user?: Readonly<Record<string, unknown>>
  readonly scope?: string
  /** The expiry of the access token, in seconds since the epoch. It is renewed on demand. */
  readonly expires_at?: number
  /**
   * True if another person than the displayed one is signed in, until {@link
   * SessionObservation.acceptChange}.
   */
  readonly changed?: true
  /** The cause of the end (`invalid_grant`, `session_expired`, `revoked` …). */
  readonly reason?: string
}

/**
 * An observable session. Its functions need no `this`, so that they can be passed to a framework directly.
 */
export interface SessionObservation {
  /** The current snapshot, without a call to the store or the server. */
  getSnapshot(): SessionSnapshot
  /**
   * Calls `changed` whenever the snapshot changes; returns the function that unsubscribes. The first
   * subscription reads the store, so a page starts with the sign-in of the last visit.
   */
  subscribe(changed: () => void): () => void
  /** Accepts the other person of `changed`: calls `session.acceptChange()`, and the snapshot follows. */
  acceptChange(): void
}

/** The snapshot before the store has answered, and while a server renders. */
export const UNKNOWN: SessionSnapshot = /* @__PURE__ */ Object.freeze({ status: 'unknown' })

/** Claims that belong to the message, not to the person: they change with every renewal. */
const OF_THE_MESSAGE = ['nonce', 'iat', 'exp', 'jti', 'at_hash', 'c_hash', 's_hash']

const personOf = (grant: StoredGrant): SessionSnapshot['user'] => {
  const claims = claimsOf(grant)
  const own = claims && Object.entries(claims).filter(([name]) => !OF_THE_MESSAGE.includes(name))
  return own && Object.freeze(Object.fromEntries(own))
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** The reason why the grant can give no more tokens; `undefined` while a token can be used or renewed. */
function endReason(state: State, slot: TokenSlot, grant: StoredGrant): string | undefined {
  const { options, ending, clock, store } = state
  const told = ending.reason ?? grant.ended?.reason
  if (told !== undefined) return told
  if (options.grant) return undefined
  const past = outlived(state)
  const isRenewable = grant.refresh_token && !store.readOnly && !past
  const token = grant.tokens[slot.key]
  const isUsable = past !== 'session_expired' && token && !expiresWithin(token, 0, clock())
  return isRenewable || isUsable ? undefined : (past ?? 'expired')
}

/** Reads the state, without an effect. */
function readSnapshot({ state, slot }: SessionView, isKnown: boolean): SessionSnapshot {
  const { grant, unaccepted } = state.record
  if (!grant) return isKnown ? { status: 'signed-out' } : UNKNOWN
  const reason = endReason(state, slot, grant)
  if (reason !== undefined) return { status: isLogOut(reason) ? 'signed-out' : 'ended', reason }
  const { scope, expires_at } = grant.tokens[slot.key] ?? {}
  const user = personOf(grant)
  return {
    status: 'signed-in',
    ...(user && { user }),
    ...(scope !== undefined && { scope }),
    ...(expires_at !== undefined && { expires_at }),
    ...(unaccepted && { changed: true }),
  }
}

/** The events that may change a snapshot. */
const EVENTS = ['token', 'changed', 'ended'] as const

function observe(session: OAuth2Session): SessionObservation {
  const at = inside(session)
  const { state } = at
  const listeners = new Set<() => void>()
  let snapshot = UNKNOWN
  let isKnown = false
  let stop: (() => void) | undefined

  const getSnapshot = (): SessionSnapshot => {
    isKnown ||= state.record.grant !== undefined || state.record.readAt > Number.NEGATIVE_INFINITY
    const next = readSnapshot(at, isKnown)
    const { user } = snapshot
    // The same object for the same person, so that dependent values are not computed again.
    if (!isSame(next, snapshot))
      snapshot = Object.freeze(user && isSame(next.user, user) ? { ...next, user } : next)
    return snapshot
  }
  let told = snapshot
  const tell = () => {
    if (getSnapshot() === told) return
    told = snapshot
    for (const listener of [...listeners]) listener()
  }
  /** Sign-ins and renewals of other processes are in the store, but not all of them are events here. */
  const refresh = () => {
    state.medium
      .read(state)
      .catch(error => emit(state, 'error', { error }))
      .then(tell)
  }
  const start = () => {
    told = getSnapshot()
    const stops = [
      ...EVENTS.map(event => session.on(event, tell)),
      state.store.subscribe?.(state.key, refresh),
    ]
    if (!isKnown) refresh()
    return () => {
      for (const one of stops) one?.()
    }
  }

  return {
    getSnapshot,
    subscribe(changed) {
      // The same function may be subscribed twice.
      const listener = () => changed()
      listeners.add(listener)
      stop ??= start()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stop?.()
        stop = undefined
      }
    },
    acceptChange() {
      session.acceptChange()
      tell()
    },
  }
}

/**
 * One observation for each session and API, so that a component that renders again subscribes to the same
 * one.
 */
const observations = /* @__PURE__ */ new WeakMap<TokenSlot, SessionObservation>()

/**
 * Makes a session observable for a page: the signed-in person, and the end of the session. The same session
 * has the same observation. Renewals change only `expires_at`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not an OAuth 2 session
 * @example
 * const { getSnapshot, subscribe } = observeSession(session)
 * subscribe(() => {
 *   document.title = getSnapshot().status
 * })
 */
export function observeSession(session: OAuth2Session): SessionObservation {
  const { slot } = inside(session)
  let observation = observations.get(slot)
  if (!observation) {
    observation = observe(session)
    observations.set(slot, observation)
  }
  return observation
}
