import {
  parseRecord,
  RECORD_LIFE,
  type TransactionRecord,
  type TransactionStore,
} from '../sign-in/transactions.js'
import type { CookieJar } from './cookies.js'
import type { Seal } from './seal.js'

const PREFIX = 'oauth-sign-in-'

/** The number of concurrent sign-ins of one browser: each adds some 700 bytes to every request. */
const MAX_AT_ONCE = 5

/** A valid cookie name for any state. */
const nameOf = (state: string) =>
  PREFIX +
  encodeURIComponent(state)
    .replace(/[^\w-]/g, '_')
    .slice(0, 64)

/** The sign-in and its person, as the cookie keeps them. */
interface Kept {
  state: string
  record: TransactionRecord
  user?: string
  /** True if the server has the browser post the callback from its own site. */
  isFormPost?: boolean
}

/** Sign-ins in cookies, each with the person who was served when it began. */
export interface CookieTransactions extends TransactionStore {
  /**
   * The person who was served when the sign-in began, or for whom it was finished: a callback from another
   * site may bring no other cookie.
   */
  userOf(state: string): Promise<string | undefined>
}

/**
 * Keeps each sign-in in a sealed cookie of its own, so that two tabs do not interfere and no server keeps
 * state.
 */
export function cookieTransactions(
  jar: CookieJar,
  seal: Seal,
  { user, isFormPost }: { user?: string | undefined; isFormPost?: boolean } = {},
): CookieTransactions {
  const read = async (state: string): Promise<Kept | undefined> => {
    const name = nameOf(state)
    const kept = (await seal.open(jar.get(name), name)) as Kept | undefined
    return kept?.state === state ? kept : undefined
  }
  return {
    get: async state => parseRecord(JSON.stringify((await read(state))?.record)),
    userOf: async state => (await read(state))?.user,
    async set(state, record) {
      const name = nameOf(state)
      const others = jar.names().filter(other => other.startsWith(PREFIX) && other !== name)
      for (const old of others.slice(0, Math.max(0, others.length + 1 - MAX_AT_ONCE))) jar.remove(old)
      // A second callback comes the way of the first one.
      const isPosted = isFormPost ?? (await read(state))?.isFormPost
      const kept: Kept = {
        state,
        record,
        ...(user !== undefined && { user }),
        ...(isPosted && { isFormPost: isPosted }),
      }
      jar.set(name, await seal.seal(kept, name), RECORD_LIFE, isPosted ? 'None' : 'Lax')
    },
  }
}
