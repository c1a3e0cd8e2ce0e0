import { oauthError } from '../errors.js'
import { type Timeout, timeoutNow } from '../lib/timer.js'
import { mediumError } from './medium-error.js'

/** One contender for a lease, in a medium that cannot report when the lock becomes free. */
export interface Lease {
  /** Tries once; true if the lock is now held. */
  take(): Promise<boolean> | boolean
  /** Extends the lease; false if another holder has it by now. */
  renew(): Promise<boolean> | boolean
  /** Releases the lease, or leaves the queue. */
  release(): Promise<unknown> | unknown
}

/** The times of a {@link Lease}, in seconds. */
export interface LeaseTimes {
  /** How long the medium keeps the lock of a silent holder. */
  lease: number
  /** Mean pause between two tries. */
  poll: number
  /** The timer. Default: the platform's. */
  timeout?: Timeout
}

/**
 * Runs `critical` under a lease: tries with random pauses until it is held, renews it meanwhile, and releases
 * it afterwards. `lease.signal` aborts when a renewal is refused, or when none succeeded for three quarters
 * of the lease; reading it checks the time as well.
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
  const held = renewRegularly(hand, lease, since, () => lost.abort())
  try {
    return await critical({
      // A suspended process detects the lost lease here, before timers run.
      get signal() {
        held.check()
        return lost.signal
      },
    })
  } finally {
    held.stop()
    await releaseWithin(hand)
  }
}

interface WaitOptions {
  signal?: AbortSignal
  maxWait?: number
}

/** Waits until the lease is held; returns its start (milliseconds), which is before the request for it. */
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
    /** Takes the lease; one that arrives after the caller left, or too late to be useful, is released. */
    const take = async (asked: number) => {
      const taken = await hand.take()
      const isUseful = waiting && Date.now() - asked <= lease * 500
      if (taken && !isUseful) await quietly(() => hand.release())
      return taken && isUseful
    }
    const tryOnce = async () => {
      const asked = Date.now()
      try {
        const isTaken = await take(asked)
        if (!waiting) return
        if (isTaken) settle(() => resolve(asked))
        else pause = timeout(tryOnce, poll * 1000 * (0.5 + Math.random()))
      } catch (error) {
        if (waiting) giveUp(mediumError('OAUTH_STORE_READ', error))
      }
    }
    signal?.addEventListener('abort', abort)
    // setTimeout overflows above 2³¹ ms; treat as no limit.
    if (maxWait < 2e6)
      cap = setTimeout(() => giveUp(oauthError('OAUTH_LOCK_TIMEOUT', 'waited')), maxWait * 1000)
    if (signal?.aborted) abort()
    else void tryOnce()
  })
}

/**
 * Renews the lease four times in its life, counted from `kept` (milliseconds); `check` detects an expired one
 * at once.
 */
function renewRegularly(
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
    // An unreachable medium (undefined) says nothing about the lock.
    if (renewed === false) giveUp()
  }, lease * 250)
  return { check, stop }
}

/**
 * A lease that cannot be released expires by itself, so an unreachable medium delays the caller by at most a
 * second.
 */
async function releaseWithin(hand: Lease): Promise<void> {
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
