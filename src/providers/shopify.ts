import { commaScope, defineProvider, type Provider, spaceScope, tokenInHeader } from './provider.js'

/**
 * Shopify, for the shop `shop` (`acme.myshopify.com`). Scopes have commas, the Admin API takes the token in
 * `X-Shopify-Access-Token`. Expiring offline tokens are requested (`expiring=1`): they live an hour, their
 * refresh tokens rotate. There is no revocation endpoint: tokens end when the app is uninstalled. Without a
 * source: the parameter `expiring` in the request for a token, and commas in the authorization URL.
 * @see https://shopify.dev/changelog/offline-access-tokens-now-support-expiry-and-refresh (2025-12-10)
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens (stored copy without a
 * date)
 */
export function shopify({ shop }: { shop: string }): Provider {
  const base = `https://${shop}/admin/oauth`
  return defineProvider({
    server: {
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/access_token`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    tokenType: tokenInHeader('X-Shopify-Access-Token'),
    hooks: {
      authorizationUrl: commaScope,
      tokenRequest: ({ body }) => body.set('expiring', '1'),
      tokenResponse: spaceScope,
      refreshResponse: spaceScope,
    },
  })
}
