import { outlived } from '../session/lives.js'
import { claimsOf } from '../session/person.js'
import type { OAuth2Session } from '../session/session-options.js'
import { isLogOut, load } from '../session/session-record.js'
import { emit, type Inside, inside, type Slot, type State } from '../session/session-state.js'
import { expiresWithin, type StoredGrant } from '../session/stored-grant.js'

/** What a page shows of a session; never a token. Frozen, and the same object while nothing changed. */
export interface SessionSnapshot {
  /**
   * `unknown` until the store has answered; `signed-out` when nobody signed in or the person logged out;
   * `signed-in` while there is a token that can be used or renewed; `ended` when the session was over without
   * anybody wishing that.
   */
  readonly status: 'unknown' | 'signed-out' | 'signed-in' | 'ended'
  /** The claims of the ID token while somebody is signed in, for display: nothing is decided by them. */
  readonly user?: Readonly<Record<string, unknown>>
  readonly scope?: string
  /** When the access token expires, in seconds since the epoch. It is renewed on need. */
  readonly expires_at?: number
  /**
   * True while another person is signed in than the page has shown, until
   * {@link SessionObservation.acceptChange}.
   */
  readonly changed?: true
  /** Why the session is over (`invalid_grant`, `session_expired`, `revoked` …). */
  readonly reason?: string
}

/**
 * A session as something to watch. Its functions need no `this`, so that they can be handed to a framework as
 * they are.
 */
export interface SessionObservation {
  /** What holds now. Asks nobody. */
  getSnapshot(): SessionSnapshot
  /**
   * Calls `changed` whenever the snapshot is another; answers the function that stops. The first to subscribe
   * has the store read, which is how a page starts with the sign-in of the last visit.
   */
  subscribe(changed: () => void): () => void
  /** Goes on as the person whom `changed` tells of: `session.acceptChange()`, and the snapshot follows. */
  acceptChange(): void
}

/** What holds before the store has answered, and while a server renders. */
export const UNKNOWN: SessionSnapshot = /* @__PURE__ */ Object.freeze({ status: 'unknown' })

/** Claims that belong to the message, not to the person: every renewal brings others. */
const OF_THE_MESSAGE = ['nonce', 'iat', 'exp', 'jti', 'at_hash', 'c_hash', 's_hash']

const personOf = (grant: StoredGrant): SessionSnapshot['user'] => {
  const claims = claimsOf(grant)
  const own = claims && Object.entries(claims).filter(([name]) => !OF_THE_MESSAGE.includes(name))
  return own && Object.freeze(Object.fromEntries(own))
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** Why nothing can be got from the grant any more; `undefined` while a token can be used or renewed. */
function overBy(state: State, slot: Slot, grant: StoredGrant): string | undefined {
  const { options, ending, clock, store } = state
  const told = ending ?? grant.ended?.reason
  if (told !== undefined) return told
  if (options.grant) return undefined
  const past = outlived(state)
  const isRenewable = grant.refresh_token && !store.readOnly && !past
  const token = grant.tokens[slot.key]
  const isUsable = past !== 'session_expired' && token && !expiresWithin(token, 0, clock())
  return isRenewable || isUsable ? undefined : (past ?? 'expired')
}

/** Reads the state, without an effect. */
function read({ state, slot }: Inside, isKnown: boolean): SessionSnapshot {
  const { grant, unaccepted } = state
  if (!grant) return isKnown ? { status: 'signed-out' } : UNKNOWN
  const reason = overBy(state, slot, grant)
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

/** The events after which a snapshot may be another. */
const EVENTS = ['token', 'changed', 'ended'] as const

function observe(session: OAuth2Session): SessionObservation {
  const at = inside(session)
  const { state } = at
  const listeners = new Set<() => void>()
  let snapshot = UNKNOWN
  let isKnown = false
  let stop: (() => void) | undefined

  const getSnapshot = (): SessionSnapshot => {
    isKnown ||= state.grant !== undefined || state.readAt > Number.NEGATIVE_INFINITY
    const next = read(at, isKnown)
    const { user } = snapshot
    // the same object for the same person, so that what depends on it is not done again
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
  /** Others' sign-ins and renewals are in the store, and not every one of them is an event here. */
  const look = () => {
    load(state)
      .catch(error => emit(state, 'error', { error }))
      .then(tell)
  }
  const start = () => {
    told = getSnapshot()
    const stops = [...EVENTS.map(event => session.on(event, tell)), state.store.subscribe?.(state.key, look)]
    if (!isKnown) look()
    return () => {
      for (const one of stops) one?.()
    }
  }

  return {
    getSnapshot,
    subscribe(changed) {
      // the same function may be given twice
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
const observations = /* @__PURE__ */ new WeakMap<Slot, SessionObservation>()

/**
 * Makes what a page shows of a session observable: who is signed in, whether the session is over. The same
 * session has the same observation. Renewals change nothing but `expires_at`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not an OAuth 2 session
 * @example
 * const { getSnapshot, subscribe } = observeSession(session)
 * subscribe(() => render(getSnapshot()))
 *
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
