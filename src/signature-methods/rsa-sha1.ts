import type { PrivateKey } from '../crypto/private-key.js'
import { rsaMethod } from './rsa.js'
import type { SignatureMethod } from './signature-method.js'

/**
 * RSA-SHA1, the RSA method of the specification.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a key that cannot sign.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.3
 */
export const rsaSha1 = (privateKey: PrivateKey): SignatureMethod => rsaMethod('SHA-1', privateKey)
