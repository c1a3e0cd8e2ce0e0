import { oauthError } from '../errors.js'
import { utf8 } from '../lib/utf8.js'
import { type KeyMaterial, type PrivateKey, readPrivateKey } from './private-key.js'

/** JWS algorithms for signing; `none` is not among them. `EdDSA` is Ed25519 under its older name. */
export type JwsAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'

/** The parameters of `crypto.subtle` for an algorithm; one object serves import, generation and signing. */
export interface KeyParameters {
  name: string
  hash: string
  namedCurve: string
  saltLength: number
  modulusLength: number
  publicExponent: Uint8Array<ArrayBuffer>
}

/**
 * The Web Crypto parameters of a JWS algorithm.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not on the list, `none` included
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1
 */
export function keyParameters(alg: string): KeyParameters {
  const [, family, bits] = /^(?:([RPEH]S)(256|384|512)|Ed(?:DSA|25519))$/.exec(alg) ?? invalidAlgorithm(alg)
  return {
    name: { RS: 'RSASSA-PKCS1-v1_5', PS: 'RSA-PSS', ES: 'ECDSA', HS: 'HMAC' }[family as string] ?? 'Ed25519',
    hash: `SHA-${bits}`,
    namedCurve: `P-${bits === '512' ? 521 : bits}`,
    saltLength: Number(bits) / 8,
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  }
}

function invalidAlgorithm(alg: unknown): never {
  throw oauthError('OAUTH_INVALID_OPTION', 'algorithm', {
    alg,
    allowed: 'RS, PS or ES with 256, 384 or 512, or EdDSA',
  })
}

/** The algorithm of each kind of key; a curve has only one. */
const ALGORITHMS: Record<string, string> = {
  RSA: 'RS256',
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
}

/**
 * The algorithm of a key, if the key names it or has only one; RS256 for an RSA key without one.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when it is no private key
 */
export function algorithmOf(key: PrivateKey): string | undefined {
  const material = readPrivateKey(key)
  if (material.form === 'pkcs8') return ALGORITHMS[material.kind ?? '']
  if (material.form === 'CryptoKey') return algorithmOfCryptoKey(material.key)
  const { kty, crv, alg } = material.jwk
  return alg ?? ALGORITHMS[crv ?? kty ?? '']
}

function algorithmOfCryptoKey({ algorithm }: CryptoKey): string | undefined {
  const { name, namedCurve, hash } = algorithm as {
    name: string
    namedCurve?: string
    hash?: { name: string }
  }
  if (!hash) return ALGORITHMS[namedCurve ?? name]
  const family = { 'RSASSA-PKCS1-v1_5': 'RS', 'RSA-PSS': 'PS' }[name]
  return family && family + hash.name.slice(4)
}

/** Imports a key. It ignores the usages of a JWK, because the caller passes it for signing. */
export async function importKeyMaterial(
  material: KeyMaterial,
  parameters: AlgorithmIdentifier,
  subtle: SubtleCrypto,
  extractable = false,
): Promise<CryptoKey> {
  if (material.form === 'CryptoKey') return material.key
  if (material.form === 'pkcs8')
    return subtle.importKey('pkcs8', material.bytes, parameters, extractable, ['sign'])
  const jwk = { ...material.jwk }
  for (const name of ['alg', 'use', 'key_ops', 'ext'] as const) delete jwk[name]
  return subtle.importKey('jwk', jwk, parameters, extractable, ['sign'])
}

/**
 * The key as a non-extractable `CryptoKey`, for signing with `alg`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when it is no private key for that algorithm, or an RSA key below
 * 2048 bits; never with the key
 */
export async function importPrivateKey(
  key: PrivateKey,
  alg: string,
  { subtle }: { subtle: SubtleCrypto },
  extractable = false,
): Promise<CryptoKey> {
  const parameters = keyParameters(alg)
  const material = readPrivateKey(key)
  const imported = await importKeyMaterial(material, parameters, subtle, extractable).catch(() => undefined)
  const has = (imported?.algorithm ?? {}) as Partial<KeyParameters>
  const isOfCurve = !has.namedCurve || has.namedCurve === parameters.namedCurve
  if (!imported || has.name !== parameters.name || !isOfCurve)
    throw oauthError('OAUTH_INVALID_OPTION', 'keyAlgorithm', { alg })
  if ((has.modulusLength ?? 2048) < 2048) throw oauthError('OAUTH_INVALID_OPTION', 'keyTooShort')
  return imported
}

/** The key of a shared secret, for HMAC. */
export const importSecret = (
  secret: string,
  alg: string,
  { subtle }: { subtle: SubtleCrypto },
): Promise<CryptoKey> =>
  subtle.importKey('raw', Uint8Array.from(utf8(secret)), keyParameters(alg), false, ['sign'])
