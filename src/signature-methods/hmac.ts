import { ascii, type Hash, hmac } from '../crypto/digest.js'
import { nodeCrypto } from '../crypto/node-crypto.js'
import { base64 } from '../lib/base64url.js'
import type { SignatureMethod } from './signature-method.js'

/**
 * The HMAC family: `node:crypto` where it is at hand, else plain JavaScript; never asynchronous.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.2
 */
export function hmacMethod(hash: Hash): SignatureMethod {
  const node = nodeCrypto()
  const algorithm = hash.name.replace('-', '')
  // what depends on the key alone is worked out once
  const keyed = (key: Uint8Array): ((baseString: Uint8Array) => string) => {
    if (node) {
      const secret = node.createSecretKey(key)
      return baseString => node.createHmac(algorithm, secret).update(baseString).digest('base64')
    }
    const mac = hmac(hash, key)
    return baseString => base64(mac(baseString))
  }
  let known: string | undefined
  let mac: (baseString: Uint8Array) => string
  const signBytes = (baseString: Uint8Array, key: string): string => {
    if (key !== known) mac = keyed(ascii(key))
    known = key
    return mac(baseString)
  }
  return {
    name: `HMAC-${algorithm}`,
    sync: true,
    hash,
    sign: (baseString, key) => signBytes(ascii(baseString), key),
    signBytes,
  }
}
