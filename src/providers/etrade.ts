import { defineOAuth1Provider, type OAuth1Provider } from './oauth1-provider.js'

/**
 * E*TRADE, or its `sandbox`. The page is addressed with the client's `key` and a `token`; the person types a
 * code, so omit the callback. Credentials that were not used for two hours are extended (`renew`), once for
 * all requests; at midnight in New York they end. `https://api.etrade.com/oauth/revoke_access_token` revokes
 * them. Without a source: the address of the page, and the words for credentials that were not used.
 * @see https://apisb.etrade.com/docs/api/authorization/renew_access_token.html (stored copy without a date)
 */
export function etrade({ key, sandbox }: { key: string; sandbox?: boolean }): OAuth1Provider {
  const base = `https://api${sandbox ? 'sb' : ''}.etrade.com/oauth`
  return defineOAuth1Provider({
    server: {
      request_token_url: `${base}/request_token`,
      authorize_url: 'https://us.etrade.com/e/t/etws/authorize',
      access_token_url: `${base}/access_token`,
    },
    async renew(_, call) {
      await call(`${base}/renew_access_token`, { method: 'GET' })
    },
    hooks: {
      authorizationUrl({ searchParams }) {
        searchParams.set('key', key)
        searchParams.set('token', searchParams.get('oauth_token') ?? '')
        searchParams.delete('oauth_token')
      },
    },
  })
}
