import { defineProvider } from './provider.js'

/**
 * Zoom. Access tokens live an hour, refresh tokens rotate. An application of one account needs no person:
 * `grant: clientCredentialsGrant({ parameters: { grant_type: 'account_credentials', account_id } })`. A
 * log-out ends the session here. Without a source: the address of the authorization page, and which token the
 * revocation takes.
 * @see https://developers.zoom.us/docs/rooms/oauth/ (stored copy without a date)
 * @see https://developers.zoom.us/docs/rooms/s2s-oauth/ (stored copy without a date)
 */
export const zoom = defineProvider({
  server: {
    authorization_endpoint: 'https://zoom.us/oauth/authorize',
    token_endpoint: 'https://zoom.us/oauth/token',
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  },
})
