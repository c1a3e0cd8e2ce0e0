import { addParameters, defineProvider } from './provider.js'

/**
 * Google, for people. It issues a refresh token only for `access_type=offline`, which is added, and only with
 * the first consent: pass `prompt: 'consent'` to `createAuthorizationUrl` to get another. A service account
 * needs `jwtBearerGrant` of `/jwt`.
 * @see https://developers.google.com/identity/protocols/oauth2/web-server (stored copy without a date)
 * @see https://accounts.google.com/.well-known/openid-configuration
 */
export const google = defineProvider({
  server: {
    issuer: 'https://accounts.google.com',
    authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    token_endpoint: 'https://oauth2.googleapis.com/token',
    device_authorization_endpoint: 'https://oauth2.googleapis.com/device/code',
    revocation_endpoint: 'https://oauth2.googleapis.com/revoke',
    userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
    jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    code_challenge_methods_supported: ['plain', 'S256'],
  },
  hooks: { authorizationUrl: addParameters({ access_type: 'offline' }) },
})
