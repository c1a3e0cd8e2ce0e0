import { base64 } from '../../lib/base64url.js'
import { type Hash, hmac } from '../../lib/digest.js'
import { nodeCrypto } from '../../lib/node-crypto.js'
import type { SignatureMethod } from './signature-method.js'

/**
 * The HMAC family: `node:crypto` where it is at hand, else plain JavaScript; never asynchronous.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.2
 */
export function hmacMethod(hash: Hash): SignatureMethod {
  const node = nodeCrypto()
  const algorithm = hash.name.replace('-', '')
  let known: string | undefined
  let mac: ReturnType<typeof hmac>
  return {
    name: `HMAC-${algorithm}`,
    sync: true,
    hash,
    sign(baseString, key) {
      if (node) return node.createHmac(algorithm, key).update(baseString).digest('base64')
      if (key !== known) mac = hmac(hash, key)
      known = key
      return base64(mac(baseString))
    },
  }
}
