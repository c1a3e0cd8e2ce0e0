import { discover } from '../server/discovery.js'
import type { ServerSource } from '../server/messages.js'
import { defineProvider, type Provider } from './provider.js'

/**
 * Okta, by discovery. `authorizationServer` is the identifier of a custom one (`default`); without it, the
 * organisation's own. A refresh token needs the scope `offline_access`. Without a source: the path of a
 * custom issuer, and `offline_access`.
 * @see https://developer.okta.com/docs/api/openapi/okta-oauth/oauth (stored copy without a date)
 */
export const okta = ({
  domain,
  authorizationServer,
}: {
  domain: string
  authorizationServer?: string
}): Provider<ServerSource> =>
  defineProvider({
    server: discover(`https://${domain}${authorizationServer ? `/oauth2/${authorizationServer}` : ''}`),
  })
