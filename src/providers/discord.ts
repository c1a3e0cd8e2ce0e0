import { defineProvider } from './provider.js'

/**
 * Discord. Access tokens live a week. Every endpoint takes only forms, and the authorization response names
 * the issuer.
 * @see https://discord.com/.well-known/oauth-authorization-server
 * @see https://discord.com/developers/docs/topics/oauth2 (stored copy without a date)
 */
export const discord = defineProvider({
  server: {
    issuer: 'https://discord.com',
    authorization_endpoint: 'https://discord.com/api/oauth2/authorize',
    token_endpoint: 'https://discord.com/api/oauth2/token',
    revocation_endpoint: 'https://discord.com/api/oauth2/token/revoke',
    jwks_uri: 'https://discord.com/api/oauth2/keys',
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  },
})
