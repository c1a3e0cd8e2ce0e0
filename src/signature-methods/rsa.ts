import { ascii } from '../crypto/digest.js'
import { type NodeCrypto, nodeCrypto } from '../crypto/node-crypto.js'
import { OAuthError } from '../errors.js'
import { base64, fromBase64url } from '../lib/base64url.js'
import type { CryptoLike } from '../server/call.js'
import type { SignatureMethod } from './signature-method.js'

/** A private RSA key: PEM text (PKCS#1 or PKCS#8, not encrypted), a JWK, or a `CryptoKey` made for this hash. */
export type RsaPrivateKey = string | JsonWebKey | CryptoKey

const unusable = (why: string): OAuthError =>
  new OAuthError('OAUTH_INVALID_OPTION', `This RSA key cannot sign: ${why}.`)

/** One DER value: tag, length, content. */
function der(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0)
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  const bytes = new Uint8Array(1 + size.length + length)
  bytes.set([tag, ...size])
  let at = 1 + size.length
  for (const content of contents) {
    bytes.set(content, at)
    at += content.length
  }
  return bytes
}

// version 0, then AlgorithmIdentifier { rsaEncryption, NULL }
const PKCS8_HEAD = [2, 1, 0, 48, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0]

/**
 * PEM text as PKCS#8, the one form that Web Crypto imports; PKCS#1 is wrapped.
 * @see https://www.rfc-editor.org/rfc/rfc5208#section-5
 */
function fromPem(pem: string): Uint8Array {
  const [, label, body] = /-----BEGIN ([A-Z ]+)-----([^-]+)-----END \1-----/.exec(pem) ?? []
  if (!label || body === undefined) throw unusable('it is no PEM, or an incomplete one')
  if (label === 'ENCRYPTED PRIVATE KEY' || body.includes(':')) throw unusable('it is encrypted; decrypt it first')
  const bytes = fromBase64url(body.replace(/\s/g, ''))
  if (bytes?.[0] !== 0x30) throw unusable('the PEM is damaged')
  if (label === 'PRIVATE KEY') return bytes
  if (label === 'RSA PRIVATE KEY') return der(0x30, Uint8Array.from(PKCS8_HEAD), der(4, bytes))
  throw unusable(`a ${label} is no private RSA key`)
}

/**
 * The RSA family: RSASSA-PKCS1-v1_5, off the main thread; the secrets play no part. The key is imported once. Web Crypto does
 * it, or `node:crypto`, which has less to say about it, where that is at hand and no other `crypto` is given.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a key that cannot sign, here or with the first request;
 * `OAUTH_CRYPTO_MISSING` with the first request where there is neither.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.3
 */
export function rsaMethod(hash: 'SHA-1' | 'SHA-256' | 'SHA-512', privateKey: RsaPrivateKey): SignatureMethod {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash }
  if (!privateKey) throw unusable('it is missing')
  const key = typeof privateKey === 'string' ? fromPem(privateKey) : privateKey
  if ('kty' in key && (key.kty !== 'RSA' || !key.d)) throw unusable('the JWK is no private RSA key')
  if ('algorithm' in key) {
    const made = key.algorithm as Partial<RsaHashedKeyAlgorithm>
    if (made.name !== algorithm.name || made.hash?.name !== hash || !key.usages.includes('sign'))
      throw unusable(`the CryptoKey is not for signing with ${algorithm.name} and ${hash}`)
  }

  const node = 'algorithm' in key ? undefined : nodeCrypto()
  let object: ReturnType<NodeCrypto['createPrivateKey']> | undefined
  try {
    object = node?.createPrivateKey(
      typeof privateKey === 'string' ? privateKey : { key: privateKey as JsonWebKey, format: 'jwk' },
    )
  } catch {
    // not the reason itself: it may show the key
    throw unusable('the platform does not accept it')
  }
  if (object && object.asymmetricKeyType !== 'rsa') throw unusable('it is no RSA key')

  const load = ({ subtle }: CryptoLike): PromiseLike<CryptoKey> | CryptoKey => {
    if ('algorithm' in key) return key
    if (key instanceof Uint8Array)
      return subtle.importKey('pkcs8', key as Uint8Array<ArrayBuffer>, algorithm, false, ['sign'])
    // without alg, use and key_ops, which would bind the key to one hash or to something else than signing
    const { kty, n, e, d, p, q, dp, dq, qi } = key as JsonWebKey
    return subtle.importKey('jwk', { kty, n, e, d, p, q, dp, dq, qi } as JsonWebKey, algorithm, false, ['sign'])
  }
  let loaded: CryptoKey | PromiseLike<CryptoKey> | undefined

  const byWebCrypto = async (baseString: Uint8Array, crypto: CryptoLike | undefined): Promise<string> => {
    if (!crypto?.subtle)
      throw new OAuthError(
        'OAUTH_CRYPTO_MISSING',
        'RSA needs Web Crypto: pass crypto (Node 18: webcrypto of node:crypto; React Native: a polyfill; pages: https).',
      )
    // good until the first await only
    const bytes = baseString.slice() as Uint8Array<ArrayBuffer>
    loaded ??= load(crypto)
    try {
      loaded = await loaded
    } catch {
      throw unusable('the platform does not accept it')
    }
    return base64(new Uint8Array(await crypto.subtle.sign(algorithm.name, loaded, bytes)))
  }

  const signBytes = (baseString: Uint8Array, _: string, crypto: CryptoLike | undefined): Promise<string> =>
    node && object && (!crypto || crypto === globalThis.crypto)
      ? new Promise((resolve, reject) => {
          node.sign(hash.replace('-', ''), baseString, object, (error, signature) =>
            error ? reject(unusable('the platform does not accept it')) : resolve(signature.toString('base64')),
          )
        })
      : byWebCrypto(baseString, crypto)

  return {
    name: `RSA-${hash.replace('-', '')}`,
    sign: (text, _, crypto) => signBytes(ascii(text), _, crypto),
    signBytes,
  }
}
