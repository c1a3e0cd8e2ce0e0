import { oauthError } from '../errors.js'
import type { Lock } from '../session/stored-grant.js'
import { inProcessLock } from './in-process.js'
import { type StorageLike, storageLease } from './storage-lease.js'

/** The part of `navigator.locks` that is used. */
export interface LockManagerLike {
  request<T>(
    name: string,
    options: { signal?: AbortSignal },
    callback: (lock: unknown) => Promise<T>,
  ): Promise<T>
}

/** Options of {@link webLocks}. */
export interface WebLocksOptions {
  /** Used if the page has no Web Locks (plain http, old browsers). Default: a lease in `localStorage`. */
  fallback?: Lock
  /** Default `navigator.locks`. */
  locks?: LockManagerLike | undefined
}

/** Why a wait ended without the lock: the caller's signal, or `maxWait`. */
const gaveUp = (signal: AbortSignal | undefined) =>
  signal?.aborted ? oauthError('OAUTH_ABORTED', 'lock') : oauthError('OAUTH_LOCK_TIMEOUT', 'waited')

/**
 * One lock for all tabs and workers of an origin; the browser releases it when its holder dies.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT`, `OAUTH_ABORTED`
 * @see https://w3c.github.io/web-locks/
 */
export function webLocks(options: WebLocksOptions = {}): Lock {
  const { fallback } = options
  const locks = options.locks ?? (globalThis.navigator?.locks as LockManagerLike | undefined)
  if (!locks) return fallback ?? localLease()
  return async (name, critical, { signal, maxWait = Infinity } = {}) => {
    const wait = new AbortController()
    const lost = new AbortController()
    const giveUp = () => wait.abort()
    let section: ReturnType<typeof critical> | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const stopWaiting = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
    signal?.addEventListener('abort', giveUp)
    if (signal?.aborted) giveUp()
    // setTimeout overflows above 2³¹ ms; treat as no limit.
    if (maxWait < 2e6) timer = setTimeout(giveUp, maxWait * 1000)
    try {
      return await locks.request(`oauth-lock:${name}`, { signal: wait.signal }, () => {
        stopWaiting()
        section = critical({ signal: lost.signal })
        return section
      })
    } catch (error) {
      if (wait.signal.aborted) throw gaveUp(signal)
      // The request can fail while the section runs only if another holder stole the lock.
      lost.abort()
      if (section) return section
      throw error
    } finally {
      stopWaiting()
    }
  }
}

function localLease(): Lock {
  let storage: StorageLike | undefined
  try {
    storage = globalThis.localStorage
  } catch {
    // A page without storage shares nothing with other tabs.
  }
  return storage ? storageLease(storage) : inProcessLock()
}
