import type { OAuth2Session } from '../session/session-options.js'
import type { Token } from '../session/stored-grant.js'

/**
 * The `oauth` option of one request: `false` sends it without credentials (and without a second try); an object uses another
 * session, a token at hand, or a token for a scope or resource of the attached session.
 */
export type RequestOption =
  | false
  | {
      session?: OAuth2Session | undefined
      token?: Token | undefined
      scope?: string | undefined
      resource?: string | undefined
    }

// without type parameters this merges with the generic forms of all axios versions: their defaults make it legal
declare module 'axios' {
  interface AxiosRequestConfig {
    /** What attached OAuth does with this request. */
    oauth?: RequestOption
  }
}
