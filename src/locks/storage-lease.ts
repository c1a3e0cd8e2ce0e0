import { timeoutNow } from '../lib/timer.js'
import type { Lock } from '../session/stored-grant.js'
import { type Lease, runLeased } from './lease.js'

/** The part of `Storage` that is used. */
export type StorageLike = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Options of {@link storageLease}; seconds. */
export interface StorageLeaseOptions {
  /** How long a silent tab keeps the lock. Default 10. */
  lease?: number
  /** How long a claim must stand unchanged; longer than a write takes to reach other tabs. Default 0.05. */
  settle?: number
  /** The prefix of the keys. Default `oauth-lock:`. */
  prefix?: string
}

/**
 * A lock for pages without Web Locks: a claim in `localStorage` wins if it still stands after a while
 * (Fischer's timed mutual exclusion). A closed tab releases it; a crashed one loses it after `lease` seconds.
 * It is only as exact as timers: prefer {@link webLocks}, which uses this one only if it must.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT`, `OAUTH_ABORTED`
 */
export function storageLease(storage: StorageLike, options: StorageLeaseOptions = {}): Lock {
  const { lease = 10, settle = 0.05, prefix = 'oauth-lock:' } = options
  const timeout = timeoutNow()
  return async (name, critical, wait) => {
    const key = prefix + name
    const mine = `${Math.random()}${Math.random()}`
    const read = (): Partial<Claim> => {
      try {
        return JSON.parse(storage.getItem(key) ?? '{}') ?? {}
      } catch {
        return {}
      }
    }
    const claim = () => storage.setItem(key, JSON.stringify({ by: mine, until: Date.now() + lease * 1000 }))
    const held = () => read().by === mine
    const hand: Lease = {
      async take() {
        // A clock that was set back must not prolong a claim beyond its lease.
        const left = (read().until ?? 0) - Date.now()
        if (left > 0 && left <= lease * 1000) return false
        claim()
        await new Promise<void>(resolve => timeout(resolve, settle * 1000 * (1 + Math.random())))
        return held()
      },
      renew() {
        if (held()) claim()
        return held()
      },
      release() {
        if (held()) storage.removeItem(key)
      },
    }
    const leave = () => hand.release()
    return runLeased(
      hand,
      { lease, poll: settle * 2, timeout },
      async held => {
        globalThis.addEventListener?.('pagehide', leave)
        try {
          return await critical(held)
        } finally {
          globalThis.removeEventListener?.('pagehide', leave)
        }
      },
      wait,
    )
  }
}

interface Claim {
  by: string
  until: number
}
