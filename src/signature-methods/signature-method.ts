import type { Awaitable } from '../auth/scheme.js'
import type { Hash } from '../crypto/digest.js'
import type { CryptoLike } from '../server/call.js'

/**
 * A signature method. One of your own is an object with `name` and `sign`, which may be asynchronous.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4
 */
export interface SignatureMethod {
  /** The value of `oauth_signature_method`. */
  readonly name: string
  /**
   * Answers the signature, not yet percent-encoded. `key` is the encoded client secret, `&`, the encoded
   * token secret; `crypto` is what the options or the platform have.
   */
  sign(baseString: string, key: string, crypto: CryptoLike | undefined): Awaitable<string>
  /** True when `sign` never answers a promise: requests are then signed without waiting. */
  readonly sync?: boolean
  /** True when the signature is the key itself: https is required, and no base string is built. */
  readonly plain?: boolean
  /** The hash function at hand without `crypto`, for `oauth_body_hash`. */
  readonly hash?: Hash
}
