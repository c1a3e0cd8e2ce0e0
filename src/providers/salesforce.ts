import { defineProvider, type Provider } from './provider.js'

/**
 * True for the hosts of Salesforce: the `allowedOrigins` of an instance that {@link salesforce} sends to the
 * host of the token.
 */
export const isSalesforce = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' && /\.salesforce\.com$/.test(hostname)

/**
 * Salesforce, under `url`: the log-in page, a sandbox (`https://test.salesforce.com`) or a custom domain. The
 * token names the API's host (`instance_url`): give the axios instance `url` as its `baseURL` and
 * `allowedOrigins: isSalesforce`, and requests go to that host. Tokens have no expiry: a refused one is
 * renewed. A refresh token needs the scope `refresh_token`.
 * @see
 * https://developer.salesforce.com/docs/atlas.en-us.198.0.api_rest.meta/api_rest/intro_understanding_refresh_token_oauth.htm
 * (an older version, 198.0)
 * @see https://developer.salesforce.com/docs/platform/mobile-sdk/guide/oauth-revoking-tokens.html (stored
 * copy without a date)
 */
export function salesforce({ url = 'https://login.salesforce.com' }: { url?: string } = {}): Provider {
  const base = url.replace(/\/$/, '')
  return defineProvider({
    server: {
      issuer: base,
      authorization_endpoint: `${base}/services/oauth2/authorize`,
      token_endpoint: `${base}/services/oauth2/token`,
      revocation_endpoint: `${base}/services/oauth2/revoke`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    hooks: {
      protectedRequest(request, { instance_url }) {
        if (typeof instance_url === 'string' && request.url.startsWith(`${base}/`))
          request.url = instance_url + request.url.slice(base.length)
      },
    },
  })
}
