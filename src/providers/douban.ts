import { bearer } from '../token-types/bearer.js'
import { defineProvider } from './provider.js'

/**
 * Douban. The answer names no token type, which means a bearer token; it goes into the query of API requests.
 * There is no revocation endpoint. Without a source: the differences are those that requests-oauthlib
 * handles, the addresses those of other libraries.
 */
export const douban = defineProvider({
  server: {
    authorization_endpoint: 'https://www.douban.com/service/auth2/auth',
    token_endpoint: 'https://www.douban.com/service/auth2/token',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  tokenType: bearer({ placement: 'query' }),
})
