import { oauthError } from '../errors.js'
import { type Timeout, timeoutNow } from '../lib/timer.js'
import { mediumError } from './medium-error.js'

/**
 * One contender's hand on a lock that is held for a time, in a medium that cannot tell when it becomes free.
 */
export interface Lease {
  /** Tries once; true when the lock is held. Told whether the caller still waits. */
  take(): Promise<boolean> | boolean
  /** Holds it for another while; false when it is somebody else's by now. */
  renew(): Promise<boolean> | boolean
  /** Gives it back, or gives up a place in the queue. */
  release(): Promise<unknown> | unknown
}

/** How a {@link Lease} is waited for and kept; seconds. */
export interface LeaseTimes {
  /** How long the medium keeps the lock of a holder who is not heard of. */
  lease: number
  /** Mean pause between two tries. */
  poll: number
  /** What pauses. Default: the timer of the moment. */
  timeout?: Timeout
}

/**
 * Runs `critical` under a lease: tries with random pauses until it is taken, renews it meanwhile, gives it
 * back afterwards. `lease.signal` is aborted when a renewal was refused, or none went through for three
 * quarters of the lease; whoever reads it sees that at once.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT`, `OAUTH_ABORTED`, `OAUTH_STORE_READ` when `take` fails
 */
export async function runLeased<T>(
  hand: Lease,
  { lease, ...times }: LeaseTimes,
  critical: (lease: { signal: AbortSignal }) => Promise<T>,
  options: WaitOptions = {},
): Promise<T> {
  const since = await waitFor(hand, { lease, ...times }, options)
  const lost = new AbortController()
  const held = keep(hand, lease, since, () => lost.abort())
  try {
    return await critical({
      // who was frozen meanwhile learns of it here, before any timer runs
      get signal() {
        held.check()
        return lost.signal
      },
    })
  } finally {
    held.stop()
    await giveBack(hand)
  }
}

interface WaitOptions {
  signal?: AbortSignal
  maxWait?: number
}

/**
 * Waits until the lease is taken; answers since when (milliseconds) it counts, which is before it was asked
 * for.
 */
function waitFor(
  hand: Lease,
  { lease, poll, timeout = timeoutNow() }: LeaseTimes,
  { signal, maxWait = Infinity }: WaitOptions,
) {
  return new Promise<number>((resolve, reject) => {
    let waiting = true
    let pause: ReturnType<typeof setTimeout> | undefined
    let cap: ReturnType<typeof setTimeout> | undefined
    const settle = (act: () => void) => {
      waiting = false
      clearTimeout(pause)
      clearTimeout(cap)
      signal?.removeEventListener('abort', abort)
      act()
    }
    const giveUp = (error: unknown) =>
      settle(() => {
        reject(error)
        void quietly(() => hand.release())
      })
    const abort = () => giveUp(oauthError('OAUTH_ABORTED', 'lock'))
    const tryOnce = async () => {
      const asked = Date.now()
      try {
        const taken = await hand.take()
        const isLate = Date.now() - asked > lease * 500
        // whoever gave up while the medium answered must not keep what it answered; nor what came too late to
        // be worth much
        if (taken && (!waiting || isLate)) await quietly(() => hand.release())
        if (!waiting) return
        if (taken && !isLate) settle(() => resolve(asked))
        else pause = timeout(tryOnce, poll * 1000 * (0.5 + Math.random()))
      } catch (error) {
        if (waiting) giveUp(mediumError('OAUTH_STORE_READ', error))
      }
    }
    signal?.addEventListener('abort', abort)
    // what setTimeout cannot count is for ever
    if (maxWait < 2e6)
      cap = setTimeout(() => giveUp(oauthError('OAUTH_LOCK_TIMEOUT', 'waited')), maxWait * 1000)
    if (signal?.aborted) abort()
    else void tryOnce()
  })
}

/**
 * Renews the lease four times in its life, counted from `kept` (milliseconds); `check` notices at once when
 * it ran out.
 */
function keep(
  hand: Lease,
  lease: number,
  kept: number,
  lose: () => void,
): { check(): boolean; stop(): void } {
  let asking = false
  const stop = () => clearInterval(timer)
  const giveUp = () => {
    stop()
    lose()
  }
  const check = () => {
    const old = Date.now() - kept >= lease * 750
    if (old) giveUp()
    return old
  }
  const timer = setInterval(async () => {
    const asked = Date.now()
    if (check() || asking) return
    asking = true
    const renewed = await quietly(() => hand.renew())
    asking = false
    if (renewed) kept = asked
    // a medium that is away (undefined) says nothing about the lock
    if (renewed === false) giveUp()
  }, lease * 250)
  return { check, stop }
}

/**
 * What cannot be given back runs out by itself: a medium that does not answer holds nobody up for more than a
 * second.
 */
async function giveBack(hand: Lease): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const enough = new Promise<void>(resolve => {
    timer = setTimeout(resolve, 1000)
  })
  await Promise.race([quietly(() => hand.release()), enough])
  clearTimeout(timer)
}

async function quietly<T>(act: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await act()
  } catch {
    return undefined
  }
}
