import { oauthError } from '../errors.js'
import { inProcessLock } from '../locks/in-process.js'
import { withMedium } from '../session/medium.js'
import { sharedMedium } from '../session/shared-medium.js'
import type { TokenStore } from '../session/stored-grant.js'

/**
 * Prepares a custom store for a session, for media that can fail and that other processes write to:
 * renewed tokens are kept while the medium is unreachable, a lost write is repeated, a newer version
 * wins. Returns the same object. Without a `lock` the sessions of this process exclude each other; a
 * store that several processes share needs a lock that they share too. Wrap a changed copy of a store
 * again (`defineStore({ ...store, get })`), and a `memoryStore()` that you change in place.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a frozen object
 * @example
 * const table = new Map<string, StoredGrant>()
 * const store = defineStore({
 *   get: key => table.get(key),
 *   set(key, next) {
 *     if ((table.get(key)?.version ?? -1) >= next.version) return false // the stored grant is newer
 *     table.set(key, next)
 *     return true
 *   },
 *   delete: key => void table.delete(key),
 * })
 * const sessionOf = (userId: string) => createOAuth2Session({ server, client, store, key: userId })
 */
export const defineStore = <S extends TokenStore>(store: S): S => {
  if (!Object.isExtensible(store)) throw oauthError('OAUTH_INVALID_OPTION', 'frozenStore')
  return withMedium(store, sharedMedium(store.lock ?? inProcessLock()))
}
