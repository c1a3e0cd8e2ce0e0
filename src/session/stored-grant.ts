import type { Awaitable } from '../auth/scheme.js'
import type { OAuthError } from '../errors.js'
import type { Token } from '../server/token.js'

export { expiresWithin } from '../server/token.js'
export type { Token }

/**
 * What a store keeps under one key: one grant of one user, plain JSON.
 * `version` grows by one with every write under a key, whoever writes.
 */
export interface StoredGrant {
  v: 1
  /** Random; another one means that somebody else signed in, or the same person anew. */
  grantId: string
  version: number
  /** Where it is not known, the origin of the token endpoint. */
  issuer?: string
  client_id?: string
  refresh_token?: string
  id_token?: string
  /** When the refresh token ends, where the server says so; seconds since the epoch. */
  refresh_expires_at?: number
  /** When the session ends however often it is renewed; seconds since the epoch. */
  session_ends_at?: number
  /** `''` is the grant's own token; other keys name a resource and a scope. */
  tokens: Record<string, Token>
  /**
   * Present when the session is over: nothing is asked of the server until a new token is saved. `at` in
   * seconds.
   */
  ended?: { reason: string; at: number }
}

/**
 * Runs `critical` alone: nobody else who uses the same medium is inside a section of the same name meanwhile.
 * `lease.signal` is aborted when the lock was lost before the section ended. `signal` gives up the wait
 * (never the section); `maxWait` (seconds) caps it.
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
   * What is kept under `key`. A browser's store hands a broken or foreign value to `report`
   * (`OAUTH_STORE_VALUE`) and treats it as absent; a server's store throws it, so that a wrong key or a newer
   * format logs nobody out.
   */
  get(key: string, report?: (error: OAuthError) => void): Awaitable<StoredGrant | undefined>
  /**
   * Writes `next` unless what is stored has the same or a higher `version`: then answers `false`, having
   * written nothing.
   */
  set(key: string, next: StoredGrant): Awaitable<boolean | undefined>
  delete(key: string): Awaitable<void>
  /** The medium that shares grants guards them; without it the session uses a lock of this process. */
  readonly lock?: Lock
  /**
   * Calls `changed` when somebody else wrote under `key`; returns the function that ends the subscription.
   */
  subscribe?(key: string, changed: () => void): () => void
  /** True for a store that many users share (a server's): the session then demands a `key`. */
  readonly shared?: boolean
  /** True where nothing can be written: there no refresh token is spent, and nobody signs in or out. */
  readonly readOnly?: boolean
  /**
   * The key pair kept under `name`, made by `make` when there is none; for media that keep keys which cannot
   * be read out.
   */
  keyPair?(name: string, make: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair>
}
