import type { StoredGrant, TokenStore } from '../session/stored-grant.js'
import { defineStore } from './define-store.js'

/** Options of {@link readOnlyStore}. */
export interface ReadOnlyStoreOptions {
  /**
   * Lets the session spend the stored refresh token, though the new tokens live only as long as this store
   * object. Only for servers that never rotate refresh tokens. Default `false`.
   */
  allowRefresh?: boolean
}

/**
 * A store for places that can read but not write, such as a Server Component that may not set cookies. A
 * stored token is used. A refresh, a sign-in and a log-out are refused with `OAUTH_STORE_WRITE`, because the
 * rotated token would be lost. Tokens of an unattended grant are kept in this object, so create one for each
 * request.
 * @throws OAuthError whatever `inner.get` throws
 */
export function readOnlyStore(
  inner: Pick<TokenStore, 'get' | 'shared' | 'keyPair'>,
  { allowRefresh = false }: ReadOnlyStoreOptions = {},
): TokenStore {
  const kept = new Map<string, StoredGrant>()
  return defineStore({
    readOnly: !allowRefresh,
    async get(key, report) {
      const stored = await inner.get(key, report)
      const own = kept.get(key)
      return own && !(stored && stored.version >= own.version) ? own : stored
    },
    set(key, next) {
      if ((kept.get(key)?.version as number) >= next.version) return false
      kept.set(key, JSON.parse(JSON.stringify(next)))
      return true
    },
    delete(key) {
      kept.delete(key)
    },
    ...(inner.shared && { shared: true }),
    ...(inner.keyPair && { keyPair: inner.keyPair.bind(inner) }),
  })
}
