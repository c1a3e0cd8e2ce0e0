import { oauthError } from '../errors.js'
import { fromBase64url } from '../lib/base64url.js'
import { der, derElements } from './der.js'

/** The used part of a `KeyObject` of `node:crypto`. */
export interface NodeKeyObject {
  readonly type: string
  export(options: { type: 'pkcs8'; format: 'der' }): Uint8Array
}

/**
 * A private key in any common form: PEM text of any shape (PKCS#8, PKCS#1 or SEC 1; with literal `\n`, on one
 * line, indented, in base64, after a certificate), a `Buffer` or other bytes of PEM or DER, a `KeyObject`, a
 * `CryptoKey`, a JWK.
 */
export type PrivateKey = string | ArrayBuffer | ArrayBufferView | NodeKeyObject | CryptoKey | JsonWebKey

/** The kind of key in PKCS#8 bytes. */
export type KeyKind = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519'

/** A private key in one of the three forms that the Web Crypto API takes. */
export type KeyMaterial =
  | { readonly form: 'pkcs8'; readonly bytes: Uint8Array<ArrayBuffer>; readonly kind: KeyKind | undefined }
  | { readonly form: 'jwk'; readonly jwk: JsonWebKey }
  | { readonly form: 'CryptoKey'; readonly key: CryptoKey }

const INTEGER = 2
const OCTETS = 4
const OBJECT_IDENTIFIER = 6
const SEQUENCE = 0x30

const RSA = [OBJECT_IDENTIFIER, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]
const EC = [OBJECT_IDENTIFIER, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]
const NULL = [5, 0]
const VERSION = [INTEGER, 1, 0]
const CURVES: [KeyKind, number[]][] = [
  ['P-256', [OBJECT_IDENTIFIER, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]],
  ['P-384', [OBJECT_IDENTIFIER, 5, 0x2b, 0x81, 4, 0, 0x22]],
  ['P-521', [OBJECT_IDENTIFIER, 5, 0x2b, 0x81, 4, 0, 0x23]],
]
const KINDS: [KeyKind, number[]][] = [
  ['RSA', RSA],
  ['Ed25519', [OBJECT_IDENTIFIER, 3, 0x2b, 0x65, 0x70]],
  ...CURVES,
]

const kindIn = (bytes: Uint8Array, kinds: [KeyKind, number[]][]): KeyKind | undefined =>
  kinds.find(([, identifier]) => `,${bytes},`.includes(`,${identifier},`))?.[0]

const isCryptoKey = (key: object): key is CryptoKey => 'algorithm' in key && 'usages' in key
const isKeyObject = (key: object): key is NodeKeyObject => 'export' in key && 'type' in key

/** A description of an unusable key, which continues "The key". */
type Unusable = string

const isUnusable = (read: KeyMaterial | Unusable): read is Unusable => typeof read === 'string'

/**
 * Reads a private key in any form. `name` is its name in errors.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything else, named for what it is; never with the key
 */
export function readPrivateKey(key: PrivateKey, name = 'key'): KeyMaterial {
  const read = readAny(key)
  if (isUnusable(read)) throw oauthError('OAUTH_INVALID_OPTION', 'unreadableKey', { name, problem: read })
  return read
}

function readAny(key: PrivateKey): KeyMaterial | Unusable {
  if (!key) return 'is missing: pass PEM, DER, a JWK, a KeyObject or a CryptoKey.'
  if (typeof key === 'string') return readText(key)
  if (typeof key !== 'object') return `is not a private key but a ${typeof key}.`
  if (isCryptoKey(key))
    return key.type === 'private' ? { form: 'CryptoKey', key } : noPrivateKey(`a ${key.type} CryptoKey`)
  if (isKeyObject(key))
    return key.type === 'private'
      ? readDer(Uint8Array.from(key.export({ type: 'pkcs8', format: 'der' })))
      : noPrivateKey(`a ${key.type} KeyObject`)
  const bytes = bytesOf(key)
  if (!bytes) return readJwk(key as JsonWebKey)
  return bytes[0] === SEQUENCE ? readDer(bytes) : readText(String.fromCharCode(...bytes))
}

const noPrivateKey = (what: string): Unusable => `is not a private key but ${what}.`

/** A copy of bytes, from any kind of buffer. */
function bytesOf(key: object): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(key)) return new Uint8Array(key.buffer, key.byteOffset, key.byteLength).slice()
  // The tag works across realms, unlike instanceof.
  return Object.prototype.toString.call(key) === '[object ArrayBuffer]'
    ? new Uint8Array(key as ArrayBuffer).slice()
    : undefined
}

