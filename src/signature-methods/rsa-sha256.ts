import type { PrivateKey } from '../crypto/private-key.js'
import { rsaMethod } from './rsa.js'
import type { SignatureMethod } from './signature-method.js'

/**
 * RSA-SHA256: not in RFC 5849, but required by Mastercard and others.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a key that cannot sign.
 */
export const rsaSha256 = (privateKey: PrivateKey): SignatureMethod => rsaMethod('SHA-256', privateKey)
