import { defineProvider } from './provider.js'

/**
 * Spotify. Access tokens live an hour. A refresh token lives 6 months from the sign-in, and a refresh does
 * not prolong it; after an answer without one the old one stays valid. There is no revocation endpoint.
 * @see https://developer.spotify.com/documentation/web-api/tutorials/refreshing-tokens (stored copy without a
 * date)
 */
export const spotify = defineProvider({
  server: {
    authorization_endpoint: 'https://accounts.spotify.com/authorize',
    token_endpoint: 'https://accounts.spotify.com/api/token',
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  },
})
