import { defineOAuth1Provider, type OAuth1Provider } from './oauth1-provider.js'

/**
 * Servers like Etsy's API v2: the scope goes into the query of the first call. (Etsy's v3 has OAuth 2.)
 * Without a source: the addresses are those of other libraries.
 */
export const etsyV2 = ({ scope }: { scope: string }): OAuth1Provider =>
  defineOAuth1Provider({
    server: {
      request_token_url: `https://openapi.etsy.com/v2/oauth/request_token?scope=${encodeURIComponent(scope)}`,
      authorize_url: 'https://www.etsy.com/oauth/signin',
      access_token_url: 'https://openapi.etsy.com/v2/oauth/access_token',
    },
  })
