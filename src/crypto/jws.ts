import { oauthError } from '../errors.js'
import { ascii } from '../lib/ascii.js'
import { base64url } from '../lib/base64url.js'
import { algorithmOf, importPrivateKey, type JwsAlgorithm, keyParameters } from './keys.js'
import type { PrivateKey } from './private-key.js'

/** Signs bytes with a key in an HSM or KMS. ECDSA signatures may be DER or r‖s. */
export type SigningFunction = (data: Uint8Array) => Uint8Array | PromiseLike<Uint8Array>

/** JSON in ASCII: all other characters are escaped, so no encoder is needed. */
const json = (value: object) =>
  JSON.stringify(value).replace(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** One integer of a DER signature, at fixed length. */
function integer(bytes: Uint8Array, at: number, size: number): Uint8Array {
  const value = bytes.subarray(at + 2, at + 2 + (bytes[at + 1] as number))
  const half = new Uint8Array(size)
  const digits = value.subarray(Math.max(0, value.length - size))
  half.set(digits, size - digits.length)
  return half
}

/** An ECDSA signature in the format of JWS (r‖s), also from DER, the format of key management services. */
function plainSignature(signature: Uint8Array, alg: string): Uint8Array {
  const size = { ES256: 32, ES384: 48, ES512: 66 }[alg]
  if (!size || signature.length === 2 * size || signature[0] !== 0x30) return signature
  const first = signature[1] === 0x81 ? 3 : 2
  const second = first + 2 + (signature[first + 1] as number)
  const plain = new Uint8Array(2 * size)
  plain.set(integer(signature, first, size))
  plain.set(integer(signature, second, size), size)
  return plain
}

/**
 * Signs a JWT: compact serialisation, `header` unchanged with its `alg`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an algorithm that is not allowed; `OAUTH_SIGNATURE_FAILED`
 * when signing failed (the cause is that of the signing function)
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-3.1
 */
export async function signJwt(
  header: { alg: string; [parameter: string]: unknown },
  claims: object,
  key: CryptoKey | SigningFunction,
  crypto: { subtle: SubtleCrypto } | undefined,
): Promise<string> {
  const parameters = keyParameters(header.alg)
  const input = [header, claims].map(part => base64url(ascii(json(part)))).join('.')
  const data = ascii(input)
  let signature: Uint8Array
  try {
    signature =
      typeof key === 'function'
        ? plainSignature(await key(data), header.alg)
        : new Uint8Array(await webCrypto(crypto).subtle.sign(parameters, key, data))
  } catch (cause) {
    throw oauthError('OAUTH_SIGNATURE_FAILED', 'jws', { alg: header.alg }, { cause })
  }
  return `${input}.${base64url(signature)}`
}

/** A key that signs JWTs. */
export interface SigningKey {
  /** A private key in any form, or a function that signs with a remote key. */
  key: PrivateKey | SigningFunction
  /** Default: the algorithm of the key (RSA keys: `RS256`). A signing function needs it. */
  alg?: JwsAlgorithm | undefined
  /** The key id at the server; default: that of the JWK. */
  kid?: string | undefined
}

/**
 * Prepares a key for signing JWTs; it is imported once. `header` has more header parameters; `alg` and `kid`
 * come from the key.
 * @throws OAuthError `OAUTH_INVALID_OPTION` at once when the algorithm is not allowed or unknown, later when
 * the key does not fit it
 */
export function jwtSigner(
  { key, alg, kid }: SigningKey,
  header?: Record<string, unknown>,
): (claims: object, crypto: { subtle: SubtleCrypto } | undefined) => Promise<string> {
  const algorithm = alg ?? (typeof key === 'function' ? undefined : algorithmOf(key))
  if (keyParameters(algorithm ?? 'unknown').name === 'HMAC')
    throw oauthError('OAUTH_INVALID_OPTION', 'sharedSecret', { algorithm })
  const id = kid ?? (key as { kid?: string }).kid
  const protect = { ...header, alg: algorithm as string, ...(id !== undefined && { kid: id }) }
  let imported: CryptoKey | undefined
  return async (claims, crypto) => {
    if (typeof key === 'function') return signJwt(protect, claims, key, crypto)
    imported ??= await importPrivateKey(key, protect.alg, webCrypto(crypto))
    return signJwt(protect, claims, imported, crypto)
  }
}

/**
 * The given Web Crypto API, or the platform's.
 * @throws OAuthError `OAUTH_CRYPTO_MISSING` where there is none (plain http pages, React Native, Node 18
 * scripts)
 */
export function webCrypto(crypto: { subtle: SubtleCrypto } | undefined): { subtle: SubtleCrypto } {
  const found = crypto ?? (globalThis.crypto as Crypto | undefined)
  if (!found?.subtle) throw oauthError('OAUTH_CRYPTO_MISSING', 'subtle')
  return found
}
