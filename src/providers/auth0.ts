import { discover } from '../server/discovery.js'
import type { ServerSource } from '../server/messages.js'
import { addParameters, defineProvider, type Provider } from './provider.js'

/**
 * Auth0, by discovery. `audience` names the API that the token is for; without one the access token works
 * only for user info. A refresh token needs the scope `offline_access`; with rotation, each can be used once.
 * Without a source: the slash at the end of the issuer, and the use of a token without an audience.
 * @see https://auth0.com/docs/secure/tokens/refresh-tokens/configure-refresh-token-rotation (stored copy
 * without a date)
 * @see https://auth0.com/docs/secure/tokens/refresh-tokens/revoke-refresh-tokens (stored copy without a date)
 */
export const auth0 = ({ domain, audience }: { domain: string; audience?: string }): Provider<ServerSource> =>
  defineProvider({
    server: discover(`https://${domain}/`),
    ...(audience !== undefined && { hooks: { authorizationUrl: addParameters({ audience }) } }),
  })
