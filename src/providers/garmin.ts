import { defineOAuth1Provider } from './oauth1-provider.js'

/** Garmin Connect, OAuth 1.0a. Without a source: the addresses are those of other libraries. */
export const garmin = defineOAuth1Provider({
  server: {
    request_token_url: 'https://connectapi.garmin.com/oauth-service/oauth/request_token',
    authorize_url: 'https://connect.garmin.com/oauthConfirm',
    access_token_url: 'https://connectapi.garmin.com/oauth-service/oauth/access_token',
  },
})
