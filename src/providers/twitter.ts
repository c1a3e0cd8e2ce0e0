import { defineOAuth1Provider } from './oauth1-provider.js'

/**
 * X, formerly Twitter, OAuth 1.0a. Credentials do not expire; they come with `user_id` and `screen_name`.
 * Ended credentials are refused with 401 and code 89, which does not end the session: end it and sign in
 * again. A refusal by the person is a callback with `denied`. Without a source: the addresses are those of
 * other libraries.
 */
export const twitter = defineOAuth1Provider({
  server: {
    request_token_url: 'https://api.twitter.com/oauth/request_token',
    authorize_url: 'https://api.twitter.com/oauth/authorize',
    access_token_url: 'https://api.twitter.com/oauth/access_token',
  },
})
