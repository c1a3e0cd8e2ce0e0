import { addParameters, defineProvider, sendJson } from './provider.js'

/**
 * Notion. Calls to the token endpoint are JSON, with the client in Basic. The answer names no expiry: a
 * refused token is renewed, and the refresh token with it. A log-out ends the session here: revocation takes
 * an access token. Without a source: `owner=user` in the authorization URL.
 * @see https://developers.notion.com/reference/refresh-a-token (stored copy without a date)
 * @see https://developers.notion.com/reference/revoke-token (of API version 2025-09-03)
 */
export const notion = defineProvider({
  server: {
    authorization_endpoint: 'https://api.notion.com/v1/oauth/authorize',
    token_endpoint: 'https://api.notion.com/v1/oauth/token',
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  },
  hooks: {
    authorizationUrl: addParameters({ owner: 'user' }),
    tokenRequest: sendJson,
    refreshRequest: sendJson,
  },
})