function readJwk(jwk: JsonWebKey): KeyMaterial | Unusable {
  if ('keys' in jwk) return noPrivateKey('a JWK Set: pass one of its keys')
  if (!jwk.kty) return 'is not a private key: it is neither PEM, DER, a JWK, a KeyObject nor a CryptoKey.'
  if (jwk.kty === 'oct') return noPrivateKey('the JWK of a shared secret')
  return jwk.d ? { form: 'jwk', jwk } : noPrivateKey('a public JWK')
}

/**
 * Reads PEM text, also base64 of PEM or DER, which is how environment variables often hold it.
 * @see https://www.rfc-editor.org/rfc/rfc7468
 */
function readText(text: string): KeyMaterial | Unusable {
  const blocks = Array.from(text.matchAll(/-----BEGIN ([A-Z\d ]+)-----([\s\S]*?)-----END \1-----/g))
  const [, label = blocks[0]?.[1], body = ''] = blocks.find(([, name]) => name?.endsWith('PRIVATE KEY')) ?? []
  if (!label) return readWithoutLabel(text)
  if (label === 'ENCRYPTED PRIVATE KEY' || body.includes(':')) return 'is encrypted: decrypt it first.'
  if (label === 'OPENSSH PRIVATE KEY')
    return 'is in the format of OpenSSH: convert it with ssh-keygen -p -m PKCS8.'
  if (!label.endsWith('PRIVATE KEY')) return `is not a PEM private key: the text holds a ${label}.`
  const bytes = fromBase64url(body.replace(/\\[nr]|\s/g, ''))
  return bytes?.length ? readDer(Uint8Array.from(bytes)) : DAMAGED
}

const DAMAGED: Unusable = 'is damaged.'

function readWithoutLabel(text: string): KeyMaterial | Unusable {
  if (text.includes('-----BEGIN')) return 'is incomplete: its PEM text has no end.'
  const bytes = fromBase64url(text.replace(/\\[nr]|\s/g, ''))
  if (bytes?.[0] === SEQUENCE) return readDer(Uint8Array.from(bytes))
  const inner = String.fromCharCode(...(bytes ?? []))
  if (inner.includes('-----BEGIN')) return readText(inner)
  if (/^\s*\{/.test(text)) return 'is not a PEM private key but JSON text: pass the parsed JWK.'
  const isPath = /^[^\n]*[\\/.]\w+$/.test(text)
  return `is not a PEM private key${isPath ? ' but the name of a file: pass its content' : ''}.`
}

/**
 * Reads DER as PKCS#8, the only form that the Web Crypto API imports; PKCS#1 and SEC 1 are wrapped.
 * @see https://www.rfc-editor.org/rfc/rfc5958#section-2
 */
function readDer(bytes: Uint8Array<ArrayBuffer>): KeyMaterial | Unusable {
  const outer = derElements(bytes)
  const [version, second, third] = (outer?.[0]?.tag === SEQUENCE && derElements(outer[0].content)) || []
  if (!version || !second) return DAMAGED
  if (version.tag === SEQUENCE) return readWithoutVersion(second.tag)
  if (version.tag !== INTEGER) return DAMAGED
  if (version.content[0] === 3) return noPrivateKey('a PKCS#12 file: export its key as PEM')
  if (second.tag === SEQUENCE && third?.tag === OCTETS)
    return { form: 'pkcs8', bytes, kind: kindIn(second.content, KINDS) }
  if (second.tag === INTEGER) return wrap('RSA', bytes, [RSA, NULL])
  const curve = kindIn(bytes, CURVES)
  const identifier = CURVES.find(([name]) => name === curve)?.[1]
  return curve && identifier
    ? wrap(curve, bytes, [EC, identifier])
    : 'has an unknown curve: use P-256, P-384 or P-521.'
}

/**
 * Identifies other structures by the element after the sequence: octets in an encrypted key, bits in a public
 * key, a sequence in a certificate.
 */
function readWithoutVersion(tag: number): Unusable {
  if (tag === OCTETS) return 'is encrypted: decrypt it first.'
  return noPrivateKey(tag === SEQUENCE ? 'a certificate' : 'a public key')
}

const wrap = (kind: KeyKind, key: Uint8Array, algorithm: number[][]): KeyMaterial => ({
  form: 'pkcs8',
  bytes: der(SEQUENCE, VERSION, der(SEQUENCE, ...algorithm), der(OCTETS, key)),
  kind,
})
