import { bearer } from '../token-types/bearer.js'
import { defineProvider } from './provider.js'

/** Error codes of the API for an ended token. */
const EXPIRED = ['expired_token', 'invalid_access_token']

/**
 * Weibo. The token goes into the query of API requests, the answer names no token type and has no refresh
 * token: after the end of a token the person signs in again. A log-out ends the session here. Without a
 * source: the differences are those that requests-oauthlib handles, the addresses those of other libraries.
 */
export const weibo = defineProvider({
  server: {
    authorization_endpoint: 'https://api.weibo.com/oauth2/authorize',
    token_endpoint: 'https://api.weibo.com/oauth2/access_token',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  tokenType: bearer({ placement: 'query' }),
  isTokenExpired: ({ status, data }) => status > 399 && EXPIRED.includes(Object(data).error),
})
