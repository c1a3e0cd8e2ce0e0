import type { HttpClient } from '../grants/grant.js'
import type { UsedAsync } from '../lib/dispose.js'
import type { ServerResponse } from '../server/call.js'
import type { DanceOptions, OAuth1Server, Revision } from './dance.js'
import type { OAuth1SessionEvents, OAuth1StoreOptions } from './kept-credentials.js'
import type { OAuth1SigningOptions, OAuth1Token } from './options.js'
import type { OAuth1Auth } from './scheme.js'
import type { OAuth1Hooks } from './server-call.js'

/**
 * Makes a call to the server that is signed with the credentials to renew.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` and `OAUTH_SERVER_UNAVAILABLE` for any answer that is no success
 */
export type OAuth1RenewalCall = (url: string, options?: DanceOptions) => Promise<ServerResponse>

/**
 * Renews expired credentials in a server's own way. Answers the new ones; nothing where the same ones are
 * good again.
 */
export type RenewOAuth1Token = (
  token: OAuth1Token,
  call: OAuth1RenewalCall,
) => Promise<OAuth1Token | undefined | void>

/**
 * Options of `createOAuth1Session`: how requests are signed, the server, and where credentials are kept.
 * Times are seconds.
 */
export interface OAuth1SessionOptions extends OAuth1SigningOptions, OAuth1StoreOptions {
  server: OAuth1Server
  /** `1.0` for servers of before the revision, which know no verifier. Default `1.0a`. */
  revision?: Revision
  /**
   * Accepts a server of 1.0a that does not send `oauth_callback_confirmed`. The verifier is required all the
   * same.
   */
  allowUnconfirmedCallback?: boolean
  /**
   * Renews expired credentials in the server's own way. Without it they are renewed where the server gave an
   * `oauth_session_handle` with them.
   */
  renew?: RenewOAuth1Token
  hooks?: OAuth1Hooks
  /**
   * An axios instance for the calls to the server; default: a fresh one, with nothing of the attached
   * instance but its agents, proxy and adapter.
   */
  http?: HttpClient
}

/**
 * One person's token credentials at one server: keeps them, signs with them. `await using session = …` closes
 * it at the end of the block.
 */
export interface OAuth1Session extends UsedAsync {
  /**
   * The stored credentials. @throws OAuthError `OAUTH_INTERACTION_REQUIRED`, `OAUTH_SESSION_ENDED`,
   * `OAUTH_STORE_READ`
   */
  token(): Promise<OAuth1Token>
  /** The credentials that are known here; synchronous. */
  current(): OAuth1Token | undefined
  /** True while there are credentials. Asks the store, never the server. */
  authorized(): Promise<boolean>
  /** Listens; returns the function that stops listening. */
  on<E extends keyof OAuth1SessionEvents>(
    event: E,
    listener: (detail: OAuth1SessionEvents[E]) => void,
  ): () => void
  /** Finishes what is under way and drops the store's notices. */
  close(): Promise<void>
  /** The scheme, for `attach` and `createInterceptors`. */
  readonly auth: OAuth1Auth
}
