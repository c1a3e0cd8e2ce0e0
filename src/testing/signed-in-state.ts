import type { Token } from '../session/stored-grant.js'

/** Options of {@link signedInState}. */
export interface SignedInStateOptions {
  /** The application's origin, such as `http://localhost:5173`. */
  origin: string
  /** The session's `key`; by default a session's key is its issuer and client_id, with a space between. */
  key: string
  /** The token for the page; `expires_at` in seconds since the epoch. */
  token: Token
  issuer?: string
  client_id?: string
  /** The prefix of `webStorageStore`. Default `oauth:`. */
  prefix?: string
}

/** The shape of Playwright's `storageState`. */
export interface StorageState {
  cookies: never[]
  origins: { origin: string; localStorage: { name: string; value: string }[] }[]
}

/**
 * Creates Playwright's `storageState` for a page whose session lives in `webStorageStore(localStorage)`: the
 * page is signed in when it opens.
 * @example
 * const storageState = signedInState({
 *   origin: 'http://localhost:5173',
 *   key: 'app',
 *   token: { access_token: 'test', expires_in: 3600 },
 * })
 * // in a Playwright test: test.use({ storageState })
 */
export function signedInState(options: SignedInStateOptions): StorageState {
  const { origin, key, token, issuer, client_id, prefix = 'oauth:' } = options
  const { refresh_token, id_token, ...access } = token
  const grant = {
    v: 1,
    grantId: 'signed-in-state',
    version: 1,
    ...(issuer && { issuer }),
    ...(client_id && { client_id }),
    ...(refresh_token && { refresh_token }),
    ...(id_token && { id_token }),
    tokens: { '': access },
  }
  const item = { name: prefix + key, value: JSON.stringify(grant) }
  return { cookies: [], origins: [{ origin, localStorage: [item] }] }
}
