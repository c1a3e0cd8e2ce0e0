import { defineOAuth1Provider } from './oauth1-provider.js'

/** Tumblr, OAuth 1.0a. Without a source: the addresses are those of other libraries. */
export const tumblr = defineOAuth1Provider({
  server: {
    request_token_url: 'https://www.tumblr.com/oauth/request_token',
    authorize_url: 'https://www.tumblr.com/oauth/authorize',
    access_token_url: 'https://www.tumblr.com/oauth/access_token',
  },
})
