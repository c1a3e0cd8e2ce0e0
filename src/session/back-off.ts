import { isOAuthError, type OAuthError } from '../errors.js'
import { kindOfRefusal } from '../server/refusal.js'
import { emit } from './events.js'
import { type BackOff, isWithin, type State } from './state.js'

/**
 * Seconds: how pauses grow. A definite refusal is asked again rarely, so that a corrected configuration heals
 * without a restart.
 */
const PAUSES = { passing: { first: 1, last: 60 }, refused: { first: 60, last: 900 } }
/** Seconds: the longest that a server may ask for, unless the option `maxBackOff` says otherwise. */
const LONGEST = 300

/** The back-off without a failure: one object for all sessions, so that an idle one is small. */
export const NO_BACK_OFF: BackOff = /* @__PURE__ */ Object.freeze({ since: 0, pause: 0, failures: 0 })

/** The state as this file alone may write it. */
type Own = { backOff: BackOff }

/** True while renewals pause. */
export const isBackingOff = (state: State): boolean =>
  isWithin(state, state.backOff.since, state.backOff.pause)

/** @throws the failure after which renewals pause */
export function throwWhileBackingOff(state: State): void {
  const { failure } = state.backOff
  if (failure && isBackingOff(state)) throw failure
}

/** Lets the next caller ask at once: the grant changed, or a person has answered. */
export function forgetFailures(state: Own): void {
  state.backOff = NO_BACK_OFF
}

/** A random part of a time, so that many clients do not return at the same moment. */
const jittered = (seconds: number) => seconds * (0.5 + Math.random() / 2)

function pauseAfter(state: State, failure: OAuthError): number {
  const { failures } = state.backOff
  // The person may sign in at any moment.
  if (isOAuthError(failure, 'OAUTH_INTERACTION_REQUIRED')) return 1
  const { maxBackOff = LONGEST, endedBy } = state.options
  const isRefused = kindOfRefusal(failure, endedBy) === 'refused'
  const { first, last } = isRefused ? PAUSES.refused : PAUSES.passing
  const longest = isRefused ? Math.max(maxBackOff, last) : maxBackOff
  // `Retry-After` may ask for a year: the longest pause bounds it.
  if (failure.retryAfter) return Math.min(failure.retryAfter, longest)
  return jittered(Math.min(longest, last, first * 2 ** failures))
}

/** Remembers a failed renewal, and emits `error` unless the last failure was the same. */
export function backOffAfter(state: State, failure: OAuthError): void {
  const { failures, failure: last } = state.backOff
  const own: Own = state
  own.backOff = {
    since: state.clock(),
    pause: pauseAfter(state, failure),
    failures: failures + 1,
    failure,
  }
  const isNew = last?.code !== failure.code || last.error !== failure.error
  if (isNew && !isOAuthError(failure, 'OAUTH_INTERACTION_REQUIRED')) emit(state, 'error', { error: failure })
}

/** Emits `error` for a failure that the caller does not see, unless {@link backOffAfter} has. */
export function tellUnseen(state: State, error: OAuthError): void {
  if (error !== state.backOff.failure) emit(state, 'error', { error })
}
