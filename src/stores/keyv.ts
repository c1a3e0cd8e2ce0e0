import { oauthError } from '../errors.js'
import { inProcessLock } from '../locks/in-process.js'
import { guarded } from '../locks/medium-error.js'
import type { Lock, TokenStore } from '../session/stored-grant.js'
import { defineStore } from './define-store.js'
import { asGrant, parseGrant } from './record.js'

/**
 * Any key-value store, recognised by its shape: Keyv, a `Map`, cache-manager (`del`), unstorage (`getItem`
 * …).
 */
export type KeyValueLike =
  | { get(key: string): unknown; set(key: string, value: string): unknown; delete(key: string): unknown }
  | { get(key: string): unknown; set(key: string, value: string): unknown; del(key: string): unknown }
  | {
      getItem(key: string): unknown
      setItem(key: string, value: string): unknown
      removeItem(key: string): unknown
    }

/** Options of {@link keyvStore}. */
export interface KeyvStoreOptions {
  /**
   * Keeps two processes from renewing at the same time, since the medium has no lock of its own.
   * `'single-process'` says that there is only one process.
   */
  lock: Lock | 'single-process'
  /** The prefix of the keys. Default `oauth:`. */
  prefix?: string
}

/**
 * Keeps grants in any key-value store. Entries that the medium deletes by itself (a time to live, a size
 * limit) sign people out, and a cache tier in memory serves tokens that another process has already renewed.
 * @throws OAuthError `OAUTH_INVALID_OPTION`; `OAUTH_STORE_READ`, `OAUTH_STORE_WRITE`; `OAUTH_STORE_VALUE`
 * from `get` when the value is broken
 */
export function keyvStore(medium: KeyValueLike, { lock, prefix = 'oauth:' }: KeyvStoreOptions): TokenStore {
  if (lock !== 'single-process' && typeof lock !== 'function')
    throw oauthError('OAUTH_INVALID_OPTION', 'lock')
  const { read, write, remove } = verbs(medium, prefix)
  // Compare-and-set is one step within this process only.
  const turn = inProcessLock()

  const get = async (key: string) => {
    const value = await read(key)
    if (value === undefined || value === null) return undefined
    // Some media parse text that looks like JSON.
    return typeof value === 'string' ? parseGrant(value) : asGrant(value)
  }

  return defineStore({
    shared: true,
    lock: lock === 'single-process' ? inProcessLock() : lock,
    get,
    set: (key, next) =>
      turn(key, async () => {
        const stored = await get(key).catch(error => {
          if (error.code !== 'OAUTH_STORE_VALUE') throw error
        })
        if (stored && stored.version >= next.version) return false
        await write(key, JSON.stringify(next))
        return true
      }),
    delete: key => turn(key, () => remove(key)),
  })
}

/** The three verbs of a medium under its own names; every failure becomes a rejection that shows no value. */
function verbs(given: KeyValueLike, prefix: string) {
  const medium = reportingMedium(given)
  const at = (key: string) => prefix + plain(key)
  return {
    read: (key: string) =>
      guarded('OAUTH_STORE_READ', () =>
        'getItem' in medium ? medium.getItem(at(key)) : medium.get(at(key)),
      ),
    write: (key: string, text: string) =>
      guarded('OAUTH_STORE_WRITE', async () => {
        const set = 'setItem' in medium ? medium.setItem(at(key), text) : medium.set(at(key), text)
        if ((await set) === false) throw { name: 'the medium refused the write' }
      }),
    remove: async (key: string) => {
      await guarded('OAUTH_STORE_WRITE', () => {
        if ('removeItem' in medium) return medium.removeItem(at(key))
        return 'delete' in medium ? medium.delete(at(key)) : medium.del(at(key))
      })
    },
  }
}

/**
 * Some media treat `/`, `?`, an empty name or an odd character specially: only letters, digits, `-` and `_`
 * stay.
 */
const plain = (key: string) =>
  key.replace(/[^A-Za-z0-9_-]/g, unit => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * Returns the medium behind a cache, and requires that it reports failures: a store that reports "nothing"
 * when its database is down would sign everybody out.
 */
function reportingMedium(given: KeyValueLike): KeyValueLike {
  const { stores = [given] } = given as { stores?: KeyValueLike[] }
  const [medium, ...tiers] = stores
  if (!medium || tiers.length) throw oauthError('OAUTH_INVALID_OPTION', 'tiers')
  const { throwOnErrors = true, store } = medium as { throwOnErrors?: boolean; store?: unknown }
  if (!throwOnErrors && !(store instanceof Map)) throw oauthError('OAUTH_INVALID_OPTION', 'throwOnErrors')
  return medium
}
