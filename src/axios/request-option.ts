import type { OAuth1Token } from '../oauth1/options.js'
import type { OAuth1Session } from '../oauth1/session-options.js'
import type { OAuth2Session } from '../session/session-options.js'
import type { Token } from '../session/stored-grant.js'

/**
 * The `oauth` option of a request with OAuth 2: another session, a given token, or a token for a scope or
 * resource.
 */
export interface OAuth2RequestOption {
  session?: OAuth2Session | undefined
  token?: Token | undefined
  scope?: string | readonly string[] | undefined
  resource?: string | undefined
}

/** The `oauth` option of a request with OAuth 1.0a: another session, or given credentials. */
export interface OAuth1RequestOption {
  session?: OAuth1Session | undefined
  token?: OAuth1Token | undefined
}

/** The `oauth` option of one request: `false` sends it without credentials (and without a replay). */
export type RequestOption = false | OAuth2RequestOption | OAuth1RequestOption

// without type parameters this merges with the generic forms of all axios versions: their defaults make it
// legal
declare module 'axios' {
  interface AxiosRequestConfig {
    /** The handling of this request by attached OAuth. */
    oauth?: RequestOption
  }
}
