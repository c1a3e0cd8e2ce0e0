import { isOAuthError, type OAuthError } from '../errors.js'
import { inProcessLock } from '../locks/in-process.js'
import { storageLease } from '../locks/storage-lease.js'
import { webLocks } from '../locks/web-locks.js'
import type { Lock, StoredGrant, TokenStore } from '../session/stored-grant.js'
import { webLocksBeacon } from './beacon.js'
import { defineStore } from './define-store.js'
import { parseGrant } from './record.js'

/** Options of {@link webStorageStore}. */
export interface WebStorageStoreOptions {
  /** The prefix of the keys. Default `oauth:`. */
  prefix?: string
  /**
   * Default: Web Locks for `localStorage` (a lease in it where Web Locks are missing); a lock of this page
   * for `sessionStorage`.
   */
  lock?: Lock
}

/**
 * Keeps grants in `localStorage` (shared by all tabs of the origin) or `sessionStorage` (this tab only, until
 * it is closed). Every script of the origin can read both. A damaged or foreign value is reported and treated
 * as absent. Duplicating a tab copies its `sessionStorage` with the refresh token: use `localStorage` or
 * IndexedDB if the server rotates refresh tokens and users duplicate tabs.
 * @example
 * const session = createOAuth2Session({
 *   server: discover('https://auth.example.com'),
 *   client: { client_id: 'spa' },
 *   store: webStorageStore(localStorage),
 * })
 */
export function webStorageStore(storage: Storage, options: WebStorageStoreOptions = {}): TokenStore {
  const { prefix = 'oauth:' } = options
  const perTab = isPerTab(storage)
  const lock = options.lock ?? (perTab ? inProcessLock() : webLocks({ fallback: storageLease(storage) }))
  const locks = perTab ? undefined : globalThis.navigator?.locks
  const beacon = locks?.query && webLocksBeacon(prefix, locks)

  const get = (key: string, report?: (error: OAuthError) => void): StoredGrant | undefined => {
    const text = storage.getItem(prefix + key)
    if (text === null) return undefined
    try {
      return parseGrant(text)
    } catch (error) {
      if (isOAuthError(error)) report?.(error)
      return undefined
    }
  }

  /**
   * Waits until this tab can read the writes that came before its lock; a deleted value costs at most a
   * second.
   */
  const caughtUp = async () => {
    const announced = (await beacon?.announced()) ?? []
    const behind = () => announced.some(([key, version]) => (get(key)?.version ?? 0) < version)
    for (let tries = 0; tries < 200 && behind(); tries++) await new Promise(resolve => setTimeout(resolve, 5))
  }

  return defineStore({
    get,
    set(key, next) {
      const stored = get(key)
      if (stored && stored.version >= next.version) return false
      storage.setItem(prefix + key, JSON.stringify(next))
      return beacon ? beacon.announce(key, next.version).then(() => true) : true
    },
    delete(key) {
      beacon?.withdraw(key)
      storage.removeItem(prefix + key)
    },
    lock: (name, critical, wait) =>
      lock(
        prefix + name,
        async lease => {
          await caughtUp()
          return critical(lease)
        },
        wait,
      ),
    subscribe(key, changed) {
      const listener = (event: StorageEvent) => {
        // Without a key the whole storage was cleared.
        if (event.storageArea === storage && (event.key === null || event.key === prefix + key)) changed()
      }
      globalThis.addEventListener?.('storage', listener)
      // WebKit sends events only to pages that have read the key.
      storage.getItem(prefix + key)
      return () => globalThis.removeEventListener?.('storage', listener)
    },
  })
}

function isPerTab(storage: Storage): boolean {
  try {
    return storage === globalThis.sessionStorage
  } catch {
    return false
  }
}
