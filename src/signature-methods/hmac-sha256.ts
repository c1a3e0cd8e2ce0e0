import { sha256 } from '../crypto/sha256.js'
import { hmacMethod } from './hmac.js'
import type { SignatureMethod } from './signature-method.js'

/** HMAC-SHA256: not in RFC 5849, but required by NetSuite, Magento and others. */
export const hmacSha256 = (): SignatureMethod => hmacMethod(sha256)
