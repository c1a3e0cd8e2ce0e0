import type { OutgoingRequest } from '../auth/scheme.js'
import { digest, hmac } from '../crypto/digest.js'
import { sha1 } from '../crypto/sha1.js'
import { sha256 } from '../crypto/sha256.js'
import { oauthError } from '../errors.js'
import { base64, base64url } from '../lib/base64url.js'
import { systemClock } from '../lib/clock.js'
import { utf8 } from '../lib/utf8.js'
import type { TokenType, TokenTypeContext } from './token-type.js'

/** Options of {@link mac}. */
export interface MacOptions {
  /**
   * Which of the expired drafts the API speaks: 0 (age in the nonce, the body's hash) or 1 and later (`ts`, no hash). Default 0.
   */
  draft?: 0 | 1
  /** Text that is signed with the request and sent along. */
  ext?: string | ((request: OutgoingRequest) => string)
  /** Draft 0: when the token was issued, in seconds. Default: reckoned from `expires_at` and `expires_in`, else when this was called. */
  issuedAt?: number
}

const randomBytes = (size: number) => globalThis.crypto.getRandomValues(new Uint8Array(size))
const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`

/** The body's bytes; what cannot be read twice cannot be hashed. */
function bodyBytes(data: unknown): Uint8Array | undefined {
  if (data === undefined || data === null) return undefined
  if (typeof data === 'string' || data instanceof URLSearchParams) return utf8(`${data}`)
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  throw oauthError('OAUTH_SIGNATURE_FAILED', 'macBody')
}

/**
 * MAC tokens, by the drafts that never became a standard; for servers that still have them. The token's `mac_key` and
 * `mac_algorithm` (`hmac-sha-1` or `hmac-sha-256`) sign every request.
 * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for another algorithm, a token without `mac_key`, a body that cannot be hashed
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
      const { access_token, mac_key, mac_algorithm, expires_at, expires_in } = token
      const hash = mac_algorithm === 'hmac-sha-1' ? sha1 : mac_algorithm === 'hmac-sha-256' ? sha256 : undefined
      if (!hash) throw oauthError('OAUTH_SIGNATURE_FAILED', 'macAlgorithm', { name: mac_algorithm })
      if (typeof mac_key !== 'string' || !mac_key) throw oauthError('OAUTH_SIGNATURE_FAILED', 'macKey')
      const url = new URL(request.url)
      const now = Math.floor(clock())
      first ??= now
      const issued =
        issuedAt ?? (expires_at !== undefined && expires_in !== undefined ? expires_at - expires_in : first)
      const unique = base64url(random(8))
      const ts = draft ? `${now}` : undefined
      const nonce = draft ? unique : `${Math.max(0, now - Math.floor(issued))}:${unique}`
      const body = draft ? undefined : bodyBytes(request.data)
      const bodyhash = body && base64(digest(hash, body))
      const extension = typeof ext === 'function' ? ext(request) : ext
      const lines = [
        ...(ts ? [ts] : []),
        nonce,
        request.method,
        url.pathname + url.search,
        url.hostname,
        url.port || (url.protocol === 'https:' ? '443' : '80'),
        ...(draft ? [] : [bodyhash ?? '']),
        extension ?? '',
        '',
      ]
      const signature = base64(hmac(hash, utf8(mac_key))(utf8(lines.join('\n'))))
      const fields = { id: access_token, ts, nonce, bodyhash, ext: extension, mac: signature }
      const header = Object.entries(fields)
        .filter(([, value]) => value)
        .map(([name, value]) => `${name}=${quote(value as string)}`)
      request.setHeader('Authorization', `MAC ${header.join(', ')}`)
    },
  }
}
