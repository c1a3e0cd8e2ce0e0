import type { HttpClient } from '../grants/grant.js'
import type { UsedAsync } from '../lib/dispose.js'
import type { ServerResponse } from '../server/call.js'
import type { OAuth1SessionEvents, OAuth1StoreOptions } from './kept-credentials.js'
import type { OAuth1CallOptions, OAuth1Server, Revision } from './messages.js'
import type { OAuth1SigningOptions, OAuth1Token } from './options.js'
import type { OAuth1Auth } from './scheme.js'
import type { OAuth1Hooks } from './server-call.js'

/**
 * Makes a call to the server that is signed with the credentials to renew.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` and `OAUTH_SERVER_UNAVAILABLE` for any answer that is no success
 */
export type OAuth1RenewalCall = (url: string, options?: OAuth1CallOptions) => Promise<ServerResponse>

/**
 * Renews expired credentials in a server's own way. Returns the new ones; nothing if the same ones are valid
 * again.
 */
export type RenewOAuth1Token = (
  token: OAuth1Token,
  call: OAuth1RenewalCall,
) => Promise<OAuth1Token | undefined | void>

/** Options of `createOAuth1Session`: the signature, the server, and the store. Times are seconds. */
export interface OAuth1SessionOptions extends OAuth1SigningOptions, OAuth1StoreOptions {
  server: OAuth1Server
  /** `1.0` for servers before the revision, which have no verifier. Default `1.0a`. */
  revision?: Revision
  /**
   * Accepts a server of 1.0a that does not send `oauth_callback_confirmed`. The verifier is still required.
   */
  allowUnconfirmedCallback?: boolean
  /**
   * Renews expired credentials in the server's own way. Without it the session uses the
   * `oauth_session_handle` of the credentials, if any.
   */
  renew?: RenewOAuth1Token
  hooks?: OAuth1Hooks
  /**
   * An axios instance for the calls to the server; default: a new one, with only the agents, proxy and
   * adapter of the attached instance.
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
  /** The credentials in memory; synchronous. */
  current(): OAuth1Token | undefined
  /** True while there are credentials. It reads the store, and never calls the server. */
  authorized(): Promise<boolean>
  /** Subscribes; returns the function that unsubscribes. */
  on<E extends keyof OAuth1SessionEvents>(
    event: E,
    listener: (detail: OAuth1SessionEvents[E]) => void,
  ): () => void
  /** Finishes pending work and ends the subscription to the store. */
  close(): Promise<void>
  /** The scheme, for `attach` and `createInterceptors`. */
  readonly auth: OAuth1Auth
}
