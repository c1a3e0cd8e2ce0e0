import { defineProvider, spaceScope } from './provider.js'

/**
 * LinkedIn. The client authenticates in the body, granted scopes may be separated by commas. Access tokens
 * live 60 days; the refresh tokens of approved partners live a year from the sign-in, independent of their
 * use. A log-out ends the session here. Without a source: a missing revocation endpoint, commas between the
 * scopes of answers.
 * @see https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens
 * (li-lms-2024-08)
 */
export const linkedin = defineProvider({
  server: {
    authorization_endpoint: 'https://www.linkedin.com/oauth/v2/authorization',
    token_endpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  hooks: { tokenResponse: spaceScope, refreshResponse: spaceScope },
})
