import { OAuthError } from '../errors.js'
import { fromBase64url } from '../lib/base64url.js'
import { utf8 } from '../lib/utf8.js'

/** JWS algorithms that may sign; `none` is not among them. `EdDSA` is Ed25519 under its older name. */
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

/** What `crypto.subtle` wants to hear about an algorithm; one object serves import, generation and signing. */
export interface KeyParameters {
  name: string
  hash: string
  namedCurve: string
  saltLength: number
  modulusLength: number
  publicExponent: Uint8Array<ArrayBuffer>
}

const invalid = (message: string) => new OAuthError('OAUTH_INVALID_OPTION', message)

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
  throw invalid(`Algorithm ${alg} is not allowed: use RS, PS or ES with 256, 384 or 512, or EdDSA`)
}

/** One DER element. */
function der(tag: number, ...contents: ArrayLike<number>[]): number[] {
  const content = contents.flatMap(part => Array.from(part))
  const { length } = content
  return length < 128
    ? [tag, length, ...content]
    : length < 256
      ? [tag, 0x81, length, ...content]
      : [tag, 0x82, length >> 8, length & 255, ...content]
}

const VERSION = [2, 1, 0]
const RSA = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]
const EC = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]
const ED25519 = [6, 3, 0x2b, 0x65, 0x70]
const CURVES: Array<[alg: JwsAlgorithm, identifier: number[]]> = [
  ['ES256', [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]],
  ['ES384', [6, 5, 0x2b, 0x81, 4, 0, 0x22]],
  ['ES512', [6, 5, 0x2b, 0x81, 4, 0, 0x23]],
]

/** True when the element stands somewhere in the first bytes, where a key's header is, or for SEC 1 near the end of the key. */
const contains = (bytes: ArrayLike<number>, element: number[]) => `,${Array.from(bytes)},`.includes(`,${element},`)

/**
 * The PKCS#8 bytes of a PEM private key: of `PRIVATE KEY` as they are, of `RSA PRIVATE KEY` (PKCS#1) and `EC PRIVATE KEY`
 * (SEC 1) wrapped, because the Web Crypto API reads nothing else. Line breaks may be missing or written as `\n`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an encrypted key, a public key, and what is no PEM; never with the text
 */
export function pemToPkcs8(pem: string): Uint8Array<ArrayBuffer> {
  const [, kind, text = ''] =
    /-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----([\s\S]*?)-----END \1-----/.exec(pem) ?? []
  if (!kind) throw invalid('The key is no PEM private key')
  if (kind[1] === 'N' || text.includes(':')) throw invalid('The key is encrypted: decrypt it first')
  const bytes = fromBase64url(text.replace(/\\[nr]|\s/g, ''))
  if (!bytes?.length) throw invalid('The PEM private key is damaged')
  if (kind[0] === 'P') return Uint8Array.from(bytes)
  const curve = CURVES.find(([, identifier]) => contains(bytes, identifier))
  if (kind[0] === 'E' && !curve) throw invalid('The key has an unknown curve: use P-256, P-384 or P-521')
  const algorithm = curve && kind[0] === 'E' ? der(0x30, EC, curve[1]) : der(0x30, RSA, [5, 0])
  return Uint8Array.from(der(0x30, VERSION, algorithm, der(4, bytes)))
}

/** The algorithm that fits a PKCS#8 key, by its header. */
function algorithmOfPkcs8(bytes: Uint8Array): JwsAlgorithm | undefined {
  const head = bytes.subarray(0, 40)
  if (contains(head, RSA)) return 'RS256'
  if (contains(head, ED25519)) return 'EdDSA'
  return CURVES.find(([, identifier]) => contains(head, identifier))?.[0]
}

/** A private key: PEM text, a JWK, or a key of the Web Crypto API. */
export type PrivateKey = string | JsonWebKey | CryptoKey

const isCryptoKey = (key: object): key is CryptoKey => 'algorithm' in key && 'usages' in key

/** The algorithm that a key is for, where the key says it or has only one; RSA keys without a word are for RS256. */
export function algorithmOf(key: PrivateKey): string | undefined {
  if (typeof key === 'string') return algorithmOfPkcs8(pemToPkcs8(key))
  const {
    name = '',
    namedCurve,
    hash,
  } = (isCryptoKey(key) ? key.algorithm : {}) as {
    name?: string
    namedCurve?: string
    hash?: { name: string }
  }
  const { kty, crv = namedCurve, alg } = key as JsonWebKey
  if (alg) return alg
  const curve = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' }[crv ?? name]
  if (curve) return curve
  if (hash && /^RSA/.test(name)) return (name === 'RSA-PSS' ? 'PS' : 'RS') + hash.name.slice(4)
  return kty === 'RSA' ? 'RS256' : undefined
}

/**
 * The key as the Web Crypto API holds it, not extractable, for signing with `alg`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when it is no private key for that algorithm, or an RSA key below 2048 bits; never with the key
 */
export async function importPrivateKey(
  key: PrivateKey,
  alg: string,
  { subtle }: { subtle: SubtleCrypto },
  extractable = false,
): Promise<CryptoKey> {
  const parameters = keyParameters(alg)
  let imported: CryptoKey
  try {
    if (typeof key === 'string')
      imported = await subtle.importKey('pkcs8', pemToPkcs8(key), parameters, extractable, ['sign'])
    else if (isCryptoKey(key)) imported = key
    else {
      const jwk = { ...key }
      // what a JWK says of its use must not stop the import: whoever passes it here means it to sign
      for (const name of ['alg', 'use', 'key_ops', 'ext'] as const) delete jwk[name]
      imported = await subtle.importKey('jwk', jwk, parameters, extractable, ['sign'])
    }
  } catch (error) {
    if (error instanceof OAuthError) throw error
    throw invalid(`The key is no private key for ${alg}`)
  }
  const has = imported.algorithm as Partial<KeyParameters>
  if (
    has.name !== parameters.name ||
    (has.namedCurve && has.namedCurve !== parameters.namedCurve) ||
    imported.type !== 'private'
  )
    throw invalid(`The key is no private key for ${alg}`)
  if ((has.modulusLength ?? 2048) < 2048) throw invalid('The RSA key is too short: 2048 bits at least')
  return imported
}

/** The key of a shared secret, for HMAC. */
export const importSecret = (secret: string, alg: string, { subtle }: { subtle: SubtleCrypto }): Promise<CryptoKey> =>
  subtle.importKey('raw', Uint8Array.from(utf8(secret)), keyParameters(alg), false, ['sign'])
