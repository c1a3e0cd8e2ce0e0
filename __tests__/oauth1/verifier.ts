/**
 * A server's side of OAuth 1.0, written from RFC 5849 alone: it rebuilds the signature from the raw request
 * line, the raw headers and the raw body. Nothing of src/ is used here, so that one mistake cannot be made on
 * both sides.
 */
import { createHash, createHmac, createVerify, type KeyLike } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Secrets {
  client: string
  token: string
  /** For the RSA methods. */
  publicKey?: KeyLike
}

export interface Verdict {
  /** Empty when the request is good. */
  faults: string[]
  /** Where the protocol parameters stood. */
  place: 'header' | 'query' | 'body' | 'none'
  protocol: Record<string, string>
  realm?: string
  base: string
}

type Pair = [name: Buffer, value: Buffer]

/** Section 3.6, on bytes. */
function encode(bytes: Buffer): string {
  let text = ''
  for (const byte of bytes) {
    const char = String.fromCharCode(byte)
    const unreserved =
      (char >= 'a' && char <= 'z') ||
      (char >= 'A' && char <= 'Z') ||
      (char >= '0' && char <= '9') ||
      '-._~'.includes(char)
    text += unreserved ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

/** HTML 4.01, section 17.13.4, backwards: a plus is a blank, an escape is a byte, anything else is itself. */
function decode(bytes: Buffer, plus: boolean): Buffer {
  const out: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    const digits = bytes.toString('latin1', i + 1, i + 3)
    if (plus && byte === 0x2b) out.push(0x20)
    else if (byte === 0x25 && /^[0-9a-fA-F]{2}$/.test(digits)) {
      out.push(Number.parseInt(digits, 16))
      i += 2
    } else out.push(byte)
  }
  return Buffer.from(out)
}

function parseForm(bytes: Buffer): Pair[] {
  const pairs: Pair[] = []
  let from = 0
  for (let i = 0; i <= bytes.length; i++) {
    if (i < bytes.length && bytes[i] !== 0x26) continue
    const piece = bytes.subarray(from, i)
    from = i + 1
    if (piece.length === 0) continue
    const equals = piece.indexOf(0x3d)
    const name = equals < 0 ? piece : piece.subarray(0, equals)
    const value = equals < 0 ? Buffer.alloc(0) : piece.subarray(equals + 1)
    pairs.push([decode(name, true), decode(value, true)])
  }
  return pairs
}

/** Section 3.5.1. */
function parseHeader(value: string): { pairs: Pair[]; realm?: string } {
  const pairs: Pair[] = []
  let realm: string | undefined
  let rest = value.slice('OAuth '.length)
  while (rest.length > 0) {
    const match = /^([^=\s,"]+)="((?:[^"\\]|\\.)*)"(?:\s*,\s*|$)/.exec(rest)
    if (!match) throw new Error(`malformed Authorization header at: ${rest.slice(0, 20)}`)
    rest = rest.slice(match[0].length)
    const [, name = '', quoted = ''] = match
    if (name === 'realm') realm = quoted.replace(/\\(.)/g, '$1')
    else pairs.push([decode(Buffer.from(name), false), decode(Buffer.from(quoted), false)])
  }
  return realm === undefined ? { pairs } : { pairs, realm }
}

const isProtocol = ([name]: Pair, names: ReadonlySet<string>) => names.has(name.toString('latin1'))

// what a client may send of the protocol; anything else that begins with oauth_ is a parameter like others
const PROTOCOL = new Set([
  'oauth_consumer_key',
  'oauth_token',
  'oauth_signature_method',
  'oauth_timestamp',
  'oauth_nonce',
  'oauth_version',
  'oauth_signature',
  'oauth_callback',
  'oauth_verifier',
  'oauth_session_handle',
  'oauth_body_hash',
])

/**
 * Judges one request; `seen` is what this server remembers of nonces, `scheme` what stood before its address.
 */
export function verify(
  request: Pick<IncomingMessage, 'url' | 'method' | 'headers'>,
  body: Buffer,
  secrets: Secrets,
  seen: Set<string>,
  scheme = 'http',
): Verdict {
  const faults: string[] = []
  const target = request.url ?? ''
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = parseForm(Buffer.from(mark < 0 ? '' : target.slice(mark + 1), 'latin1'))
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  const form = type === 'application/x-www-form-urlencoded' ? parseForm(body) : []
  const authorization = request.headers.authorization
  const header = authorization?.startsWith('OAuth ') ? parseHeader(authorization) : undefined

  const places = { header: header?.pairs ?? [], query, body: form }
  const holds = (Object.keys(places) as (keyof typeof places)[]).filter(place =>
    places[place].some(pair => pair[0].toString() === 'oauth_signature'),
  )
  const place = holds[0] ?? 'none'
  if (holds.length !== 1) faults.push(`the signature stands in ${holds.length} places`)
  const protocol: Record<string, string> = {}
  for (const pair of place === 'none' ? [] : places[place]) {
    const name = pair[0].toString()
    if (!isProtocol(pair, PROTOCOL)) continue
    if (name in protocol) faults.push(`${name} twice`)
    protocol[name] = pair[1].toString()
  }

  const all = [...query, ...form, ...(header?.pairs ?? [])].filter(
    ([name]) => name.toString('latin1') !== 'oauth_signature',
  )
  const normalized = all
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(
      ([a, x], [b, y]) =>
        Buffer.compare(Buffer.from(a), Buffer.from(b)) || Buffer.compare(Buffer.from(x), Buffer.from(y)),
    )
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const host = (request.headers.host ?? '').toLowerCase().replace(/:80$/, '')
  const text = (value: string) => encode(Buffer.from(value, 'latin1'))
  const base = [text(request.method ?? ''), text(`${scheme}://${host}${path}`), text(normalized)].join('&')

  const method = protocol.oauth_signature_method ?? ''
  const [family, hash = ''] = method.split('-SHA')
  const key = `${encode(Buffer.from(secrets.client))}&${encode(Buffer.from(secrets.token))}`
  const signature = protocol.oauth_signature ?? ''
  const good =
    method === 'PLAINTEXT'
      ? signature === key
      : family === 'HMAC'
        ? createHmac(`sha${hash}`, key).update(base).digest('base64') === signature
        : family === 'RSA' && secrets.publicKey
          ? createVerify(`RSA-SHA${hash}`).update(base).verify(secrets.publicKey, signature, 'base64')
          : false
  if (!good) faults.push('the signature is wrong')

  const { oauth_timestamp: timestamp = '', oauth_nonce: nonce = '', oauth_body_hash: bodyHash } = protocol
  if (!/^[1-9]\d*$/.test(timestamp)) faults.push('the timestamp is no positive integer')
  const once = `${timestamp} ${nonce} ${protocol.oauth_token ?? ''}`
  if (nonce === '' || seen.has(once)) faults.push('the nonce was used before')
  seen.add(once)
  if (bodyHash !== undefined) {
    const hashes = ['sha1', 'sha256'].map(name => createHash(name).update(body).digest('base64'))
    if (!hashes.includes(bodyHash)) faults.push('the body hash is wrong')
  }
  return { faults, place, protocol, base, ...(header?.realm !== undefined && { realm: header.realm }) }
}
