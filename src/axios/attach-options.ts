import type { AllowedOrigins, AllowInsecure } from '../auth/origins.js'
import type { Auth } from '../auth/scheme.js'
import type { OAuthError } from '../errors.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import type { RequestOption } from './request-option.js'

/** Why a request carries no credential; see `attachment.explain`. */
export type UnauthenticatedReason =
  /** The URL is outside `allowedOrigins`. */
  | 'origin'
  /**
   * The request has an `Authorization` or `auth` of its own, often from an interceptor that was left over.
   */
  | 'own-authorization'
  /** The request says `oauth: false`. */
  | 'oauth-false'
  /** The option `skip` answered true. */
  | 'skip'
  /** The URL is plain http. */
  | 'insecure'
  /** The session has no token and no way to get one. */
  | 'no-token'
  /** The grant is another person's than when the request began. */
  | 'user-changed'
  /** The attachment was detached, or its interceptor was cleared. */
  | 'not-this-instance'

/** A scheme, whatever it signs with. */
export type AnyAuth = Auth
/**
 * A scheme, or a function that answers the one for a request (on a server: that of the user whose request is
 * being served).
 */
export type AuthSource = AnyAuth | (() => AnyAuth | undefined)

/** What every attach function takes as its third argument. */
export interface AttachOptions {
  /**
   * Where credentials may go. Default: the origin of the instance's `baseURL`, or the page's own in a
   * browser.
   */
  allowedOrigins?: AllowedOrigins
  /** True for requests that go without credentials: a login request whose 401 means a wrong password. */
  skip?: (config: AxiosLikeConfig) => boolean
}

/** What `attach` takes for a scheme of one's own. */
export interface SchemeOptions extends AttachOptions {
  /** Origins that may be plain http, or `true` for any; loopback always may. */
  allowInsecure?: AllowInsecure | undefined
  /** Attaching the same identity again answers the same attachment. Default: the scheme. */
  identity?: unknown
  /**
   * Expiry that only the body tells. It sees JSON texts parsed, and anything else after the user's own
   * transforms.
   */
  isTokenExpired?: ((response: AxiosLikeResponse) => boolean) | undefined
  /**
   * Answers the scheme for a request that has an `oauth` option of its own; `scheme` is the one that it would
   * have without.
   */
  select?:
    | ((option: Exclude<RequestOption, false>, scheme: AnyAuth | undefined) => AnyAuth | undefined)
    | undefined
  /** Says why the scheme has no credential for a request; `undefined` where it has one, or may get one. */
  standing?: ((config: AxiosLikeConfig) => UnauthenticatedReason | undefined) | undefined
  /** Is told, once for each reason, why a request that the API refused carried no credential. */
  report?: ((error: OAuthError) => void) | undefined
}
