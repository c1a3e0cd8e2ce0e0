import { defineOAuth1Provider } from './oauth1-provider.js'

/**
 * X, formerly Twitter, OAuth 1.0a. Credentials do not expire; they come with `user_id` and `screen_name`.
 * Credentials that are over are refused with 401 and code 89, which ends nothing here: end the session and
 * sign in again. A person who refuses comes back with `denied`. Not read on a page: all of it; the addresses
 * are those that others use.
 */
export const twitter = defineOAuth1Provider({
  server: {
    request_token_url: 'https://api.twitter.com/oauth/request_token',
    authorize_url: 'https://api.twitter.com/oauth/authorize',
    access_token_url: 'https://api.twitter.com/oauth/access_token',
  },
})
