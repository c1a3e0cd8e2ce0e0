import { isOAuthError } from '../errors.js'
import { webLocks } from '../locks/web-locks.js'
import type { Lock, StoredGrant, TokenStore } from '../session/stored-grant.js'
import { defineStore } from './define-store.js'
import { asGrant } from './record.js'

/** Options of {@link indexedDbStore}. */
export interface IndexedDbStoreOptions {
  /** Name of the database. Default `oauth`. */
  name?: string
  /** Default: Web Locks, or a lease in `localStorage` where there are none. */
  lock?: Lock
  /** Default `globalThis.indexedDB`. */
  indexedDB?: IDBFactory
}

/** A store that also keeps non-extractable key pairs. */
export interface IndexedDbStore extends TokenStore {
  /**
   * The key pair under `name`, the same one in all tabs; `make` creates it if there is none yet. The store
   * keeps the `CryptoKeyPair` itself, so a non-extractable key stays so.
   */
  keyPair(name: string, make: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair>
  /** Deletes a key pair; tokens that are bound to it become useless. */
  deleteKeyPair(name: string): Promise<void>
}

/**
 * Keeps grants in IndexedDB, for all tabs and workers of the origin. It is the place for tokens that are
 * bound to a DPoP key, because it can keep the key as well. A damaged or foreign value is reported and
 * treated as absent.
 */
export function indexedDbStore(options: IndexedDbStoreOptions = {}): IndexedDbStore {
  const { name: database = 'oauth', lock = webLocks(), indexedDB = globalThis.indexedDB } = options
  const channelName = `oauth:${database}`
  const within = connect(indexedDB, database)
  const listeners = new Map<() => void, string>()
  let channel: BroadcastChannel | undefined

  const tell = (key: string) => {
    if (channel) return channel.postMessage(key)
    if (typeof BroadcastChannel === 'undefined') return
    // This tab has no subscription: a channel for one message is enough.
    const once = new BroadcastChannel(channelName)
    once.postMessage(key)
    once.close()
  }

  return defineStore({
    async get(key, report) {
      const value = await within('grants', 'readonly', grants => read(grants.get(key)))
      if (value === undefined) return undefined
      try {
        return asGrant(value)
      } catch (error) {
        if (isOAuthError(error)) report?.(error)
        return undefined
      }
    },
    async set(key, next) {
      const written = await within('grants', 'readwrite', async grants => {
        const stored = await read<StoredGrant | undefined>(grants.get(key))
        if (stored?.v === 1 && stored.version >= next.version) return false
        await read(grants.put(next, key))
        return true
      })
      if (written) tell(key)
      return written
    },
    async delete(key) {
      await within('grants', 'readwrite', grants => read(grants.delete(key)))
      tell(key)
    },
    lock: (name, critical, wait) => lock(`${channelName}:${name}`, critical, wait),
    subscribe(key, changed) {
      if (typeof BroadcastChannel === 'undefined') return () => {}
      const listener = () => changed()
      listeners.set(listener, key)
      channel ??= new BroadcastChannel(channelName)
      channel.onmessage = ({ data }) => {
        for (const [listener, key] of listeners) if (key === data) listener()
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size) return
        channel?.close()
        channel = undefined
      }
    },
    async keyPair(name, make) {
      const kept = await within('keys', 'readonly', keys => read<CryptoKeyPair>(keys.get(name)))
      if (kept) return kept
      const made = await make()
      return within('keys', 'readwrite', async keys => {
        // Another tab may have stored a key pair first.
        const kept = await read<CryptoKeyPair>(keys.get(name))
        if (!kept) await read(keys.put(made, name))
        return kept ?? made
      })
    },
    async deleteKeyPair(name) {
      await within('keys', 'readwrite', keys => read(keys.delete(name)))
    },
  })
}

type Within = <T>(
  table: 'grants' | 'keys',
  mode: IDBTransactionMode,
  work: (table: IDBObjectStore) => Promise<T>,
) => Promise<T>

/**
 * Opens the database on first use, and again after the browser closed it; resolves when the transaction is on
 * disk.
 */
function connect(indexedDB: IDBFactory, name: string): Within {
  let opened: Promise<IDBDatabase> | undefined
  const forget = () => {
    opened = undefined
  }
  const open = async () => {
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('grants')
      request.result.createObjectStore('keys')
    }
    const db = await read<IDBDatabase>(request)
    db.onclose = forget
    // Another tab wants to delete or change the database, which an open connection would block.
    db.onversionchange = () => {
      forget()
      db.close()
    }
    return db
  }
  const begin = async (table: string, mode: IDBTransactionMode) => {
    opened ??= open()
    return (await opened).transaction(table, mode, { durability: 'strict' })
  }
  return async (table, mode, work) => {
    const transaction = await begin(table, mode).catch(() => {
      // A connection that closed between two uses is opened once more.
      forget()
      return begin(table, mode).catch(error => {
        forget()
        throw error
      })
    })
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })
    const [result] = await Promise.all([work(transaction.objectStore(table)), done])
    return result
  }
}

function read<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
