import type { Awaitable } from '../auth/scheme.js'
import type { AuthorizationTransaction } from '../authorization/transaction.js'
import { oauthError } from '../errors.js'
import type { OAuth1Transaction } from '../oauth1/authorization-response.js'

/** A sign-in that waits for its callback. */
export interface PendingSignIn {
  transaction: AuthorizationTransaction | OAuth1Transaction
  /** The target after the sign-in: a path of this site. */
  returnTo?: string
  /** The name of the client that began it, if there are several. */
  client?: string
}

/** The record of one sign-in in a transaction store: plain JSON. */
export interface TransactionRecord {
  /** Seconds since the epoch. */
  at: number
  /** Absent after the callback, so that a second callback differs from a foreign one. */
  pending?: PendingSignIn
  /** The `returnTo` of the sign-in. */
  returnTo?: string
}

/**
 * Keeps sign-ins until their callback, by their `state` (OAuth 1.0a: by their request token). It must belong
 * to one browser: a reader of it can finish the sign-in, and a callback of another browser would sign the
 * person in to the wrong account.
 */
export interface TransactionStore {
  get(state: string): Awaitable<TransactionRecord | undefined>
  set(state: string, record: TransactionRecord): Awaitable<void>
}

/**
 * Seconds for which a record is kept: longer than a sign-in may take, so that a late callback differs from a
 * foreign one.
 */
export const RECORD_LIFE = 3600

/**
 * Takes a sign-in out before the first request to the server: a callback counts once.
 * @throws OAuthError `OAUTH_STATE_MISMATCH`, `OAUTH_TRANSACTION_USED`, `OAUTH_ISSUER_MISMATCH` for the
 * sign-in of another client
 */
export async function takePending(
  transactions: TransactionStore,
  state: string | undefined,
  client?: string,
): Promise<PendingSignIn> {
  const record = state ? await transactions.get(state) : undefined
  if (!state || !record) throw oauthError('OAUTH_STATE_MISMATCH', 'callback')
  const { pending, ...rest } = record
  if (!pending) throw oauthError('OAUTH_TRANSACTION_USED', 'finished')
  if (pending.client !== client) throw oauthError('OAUTH_ISSUER_MISMATCH', 'otherServer')
  const { returnTo } = pending
  await transactions.set(state, { ...rest, ...(returnTo !== undefined && { returnTo }) })
  return pending
}

const isRecord = (value: unknown): value is TransactionRecord =>
  typeof (value as TransactionRecord | undefined)?.at === 'number'

/** Parses a stored record; a foreign value counts as none. */
export function parseRecord(text: string | null | undefined): TransactionRecord | undefined {
  try {
    const value: unknown = JSON.parse(`${text}`)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isOver = ({ at }: TransactionRecord, now: number) => !(now - at < RECORD_LIFE)

/** The part of `Storage` that {@link webTransactions} uses. */
export interface TransactionStorage {
  readonly length: number
  key(index: number): string | null
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/**
 * Keeps sign-ins of a page in `sessionStorage`: several at once, separate for each tab. Beginning another
 * removes old ones. `localStorage` lets the callback arrive in another tab.
 */
export function webTransactions(storage: TransactionStorage = sessionStorage): TransactionStore {
  const prefix = 'oauth-sign-in:'
  const get = (key: string) => parseRecord(storage.getItem(key))
  const removeOld = (now: number) => {
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
    for (const key of keys.filter(name => name.startsWith(prefix))) {
      const record = get(key)
      if (!record || isOver(record, now)) storage.removeItem(key)
    }
  }
  return {
    get: state => get(prefix + state),
    set(state, record) {
      if (record.pending) removeOld(record.at)
      storage.setItem(prefix + state, JSON.stringify(record))
    },
  }
}

/** The number of concurrent sign-ins of one browser: each adds to the browser's session. */
const MAX_AT_ONCE = 20

/**
 * Keeps sign-ins in a framework's session (`request.session` of Express and others): plain data under one
 * name. The session must belong to the browser, and be saved before the redirect is sent.
 * @example
 * const login = async (request: { session: object }) => {
 *   const transactions = sessionTransactions(request.session)
 *   const { url } = await beginSignIn(session, { redirect_uri: 'https://app.example.com/callback' }, { transactions })
 *   return url
 * }
 */
export function sessionTransactions(session: object, name = 'oauthSignIns'): TransactionStore {
  const holder = session as Record<string, Record<string, TransactionRecord> | undefined>
  const own = (state: string) =>
    Object.hasOwn(holder[name] ?? {}, state) ? holder[name]?.[state] : undefined
  return {
    get: own,
    set(state, record) {
      const others = Object.entries(holder[name] ?? {}).filter(
        ([other, one]) => other !== state && !isOver(one, record.at),
      )
      holder[name] = Object.fromEntries([...others.slice(1 - MAX_AT_ONCE), [state, record]])
    },
  }
}

/** A cache that several processes share. Values are strings, times are seconds. */
export interface TransactionCache {
  get(key: string): Awaitable<string | null | undefined>
  set(key: string, value: string, seconds: number): Awaitable<unknown>
}

/**
 * Keeps sign-ins in a cache, for sessions with little room. The browser's session keeps a marker of each:
 * without it, an attacker could begin a sign-in and have this browser finish it (login CSRF).
 */
export function cacheTransactions(
  cache: TransactionCache,
  session: object,
  prefix = 'oauth-sign-in:',
): TransactionStore {
  const markers = sessionTransactions(session)
  return {
    async get(state) {
      const isOurs = await markers.get(state)
      return isOurs && parseRecord(await cache.get(prefix + state))
    },
    async set(state, record) {
      await markers.set(state, { at: record.at })
      await cache.set(prefix + state, JSON.stringify(record), RECORD_LIFE)
    },
  }
}

/** Keeps sign-ins in this object alone: for a sign-in that begins and ends in one place, as in a popup. */
export function memoryTransactions(): TransactionStore {
  const records = new Map<string, TransactionRecord>()
  return {
    get: state => records.get(state),
    set(state, record) {
      for (const [other, one] of records) if (isOver(one, record.at)) records.delete(other)
      records.set(state, record)
    },
  }
}
