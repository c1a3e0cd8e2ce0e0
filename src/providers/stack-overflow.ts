import { bearer } from '../token-types/bearer.js'
import { commaScope, defineProvider, type Provider, rewriteAnswer } from './provider.js'

/**
 * Stack Overflow and the other sites of Stack Exchange (`site`). The answer is a form with `expires`; API
 * requests have the token, the `site` and the application's `key` in the query, and errors are 400 with a
 * number. There is no refresh token: after the end of a token the person signs in again; with the scope
 * `no_expiry` it does not expire. A log-out ends the session here. Without a source: the differences are
 * those of Authlib's documentation, the addresses those of other libraries.
 */
export const stackOverflow = ({
  site = 'stackoverflow',
  key,
}: {
  site?: string
  key?: string
} = {}): Provider =>
  defineProvider({
    server: {
      authorization_endpoint: 'https://stackoverflow.com/oauth',
      token_endpoint: 'https://stackoverflow.com/oauth/access_token',
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    tokenType: bearer({ placement: 'query' }),
    isTokenExpired: ({ status, data }) => status === 400 && [402, 406].includes(Object(data).error_id),
    hooks: {
      authorizationUrl: commaScope,
      tokenResponse: rewriteAnswer(({ expires, ...answer }) => ({ expires_in: expires, ...answer })),
      protectedRequest(request) {
        const url = new URL(request.url)
        for (const [name, value] of Object.entries({ site, key }))
          if (value && !url.searchParams.has(name)) url.searchParams.append(name, value)
        request.url = url.href
      },
    },
  })
