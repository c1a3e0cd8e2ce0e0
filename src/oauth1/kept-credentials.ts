import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { locked } from '../session/critical-section.js'
import { storeEnd } from '../session/ending.js'
import { fetchToken } from '../session/fetch-token.js'
import { core, createSession as createTokenSession } from '../session/session.js'
import { inside, type Transport } from '../session/state.js'
import type { Token, TokenStore } from '../session/stored-grant.js'
import type { OAuth1Token } from './options.js'

/** The store of token credentials. Times are seconds. */
export interface OAuth1StoreOptions {
  /** Default `memoryStore()`. */
  store?: TokenStore
  /**
   * The key in the store: one per user. Default: `access_token_url` and the client's key. A shared
   * server-side store requires it.
   */
  key?: string
  /** The longest wait for the store's lock. Default 40. */
  maxWait?: number
  /** A store is read again after that time, even without a notice. Default 60. */
  recheck?: number
}

/** The events of a session; never with a secret. */
export interface OAuth1SessionEvents {
  /** Token credentials were stored. */
  token: object
  /** The session is over: `token_rejected`, `token_revoked`, or the reason that the application passed. */
  ended: { reason: string }
  /**
   * A failure outside of a request: a store that cannot be written, expired credentials that could not be
   * renewed.
   */
  error: { error: OAuthError }
}

/** The token credentials of one person, in memory and in a store. */
export interface KeptCredentials {
  current(): OAuth1Token | undefined
  /** @throws OAuthError `OAUTH_INTERACTION_REQUIRED`, `OAUTH_SESSION_ENDED`, `OAUTH_STORE_READ` */
  token(): Promise<OAuth1Token>
  authorized(): Promise<boolean>
  /** Reads the store, bypassing the cache. */
  reread(): Promise<OAuth1Token | undefined>
  /** Stores credentials; `sameUser` if they continue the existing ones. */
  keep(token: OAuth1Token, sameUser?: boolean): Promise<OAuth1Token>
  /** Ends the session if these credentials are still the current ones. */
  endIfCurrent(token: OAuth1Token, reason: string): Promise<void>
  end(reason: string): Promise<void>
  report(error: OAuthError): void
  on<E extends keyof OAuth1SessionEvents>(
    event: E,
    listener: (detail: OAuth1SessionEvents[E]) => void,
  ): () => void
  close(): Promise<void>
}

/** Token credentials in the format of stores: the identifier names the grant. */
const toStored = ({ oauth_token, ...rest }: OAuth1Token): Token => ({
  ...rest,
  access_token: oauth_token,
  token_type: 'oauth1',
})

/**
 * Creates the function that reads the format of stores; it returns the same object for the same stored token.
 */
function storedReader(): (stored: Token) => OAuth1Token {
  const known = new WeakMap<Token, OAuth1Token>()
  return stored => {
    let token = known.get(stored)
    if (!token) {
      const { access_token, token_type, ...rest } = stored
      token = { ...rest, oauth_token: access_token } as OAuth1Token
      known.set(stored, token)
    }
    return token
  }
}

/** True if both are the same credentials, also after a renewal without a new identifier. */
export const isSameToken = (a: OAuth1Token | undefined, b: OAuth1Token | undefined): boolean =>
  a?.oauth_token === b?.oauth_token && a?.oauth_token_secret === b?.oauth_token_secret

/**
 * Keeps the token credentials that one server gave to one client.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function keepCredentials(
  owner: { issuer: string; client_id: string; clock: () => number },
  { store, key, maxWait, recheck }: OAuth1StoreOptions,
  transport: Transport,
): KeptCredentials {
  const session = createTokenSession(
    {
      server: { issuer: owner.issuer },
      client: { client_id: owner.client_id },
      clock: owner.clock,
      ...(store && { store }),
      ...(key !== undefined && { key }),
      ...(maxWait !== undefined && { maxWait }),
      ...(recheck !== undefined && { recheck }),
    },
    transport,
  )
  const { state } = inside(session)
  // Token credentials do not identify a person, so the latest ones count.
  session.on('changed', () => session.acceptChange())
  const fromStored = storedReader()
  const report = (error: OAuthError) => core(session).emit('error', { error })
  return {
    current() {
      const stored = session.current()
      return stored && fromStored(stored)
    },
    async token() {
      try {
        return fromStored(await session.token())
      } catch (error) {
        if (!isOAuthError(error, 'OAUTH_INTERACTION_REQUIRED')) throw error
        throw oauthError('OAUTH_INTERACTION_REQUIRED', 'noTokenCredentials')
      }
    },
    authorized: async () => session.authorized(),
    async reread() {
      await state.medium.read(state)
      const stored = state.record.grant?.tokens['']
      return stored && fromStored(stored)
    },
    keep: async (token, sameUser) =>
      fromStored(await fetchToken(session, async () => toStored(token), { ...(sameUser && { sameUser }) })),
    endIfCurrent: (token, reason) =>
      locked(state, async lease => {
        await state.medium.readLocked(state)
        const kept = state.record.grant?.tokens['']
        if (kept?.access_token === token.oauth_token) await storeEnd(state, reason, lease)
      }).catch(report),
    async end(reason) {
      const { failure } = await core(session).end(reason)
      if (failure) throw failure
    },
    report,
    on: (event, listener) => session.on(event, listener as never),
    close: () => session.close(),
  }
}
