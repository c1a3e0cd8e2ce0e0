import { type Hash, hmac } from '../crypto/digest.js'
import { ascii } from '../lib/ascii.js'
import { base64 } from '../lib/base64url.js'
import type { SignatureMethod } from './signature-method.js'

/**
 * The HMAC family without `node:crypto`; it is synchronous.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.2
 */
export const hmacMethod = (hash: Hash): SignatureMethod => ({
  name: `HMAC-${hash.name.replace('-', '')}`,
  sync: true,
  hash,
  sign: (baseString, key) => base64(hmac(hash, ascii(key))(ascii(baseString))),
})
