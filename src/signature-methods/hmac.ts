import { type Hash, hmac } from '../crypto/digest.js'
import { nodeCrypto } from '../crypto/node-crypto.js'
import { ascii } from '../lib/ascii.js'
import { base64 } from '../lib/base64url.js'
import type { SignatureMethod } from './signature-method.js'

type Mac = (baseString: string) => string

/** The function that signs under one key: with `node:crypto` if available, else in JavaScript. */
function macUnder(key: Uint8Array, hash: Hash, algorithm: string): Mac {
  const node = nodeCrypto()
  if (node) {
    const secret = node.createSecretKey(key)
    return baseString => node.createHmac(algorithm, secret).update(baseString).digest('base64')
  }
  const mac = hmac(hash, key)
  return baseString => base64(mac(ascii(baseString)))
}

/**
 * The HMAC family; it is synchronous.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.2
 */
export function hmacMethod(hash: Hash): SignatureMethod {
  const algorithm = hash.name.replace('-', '')
  // Most requests share one key, so its part of the computation is kept.
  let last: { key: string; mac: Mac } | undefined
  return {
    name: `HMAC-${algorithm}`,
    sync: true,
    hash,
    sign(baseString, key) {
      if (last?.key !== key) last = { key, mac: macUnder(ascii(key), hash, algorithm) }
      return last.mac(baseString)
    },
  }
}
