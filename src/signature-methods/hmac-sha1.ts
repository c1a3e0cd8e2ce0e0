import { sha1 } from '../crypto/sha1.js'
import { hmacMethod } from './hmac.js'
import type { SignatureMethod } from './signature-method.js'

/**
 * HMAC-SHA1, the default, which nearly every OAuth 1.0 server supports.
 * @example
 * attachOAuth1(api, { client: { key: 'key', secret: 'secret' }, signatureMethod: hmacSha1() })
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.2
 */
export const hmacSha1 = (): SignatureMethod => hmacMethod(sha1)
