import { inProcessLock } from '../locks/in-process.js'
import { withMedium } from '../session/medium.js'
import { sharedMedium } from '../session/shared-medium.js'
import type { TokenStore } from '../session/stored-grant.js'

/**
 * Makes a store of one's own ready for a session: it adds what a medium needs that can fail and that others
 * write too (renewed tokens are kept while it is away, a lost write is written again, a newer version
 * stands). Answers the same object. Without a `lock` the sessions of this process take turns; a store that
 * several processes share brings a lock that they share too. Wrap a changed copy of a store again
 * (`defineStore({ ...store, get })`).
 * @example
 * const store = defineStore({
 *   get: key => table.get(key),
 *   set: (key, next) => table.putIfVersionIsLower(key, next), // false: what is stored is newer
 *   delete: key => table.delete(key),
 * })
 * const session = createOAuth2Session({ server, client, store, key: userId })
 *
 */
export const defineStore = <S extends TokenStore>(store: S): S =>
  withMedium(store, sharedMedium(store.lock ?? inProcessLock()))
