import { addParameters, defineProvider } from './provider.js'

/**
 * Dropbox. It issues a refresh token only for `token_access_type=offline`, which is added. Access tokens live
 * about 4 hours. A log-out ends the session here: `auth/token/revoke` takes an access token as a credential.
 * Without a source: that refresh tokens stay, and how `auth/token/revoke` is called.
 * @see https://dropbox.tech/developers/using-oauth-2-0-with-offline-access (2022-10-19)
 */
export const dropbox = defineProvider({
  server: {
    authorization_endpoint: 'https://www.dropbox.com/oauth2/authorize',
    token_endpoint: 'https://api.dropboxapi.com/oauth2/token',
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  },
  hooks: { authorizationUrl: addParameters({ token_access_type: 'offline' }) },
})
