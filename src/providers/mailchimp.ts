import { defineProvider, rewriteAnswer } from './provider.js'

/**
 * Mailchimp. Tokens do not expire and there is no refresh token: the answer's `expires_in` of 0 and its
 * `scope` of null are left out. `https://login.mailchimp.com/oauth2/metadata` names the data centre of the
 * API. There is no revocation endpoint. Without a source: the differences are those that requests-oauthlib
 * handles, the addresses those of other libraries.
 */
export const mailchimp = defineProvider({
  server: {
    authorization_endpoint: 'https://login.mailchimp.com/oauth2/authorize',
    token_endpoint: 'https://login.mailchimp.com/oauth2/token',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  hooks: {
    tokenResponse: rewriteAnswer(({ expires_in, scope, ...parameters }) => ({
      ...parameters,
      ...(Number(expires_in) > 0 && { expires_in }),
      ...(scope !== null && { scope }),
    })),
  },
})
