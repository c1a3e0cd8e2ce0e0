import { jwtSigner, type SigningKey } from '../crypto/jws.js'
import { addParameters, defineProvider, type Provider } from './provider.js'

/**
 * Sign in with Apple. The client's secret is a JWT that the team's key signs, created for every call:
 * `teamId`, and the `key` (p8) with its `kid`. With a scope the callback is a POST
 * (`response_mode=form_post`), which is added. A refresh returns no new refresh token. Without a source: the
 * addresses of the keys and of the authorization page, `form_post`, the answer to a refresh.
 * @see https://developer.apple.com/documentation/signinwithapplerestapi/revoke-tokens (stored copy without a
 * date)
 * @see https://developer.apple.com/forums/thread/713882 (claims of the secret)
 */
export function apple({ teamId, ...key }: SigningKey & { teamId: string }): Provider {
  const sign = jwtSigner({ alg: 'ES256', ...key })
  const issuer = 'https://appleid.apple.com'
  return defineProvider({
    server: {
      issuer,
      authorization_endpoint: `${issuer}/auth/authorize`,
      token_endpoint: `${issuer}/auth/token`,
      revocation_endpoint: `${issuer}/auth/revoke`,
      jwks_uri: `${issuer}/auth/keys`,
    },
    async clientAuth({ body }, { client: { client_id }, clock, crypto }) {
      const iat = Math.floor(clock())
      body.set('client_id', client_id)
      body.set(
        'client_secret',
        await sign({ iss: teamId, sub: client_id, aud: issuer, iat, exp: iat + 300 }, crypto),
      )
    },
    hooks: { authorizationUrl: addParameters({ response_mode: 'form_post' }) },
  })
}
