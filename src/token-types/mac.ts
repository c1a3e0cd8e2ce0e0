import type { OutgoingRequest } from '../auth/scheme.js'
import { digest, hmac } from '../crypto/digest.js'
import { sha1 } from '../crypto/sha1.js'
import { sha256 } from '../crypto/sha256.js'
import { oauthError } from '../errors.js'
import { base64, base64url } from '../lib/base64url.js'
import { systemClock } from '../lib/clock.js'
import { utf8 } from '../lib/utf8.js'
import type { Token } from '../server/token.js'
import type { TokenType, TokenTypeContext } from './token-type.js'

/** Options of {@link mac}. */
export interface MacOptions {
  /**
   * The draft that the API uses: 0 (age in the nonce, hash of the body) or 1 and later (`ts`, no hash).
   * Default 0.
   */
  draft?: 0 | 1
  /** Text that is signed with the request and sent along. */
  ext?: string | ((request: OutgoingRequest) => string)
  /**
   * Draft 0: the time of issue of the token, in seconds. Default: computed from `expires_at` and
   * `expires_in`, else the time of this call.
   */
  issuedAt?: number
}

const randomBytes = (size: number) => globalThis.crypto.getRandomValues(new Uint8Array(size))
const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`

/** The bytes of the body; `undefined` for a body that cannot be read twice. */
function bodyBytes(data: unknown): Uint8Array | undefined {
  if (data === undefined || data === null) return undefined
  if (typeof data === 'string' || data instanceof URLSearchParams) return utf8(`${data}`)
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  throw oauthError('OAUTH_SIGNATURE_FAILED', 'macBody')
}

/** The signed parts of a MAC header. */
interface MacFields {
  ts: string | undefined
  nonce: string
  bodyhash: string | undefined
  ext: string | undefined
}

function hashOf({ mac_algorithm }: Token) {
  if (mac_algorithm === 'hmac-sha-1') return sha1
  if (mac_algorithm === 'hmac-sha-256') return sha256
  throw oauthError('OAUTH_SIGNATURE_FAILED', 'macAlgorithm', { name: mac_algorithm })
}

function keyOf({ mac_key }: Token): string {
  if (typeof mac_key === 'string' && mac_key) return mac_key
  throw oauthError('OAUTH_SIGNATURE_FAILED', 'macKey')
}

/** The time of issue of a token, from its life. */
const issueOf = ({ expires_at, expires_in }: Token): number | undefined =>
  expires_at !== undefined && expires_in !== undefined ? expires_at - expires_in : undefined

/** The signed text: the drafts differ in its first line and in its next to last one. */
function normalized(
  { method, url }: OutgoingRequest,
  { ts, nonce, bodyhash, ext }: MacFields,
  draft: 0 | 1,
): string {
  const { pathname, search, hostname, port, protocol } = new URL(url)
  const defaultPort = protocol === 'https:' ? '443' : '80'
  const lines = [nonce, method, pathname + search, hostname, port || defaultPort]
  const whole = draft ? [ts, ...lines] : [...lines, bodyhash ?? '']
  return [...whole, ext ?? '', ''].join('\n')
}

function headerOf(fields: Record<string, string | undefined>): string {
  const present = Object.entries(fields).filter(([, value]) => value)
  return `MAC ${present.map(([name, value]) => `${name}=${quote(value as string)}`).join(', ')}`
}

/**
 * MAC tokens, by the drafts of an abandoned specification, for servers that still use them. The token's
 * `mac_key` and `mac_algorithm` (`hmac-sha-1` or `hmac-sha-256`) sign every request.
 * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for another algorithm, a token without `mac_key`, a body that
 * cannot be hashed
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-http-mac-00
 */
export function mac({ draft = 0, ext, issuedAt }: MacOptions = {}): TokenType {
  let first: number | undefined
  return {
    accepts: ['mac'],
    boundToUrl: true,
    signs: true,
    synchronous: true,
    authorize(request, token, context: Partial<TokenTypeContext> = {}) {
      const { clock = systemClock, random = randomBytes } = context
      const hash = hashOf(token)
      const now = Math.floor(clock())
      first ??= now
      const age = Math.max(0, now - Math.floor(issuedAt ?? issueOf(token) ?? first))
      const unique = base64url(random(8))
      const body = draft ? undefined : bodyBytes(request.data)
      const fields = {
        ts: draft ? `${now}` : undefined,
        nonce: draft ? unique : `${age}:${unique}`,
        bodyhash: body && base64(digest(hash, body)),
        ext: typeof ext === 'function' ? ext(request) : ext,
      }
      const signature = hmac(hash, utf8(keyOf(token)))(utf8(normalized(request, fields, draft)))
      request.setHeader(
        'Authorization',
        headerOf({ id: token.access_token, ...fields, mac: base64(signature) }),
      )
    },
  }
}
