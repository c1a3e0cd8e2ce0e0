import type { Awaitable } from '../auth/scheme.js'
import type { Hash } from '../crypto/digest.js'
import type { CryptoLike } from '../server/call.js'

/**
 * A signature method. A custom one is an object with `name` and `sign`, which may be asynchronous.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4
 */
export interface SignatureMethod {
  /** The value of `oauth_signature_method`. */
  readonly name: string
  /**
   * Returns the signature, not yet percent-encoded. `key` is the encoded client secret, `&`, and the encoded
   * token secret; `crypto` comes from the options or the platform.
   */
  sign(baseString: string, key: string, crypto: CryptoLike | undefined): Awaitable<string>
  /** True if `sign` never returns a promise: requests are then signed without waiting. */
  readonly sync?: boolean
  /** True if the signature is the key itself: https is required, and no base string is built. */
  readonly plain?: boolean
  /** The hash function that is available without `crypto`, for `oauth_body_hash`. */
  readonly hash?: Hash
}
