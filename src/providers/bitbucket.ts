import { defineOAuth1Provider } from './oauth1-provider.js'

/**
 * Bitbucket, OAuth 1.0a, for consumers that have not moved to its OAuth 2. Without a source: the addresses
 * are those of other libraries.
 */
export const bitbucket = defineOAuth1Provider({
  server: {
    request_token_url: 'https://bitbucket.org/api/1.0/oauth/request_token',
    authorize_url: 'https://bitbucket.org/api/1.0/oauth/authenticate',
    access_token_url: 'https://bitbucket.org/api/1.0/oauth/access_token',
  },
})
