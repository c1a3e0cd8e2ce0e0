import { bearer } from '../token-types/bearer.js'
import { defineProvider } from './provider.js'

/** Words of the API for a token that is of no use any more. */
const EXPIRED = ['expired_token', 'invalid_access_token']

/**
 * Weibo. The token goes into the query of API requests, the answer names no token type and has no refresh
 * token: when a token is over, the person signs in again. A log-out ends the session here. Not read on a
 * page: all of it; the quirks are those that requests-oauthlib mends, the addresses those that others use.
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
