import { discover } from '../server/discovery.js'
import type { ServerSource } from '../server/messages.js'
import { defineProvider, type Provider } from './provider.js'

/**
 * Amazon Cognito, by discovery; the pool needs a domain. A refresh returns no refresh token unless rotation
 * is on; revoking a refresh token ends its access tokens too. Without a source: the address of the issuer,
 * and the answer to a refresh.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html (stored copy
 * without a date)
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html (stored copy
 * without a date)
 */
export const cognito = ({
  region,
  userPoolId,
}: {
  region: string
  userPoolId: string
}): Provider<ServerSource> =>
  defineProvider({
    server: discover(`https://cognito-idp.${region}.amazonaws.com/${userPoolId}`, { algorithm: 'oidc' }),
  })
