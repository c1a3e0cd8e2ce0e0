import { sha256 } from '../crypto/sha256.js'
import { hmacMethod } from './hmac.js'
import type { SignatureMethod } from './signature-method.js'

/** HMAC-SHA256: not in RFC 5849, but what NetSuite, Magento and others ask for. */
export const hmacSha256 = (): SignatureMethod => hmacMethod(sha256)
