import { sha512 } from '../crypto/sha512.js'
import { hmacMethod } from './hmac.js'
import type { SignatureMethod } from './signature-method.js'

/** HMAC-SHA512: not in RFC 5849, but supported by some servers. */
export const hmacSha512 = (): SignatureMethod => hmacMethod(sha512)
