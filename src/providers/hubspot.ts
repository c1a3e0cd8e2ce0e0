import { defineProvider } from './provider.js'

/**
 * HubSpot, the OAuth API of 2026-03; v1 ends on 2027-02-16. The client authenticates in the body. Access
 * tokens live 30 minutes. Older endpoints refuse a refresh token with `status: BAD_REFRESH_TOKEN` and without
 * `error`, which means the same.
 * @see https://developers.hubspot.com/changelog/v1-oauth-api-deprecation (read in a stored copy that names
 * 2026-03)
 */
export const hubspot = defineProvider({
  server: {
    authorization_endpoint: 'https://app.hubspot.com/oauth/authorize',
    token_endpoint: 'https://api.hubapi.com/oauth/2026-03/token',
    introspection_endpoint: 'https://api.hubapi.com/oauth/2026-03/token/introspect',
    revocation_endpoint: 'https://api.hubapi.com/oauth/2026-03/token/revoke',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
})
