import { signJwt, webCrypto } from '../../crypto/jws.js'
import { importSecret } from '../../crypto/keys.js'
import { oauthError } from '../../errors.js'
import type { ClientAuth } from '../messages.js'
import { type ClientAssertionOptions, clientAssertion } from './assertion.js'

/** Options of {@link clientSecretJwt}. */
export interface ClientSecretJwtOptions extends ClientAssertionOptions {
  /** Default `HS256`. */
  alg?: 'HS256' | 'HS384' | 'HS512'
}

/**
 * Client authentication by a JWT that is signed with the client secret; the secret itself is not sent.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when there is no `client_secret`; `OAUTH_CRYPTO_MISSING`
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication
 */
export function clientSecretJwt(options: ClientSecretJwtOptions = {}): ClientAuth {
  const { alg = 'HS256' } = options
  if (!/^HS(256|384|512)$/.test(alg))
    throw oauthError('OAUTH_INVALID_OPTION', 'algorithm', { alg, allowed: 'HS256, HS384 or HS512' })
  return clientAssertion(async (claims, { client, crypto }) => {
    // an empty key would sign, and prove nothing
    if (!client.client_secret) throw oauthError('OAUTH_INVALID_OPTION', 'clientSecret')
    const key = await importSecret(client.client_secret, alg, webCrypto(crypto))
    return signJwt({ ...options.header, alg }, claims, key, crypto)
  }, options)
}
