import { oauthError } from '../errors.js'
import { afterAwake } from '../lib/timer.js'
import type { Lease, State } from './state.js'

/** Seconds that a section may spend before its call to the server leaves. */
const PREPARATION = 20
/** Seconds that a section may take beside the call itself: what goes before it, and storing what came. */
const SECTION_MARGIN = 25

/** Runs `critical` while no other caller, tab or process works on this grant. */
export function locked<T>(state: State, critical: (lease: Lease) => Promise<T>): Promise<T> {
  const { timeout = 30, maxWait = 40 } = state.options
  const seconds = timeout + SECTION_MARGIN
  return state.medium.lock(`oauth:${state.key}`, lease => capped(lease, seconds, critical), { maxWait })
}

/**
 * Runs a section for so many seconds at most, then gives the lock back: a hook that hangs or a key in a
 * module that does not answer must not hold up all other callers. A section that goes on afterwards finds its
 * lease lost.
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

const lockLost = () => oauthError('OAUTH_LOCK_TIMEOUT', 'lost')

/**
 * Without the lock another process may be renewing: the refresh token is that one's to spend, and a refusal
 * says nothing.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT`
 */
export function insistOnLock({ signal }: Lease): void {
  if (signal.aborted) throw lockLost()
}

/**
 * A request that leaves late would be answered after the section's end, when another process may spend the
 * same token.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT`
 */
export function insistOnLease(lease: Lease): void {
  insistOnLock(lease)
  if (lease.since !== undefined && Date.now() - lease.since > PREPARATION * 1000) throw lockLost()
}
