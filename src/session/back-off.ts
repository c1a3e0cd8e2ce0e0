import { isOAuthError, type OAuthError } from '../errors.js'
import { kindOfRefusal } from '../server/refusal.js'
import { emit } from './events.js'
import { type BackOff, isWithin, type SessionView, type State } from './state.js'

/**
 * Seconds: how pauses grow. A definite refusal is asked again rarely, so that a corrected configuration heals
 * without a restart.
 */
const PAUSES = { passing: { first: 1, last: 60 }, refused: { first: 60, last: 900 } }
/** Seconds: the longest that a server may ask for, unless the option `maxBackOff` says otherwise. */
const LONGEST = 300

/** An API of a session as this file alone may write it. */
type Own = { backOff?: BackOff | undefined }

/** The failure after which renewals for this API pause: one of the whole session, or its own. */
export const pausedBy = ({ state, slot }: SessionView): OAuthError | undefined =>
  [state.root.backOff, slot.backOff].find(at => at && isWithin(state, at.since, at.pause))?.failure

/** @throws the failure after which renewals for this API pause */
export function throwWhileBackingOff(view: SessionView): void {
  const failure = pausedBy(view)
  if (failure) throw failure
}

/** Lets the next caller ask at once, also for these APIs: the grant changed, or a person has answered. */
export function forgetFailures(
  { root, slots }: { root: Own; slots?: State['slots'] },
  apis: Iterable<Own> = slots?.values() ?? [],
): void {
  for (const own of [root, ...apis]) own.backOff = undefined
}

/** A random part of a time, so that many clients do not return at the same moment. */
const jittered = (seconds: number) => seconds * (0.5 + Math.random() / 2)

function pauseAfter({ options }: State, failure: OAuthError, failures: number): number {
  // The person may sign in at any moment.
  if (isOAuthError(failure, 'OAUTH_INTERACTION_REQUIRED')) return 1
  const { maxBackOff = LONGEST, endedBy } = options
  const isRefused = kindOfRefusal(failure, endedBy) === 'refused'
  const { first, last } = isRefused ? PAUSES.refused : PAUSES.passing
  const longest = isRefused ? Math.max(maxBackOff, last) : maxBackOff
  // `Retry-After` may ask for a year: the longest pause bounds it.
  if (failure.retryAfter) return Math.min(failure.retryAfter, longest)
  return jittered(Math.min(longest, last, first * 2 ** failures))
}

/** Remembers a failed renewal, and emits `error` unless the last failure was the same. */
export function backOffAfter({ state, slot }: SessionView, failure: OAuthError): void {
  // A refusal of the scope or the resource of one API says nothing about the other APIs of the grant.
  const own: Own = /^invalid_(scope|target)$/.test(failure.error ?? '') ? slot : state.root
  const { failures = 0, failure: last } = own.backOff ?? {}
  own.backOff = {
    since: state.clock(),
    pause: pauseAfter(state, failure, failures),
    failures: failures + 1,
    failure,
  }
  const isNew = last?.code !== failure.code || last.error !== failure.error
  if (isNew && !isOAuthError(failure, 'OAUTH_INTERACTION_REQUIRED')) emit(state, 'error', { error: failure })
}

/** Emits `error` for a failure that the caller does not see, unless {@link backOffAfter} has. */
export function tellUnseen(view: SessionView, error: OAuthError): void {
  if (error !== pausedBy(view)) emit(view.state, 'error', { error })
}
