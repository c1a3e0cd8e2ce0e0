import type { Awaitable } from '../auth/scheme.js'
import { digest } from '../crypto/digest.js'
import { sha256 } from '../crypto/sha256.js'
import { oauthError } from '../errors.js'
import { base64url } from '../lib/base64url.js'
import { utf8 } from '../lib/utf8.js'
import { guarded } from '../locks/medium-error.js'

import { instant, type Lock, type StoredGrant, type Token, type TokenStore } from '../session/stored-grant.js'
import { defineStore } from './define-store.js'

/** A row of an application's own table, in wire names; members without a column are omitted. */
export interface TokenRow {
  access_token?: string | undefined
  refresh_token?: string | undefined
  token_type?: string | undefined
  /**
   * Seconds since the epoch, as this package writes them. A `Date`, an ISO text, milliseconds, and numbers
   * that a driver returns as text or `bigint` are read too.
   */
  expires_at?: number | undefined
  scope?: string | undefined
  id_token?: string | undefined
}

/** The application's functions for its table; `key` is the session's option `key`. */
export interface CallbackStoreOptions {
  /** Reads the row of a key; returns nothing if there is none. */
  load(key: string): Awaitable<TokenRow | null | undefined>
  /**
   * Writes the row of a key. `before` is the row that it replaces, as it was read. A table that can compare
   * and set compares the refresh token in the same statement (`UPDATE … WHERE refresh_token =
   * before.refresh_token`) and returns `false` if another one is stored.
   */
  save(key: string, row: TokenRow, before: TokenRow | undefined): Awaitable<boolean | void>
  /** Deletes the row of a key: the person logged out, or the server ended the grant. */
  remove(key: string): Awaitable<void>
  /** Keeps two processes from renewing one grant at the same time. Default: a lock of this process. */
  lock?: Lock
}

/** The members of a grant that this process knows and the table has no columns for. */
interface RowVersion {
  grantId: string
  version: number
  /** A hash of the row's tokens, to detect a change by another process: no token of a person stays here. */
  mark: string
}

const markOf = ({ access_token = '', refresh_token = '' }: TokenRow) =>
  base64url(digest(sha256, utf8(JSON.stringify([access_token, refresh_token]))))

/** The expiry of a row, in the forms in which drivers return a column. */
function expiryOf({ expires_at }: TokenRow): number | undefined {
  const value: unknown = expires_at
  return instant(typeof value === 'bigint' ? Number(value) : value)
}

/** Turns a row into a grant. */
function toGrant(row: TokenRow, { grantId, version }: RowVersion): StoredGrant {
  const { refresh_token, id_token, access_token, token_type, scope } = row
  const expires_at = expiryOf(row)
  const token = Object.fromEntries(
    Object.entries({ access_token, token_type, expires_at, scope }).filter(([, value]) => value ?? false),
  ) as unknown as Token
  return {
    v: 1,
    grantId,
    version,
    ...(refresh_token && { refresh_token }),
    ...(id_token && { id_token }),
    tokens: access_token ? { '': token } : {},
  }
}

/** Turns a grant into a row. */
function toRow({ refresh_token, id_token, tokens }: StoredGrant): TokenRow {
  const { access_token, token_type, expires_at, scope } = tokens[''] ?? {}
  return { access_token, refresh_token, token_type, expires_at, scope, id_token }
}

/**
 * @throws OAuthError `OAUTH_STORE_VALUE` for a row whose tokens are no texts, or whose expiry is no time
 */
function checkRow(row: TokenRow): TokenRow {
  const { access_token, refresh_token, expires_at } = row
  const isText = (value: unknown) => value === undefined || value === null || typeof value === 'string'
  const isTime = !expires_at || expiryOf(row) !== undefined
  if (isText(access_token) && isText(refresh_token) && isTime) return row
  throw oauthError('OAUTH_STORE_VALUE', 'damaged')
}

/**
 * Keeps grants in a table of the application's own: columns for the tokens, none for this package. It detects
 * writes of other processes by their tokens. Of a session with several APIs it keeps the token of the grant
 * itself only. Without a `lock` that all processes share, two processes may spend one refresh token at the
 * same time; the losing one adopts the stored tokens, if the server tolerates the reuse.
 * @throws OAuthError `OAUTH_STORE_READ`, `OAUTH_STORE_WRITE`; `OAUTH_STORE_VALUE` for a row whose tokens are
 * no texts, or whose expiry is no time
 * @example
 * const rows = new Map<string, TokenRow>() // in place of a table
 * const store = callbackStore({
 *   load: user => rows.get(user),
 *   save: (user, row) => void rows.set(user, row),
 *   remove: user => void rows.delete(user),
 * })
 */
export function callbackStore({ load, save, remove, lock }: CallbackStoreOptions): TokenStore {
  const seen = new Map<string, RowVersion>()

  /** Versions of a row that was just read: changed tokens count as a later version of another process. */
  function versionsOf(key: string, row: TokenRow): RowVersion {
    const mark = markOf(row)
    const before = seen.get(key)
    if (before?.mark === mark) return before
    const known = { grantId: before?.grantId ?? `row ${key}`, version: (before?.version ?? 0) + 1, mark }
    seen.set(key, known)
    return known
  }

  async function current(key: string): Promise<{ row: TokenRow; known: RowVersion } | undefined> {
    const row = await guarded('OAUTH_STORE_READ', () => load(key))
    return row ? { row: checkRow(row), known: versionsOf(key, row) } : undefined
  }

  return defineStore({
    shared: true,
    ...(lock && { lock }),
    async get(key) {
      const found = await current(key)
      return found && toGrant(found.row, found.known)
    },
    async set(key, next) {
      const found = await current(key)
      if (found && found.known.version >= next.version) return false
      const row = toRow(next)
      const answer = await guarded('OAUTH_STORE_WRITE', () =>
        next.ended ? remove(key) : save(key, row, found?.row),
      )
      if (answer === false) return false
      seen.set(key, { grantId: next.grantId, version: next.version, mark: next.ended ? '' : markOf(row) })
      return true
    },
    delete: key => guarded('OAUTH_STORE_WRITE', () => remove(key)),
  })
}
