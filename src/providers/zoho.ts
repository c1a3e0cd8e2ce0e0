import { addParameters, defineProvider, type Provider, tokenInHeader } from './provider.js'

/**
 * Zoho, in the data centre of the person's accounts: `url` is the `accounts-server` of the callback
 * (`https://accounts.zoho.eu`). A refresh token needs `access_type=offline`, which is added, and `prompt:
 * 'consent'` for another. The API takes the token after the word `Zoho-oauthtoken`. Access tokens live an
 * hour, refresh tokens stay; revoking one ends its access tokens too. Without a source: the word
 * `Zoho-oauthtoken`, and errors with status 200.
 * @see https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token-expiry.html (stored copy without a
 * date)
 * @see https://www.zoho.com/accounts/protocol/oauth/revoke-refresh-token.html (stored copy without a date)
 */
export function zoho({ url = 'https://accounts.zoho.com' }: { url?: string } = {}): Provider {
  const base = `${url.replace(/\/$/, '')}/oauth/v2`
  return defineProvider({
    server: {
      authorization_endpoint: `${base}/auth`,
      token_endpoint: `${base}/token`,
      revocation_endpoint: `${base}/token/revoke`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    // An unknown refresh token has a code of its own, with status 200.
    endedBy: ['invalid_code'],
    tokenType: tokenInHeader('Authorization', 'Zoho-oauthtoken '),
    hooks: { authorizationUrl: addParameters({ access_type: 'offline' }) },
  })
}
