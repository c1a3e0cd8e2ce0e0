import { defineProvider, type Provider, rewriteAnswer } from './provider.js'

/** Older versions of the Graph API answer a form with `expires` and without a token type. */
const tokenResponse = rewriteAnswer(({ expires, ...parameters }) => ({
  ...(expires !== undefined && { expires_in: expires }),
  ...parameters,
}))

/**
 * Facebook. Errors are objects, and an expired token has code 190 in the body. There is no refresh token:
 * after the end of a token the person signs in again. There is no revocation endpoint of RFC 7009 either.
 * @see https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow (v21.0)
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling (stored copy without a date)
 */
export function facebook({ version = 'v21.0' }: { version?: string } = {}): Provider {
  return defineProvider({
    server: {
      authorization_endpoint: `https://www.facebook.com/${version}/dialog/oauth`,
      token_endpoint: `https://graph.facebook.com/${version}/oauth/access_token`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    isTokenExpired: ({ status, data }) => status > 399 && Object(Object(data).error).code === 190,
    hooks: { tokenResponse },
  })
}
