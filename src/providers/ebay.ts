import { defineProvider, type Provider, rewriteAnswer } from './provider.js'

/** The token type is `User Access Token` or `Application Access Token`. */
const bearerType = rewriteAnswer(answer => ({
  ...answer,
  ...(answer.token_type !== undefined && { token_type: 'Bearer' }),
}))

/**
 * eBay, or its `sandbox`. The callback's address is replaced by its name at eBay (`ruName`); give
 * `createAuthorizationUrl` the address itself. Token types are specific to eBay. Access tokens live 2 hours,
 * refresh tokens stay. There is no revocation endpoint. Without a source: that refresh tokens stay, that
 * there is no revocation endpoint.
 * @see https://developer.ebay.com/api-docs/static/oauth-auth-code-grant-request.html (stored copy without a
 * date)
 * @see https://developer.ebay.com/support/kb-article?KBid=5075 (2024-08-30)
 */
export function ebay({ ruName, sandbox }: { ruName: string; sandbox?: boolean }): Provider {
  const host = sandbox ? 'sandbox.ebay.com' : 'ebay.com'
  const rename = (parameters: URLSearchParams) => {
    if (parameters.has('redirect_uri')) parameters.set('redirect_uri', ruName)
  }
  return defineProvider({
    server: {
      authorization_endpoint: `https://auth.${host}/oauth2/authorize`,
      token_endpoint: `https://api.${host}/identity/v1/oauth2/token`,
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    },
    hooks: {
      authorizationUrl: ({ searchParams }) => rename(searchParams),
      tokenRequest: ({ body }) => rename(body),
      tokenResponse: bearerType,
      refreshResponse: bearerType,
    },
  })
}
