import type { Awaitable } from '../auth/scheme.js'
import type { OAuthError } from '../errors.js'
import type { Token } from '../server/token.js'

export { expiresWithin } from '../server/token.js'
export { instant } from '../server/token-response.js'
export type { Token }

/**
 * The record of a store under one key: one grant of one user, plain JSON. `version` grows by one with every
 * write under a key, by any process.
 */
export interface StoredGrant {
  v: 1
  /** Random; another one means a new sign-in, by another person or the same one. */
  grantId: string
  version: number
  /** The issuer; if unknown, the origin of the token endpoint. */
  issuer?: string
  client_id?: string
  refresh_token?: string
  id_token?: string
  /** The end of the refresh token, if the server announces it; seconds since the epoch. */
  refresh_expires_at?: number
  /** The end of the session, independent of renewals; seconds since the epoch. */
  session_ends_at?: number
  /** `''` is the grant's own token; other keys name a resource and a scope. */
  tokens: Record<string, Token>
  /**
   * Present if the session is over: no call goes to the server until a new token is saved. `at` in seconds.
   */
  ended?: { reason: string; at: number }
}

/**
 * Runs `critical` exclusively: no other user of the same medium is inside a section of the same name.
 * `lease.signal` aborts if the lock is lost before the section ends. `signal` ends the wait (never the
 * section); `maxWait` (seconds) limits it.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT` when the wait exceeds `maxWait`; `OAUTH_ABORTED` when `signal`
 * aborted the wait.
 */
export type Lock = <T>(
  name: string,
  critical: (lease: { signal: AbortSignal }) => Promise<T>,
  options?: { signal?: AbortSignal; maxWait?: number },
) => Promise<T>

/**
 * Keeps grants by key. A store that several tabs, processes or machines share brings the lock that guards
 * them.
 */
export interface TokenStore {
  /**
   * Returns the grant under `key`. A browser's store passes a damaged or foreign value to `report`
   * (`OAUTH_STORE_VALUE`) and treats it as absent; a server's store throws it, so that a wrong key or a newer
   * format does not log people out.
   */
  get(key: string, report?: (error: OAuthError) => void): Awaitable<StoredGrant | undefined>
  /**
   * Writes `next` unless the stored `version` is the same or higher: it then returns `false` without writing.
   */
  set(key: string, next: StoredGrant): Awaitable<boolean | undefined>
  delete(key: string): Awaitable<void>
  /** The lock of the shared medium; without it the session uses a lock of this process. */
  readonly lock?: Lock
  /** Calls `changed` after a write of another process under `key`; returns the function that unsubscribes. */
  subscribe?(key: string, changed: () => void): () => void
  /** True for a store that many users share (a server's): the session then requires a `key`. */
  readonly shared?: boolean
  /**
   * True if nothing can be written: no refresh token is spent there, and no sign-in or log-out is possible.
   */
  readonly readOnly?: boolean
  /**
   * The key pair under `name`, created by `make` if there is none; for media that keep non-extractable keys.
   */
  keyPair?(name: string, make: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair>
}
