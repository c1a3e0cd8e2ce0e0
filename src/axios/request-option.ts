import type { OAuth1Token } from '../oauth1/options.js'
import type { OAuth1Session } from '../oauth1/session-options.js'
import type { OAuth2Session } from '../session/session-options.js'
import type { Token } from '../session/stored-grant.js'

/**
 * What the `oauth` option of a request may say where OAuth 2 is attached: another session, a token at hand,
 * or a token for a scope or resource.
 */
export interface OAuth2RequestOption {
  session?: OAuth2Session | undefined
  token?: Token | undefined
  scope?: string | readonly string[] | undefined
  resource?: string | undefined
}

/**
 * What the `oauth` option of a request may say where OAuth 1.0a is attached: another session, or credentials
 * at hand.
 */
export interface OAuth1RequestOption {
  session?: OAuth1Session | undefined
  token?: OAuth1Token | undefined
}

/** The `oauth` option of one request: `false` sends it without credentials (and without a second try). */
export type RequestOption = false | OAuth2RequestOption | OAuth1RequestOption

// without type parameters this merges with the generic forms of all axios versions: their defaults make it
// legal
declare module 'axios' {
  interface AxiosRequestConfig {
    /** What attached OAuth does with this request. */
    oauth?: RequestOption
  }
}
