import { importKeyMaterial } from '../crypto/keys.js'
import { nodeCrypto } from '../crypto/node-crypto.js'
import { type KeyMaterial, type PrivateKey, readPrivateKey } from '../crypto/private-key.js'
import { type OAuthError, oauthError } from '../errors.js'
import { ascii } from '../lib/ascii.js'
import { base64 } from '../lib/base64url.js'
import type { CryptoLike } from '../server/call.js'
import type { SignatureMethod } from './signature-method.js'

/** The hash functions of the RSA family, as the Web Crypto API names them. */
export type RsaHash = 'SHA-1' | 'SHA-256' | 'SHA-512'

type Sign = (baseString: string, crypto: CryptoLike | undefined) => Promise<string>

const NAME = 'RSASSA-PKCS1-v1_5'

const unusable = (why: string): OAuthError => oauthError('OAUTH_INVALID_OPTION', 'rsaKey', { problem: why })

// The platform's own error is omitted, because it may show the key.
const rejected = () => unusable('the platform does not accept it')

/** Refuses another kind of key, and a `CryptoKey` for another algorithm. */
function insistOnRsa(material: KeyMaterial, hash: RsaHash): void {
  if (material.form === 'CryptoKey') {
    const { algorithm, usages } = material.key
    const made = algorithm as Partial<RsaHashedKeyAlgorithm>
    if (made.name !== NAME || made.hash?.name !== hash || !usages.includes('sign'))
      throw unusable(`the CryptoKey is not for signing with ${NAME} and ${hash}`)
    return
  }
  const kind = material.form === 'jwk' ? material.jwk.kty : material.kind
  if (kind && kind !== 'RSA') throw unusable(`it is of the kind ${kind}`)
}

/** Signs with `node:crypto`, off the main thread; `undefined` if it is not available. */
function signWithNode(material: KeyMaterial, hash: RsaHash): Sign | undefined {
  const node = nodeCrypto()
  if (!node || material.form === 'CryptoKey') return undefined
  let key: object
  try {
    key = node.createPrivateKey(
      material.form === 'jwk'
        ? { key: material.jwk, format: 'jwk' }
        : { key: material.bytes, format: 'der', type: 'pkcs8' },
    )
  } catch {
    throw rejected()
  }
  return baseString =>
    new Promise((resolve, reject) => {
      node.sign(hash.replace('-', ''), ascii(baseString), key, (error, signature) =>
        error ? reject(rejected()) : resolve(signature.toString('base64')),
      )
    })
}

/** Signs with the Web Crypto API; the key is imported once. */
function signWithWebCrypto(material: KeyMaterial, hash: RsaHash): Sign {
  let imported: Promise<CryptoKey> | undefined
  return async (baseString, crypto) => {
    if (!crypto?.subtle) throw oauthError('OAUTH_CRYPTO_MISSING', 'rsa')
    imported ??= importKeyMaterial(material, { name: NAME, hash } as RsaHashedImportParams, crypto.subtle)
    const key = await imported.catch(() => {
      throw rejected()
    })
    return base64(new Uint8Array(await crypto.subtle.sign(NAME, key, ascii(baseString))))
  }
}

/**
 * The RSA family: RSASSA-PKCS1-v1_5; it does not use the secrets. `node:crypto` signs if it is available and
 * no other `crypto` is given, otherwise the Web Crypto API.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a key that cannot sign, here or with the first request;
 * `OAUTH_CRYPTO_MISSING` with the first request where there is neither.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.3
 */
export function rsaMethod(hash: RsaHash, privateKey: PrivateKey): SignatureMethod {
  const material = readPrivateKey(privateKey, 'RSA key')
  insistOnRsa(material, hash)
  const byNode = signWithNode(material, hash)
  const byWebCrypto = signWithWebCrypto(material, hash)
  return {
    name: `RSA-${hash.replace('-', '')}`,
    sign: (baseString, _, crypto) =>
      byNode && (!crypto || crypto === globalThis.crypto)
        ? byNode(baseString, crypto)
        : byWebCrypto(baseString, crypto),
  }
}
