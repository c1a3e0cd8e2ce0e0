import type { PrivateKey } from '../crypto/private-key.js'
import { rsaMethod } from './rsa.js'
import type { SignatureMethod } from './signature-method.js'

/**
 * RSA-SHA512: not in RFC 5849, but supported by some servers.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a key that cannot sign.
 */
export const rsaSha512 = (privateKey: PrivateKey): SignatureMethod => rsaMethod('SHA-512', privateKey)
