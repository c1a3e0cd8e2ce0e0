import { jwtSigner, type SigningKey } from '../../crypto/jws.js'
import type { ClientAuth } from '../messages.js'
import { type ClientAssertionOptions, clientAssertion } from './assertion.js'

/** Options of {@link privateKeyJwt}. */
export interface PrivateKeyJwtOptions extends SigningKey, ClientAssertionOptions {}

/**
 * Client authentication by a JWT that the client's private key signs: RS, PS and ES with 256, 384 or 512, and
 * EdDSA. The key may be PEM, a JWK, a CryptoKey, or a function that has an HSM or KMS sign.
 * @example
 * const session = createOAuth2Session({
 *   server: discover('https://auth.example.com'),
 *   client: { client_id: 'worker' },
 *   clientAuth: privateKeyJwt({ key: process.env.CLIENT_KEY ?? '' }),
 *   grant: clientCredentialsGrant(),
 * })
 * @throws OAuthError `OAUTH_INVALID_OPTION` when the key cannot be read or does not fit the algorithm;
 * `OAUTH_SIGNATURE_FAILED`; `OAUTH_CRYPTO_MISSING`
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): ClientAuth {
  const sign = jwtSigner(options, options.header)
  return clientAssertion((claims, { crypto }) => sign(claims, crypto), options)
}
