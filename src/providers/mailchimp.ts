import { defineProvider, rewriteAnswer } from './provider.js'

/**
 * Mailchimp. Tokens do not expire and there is no refresh token: the answer's `expires_in` of 0 and its
 * `scope` of null are left out. `https://login.mailchimp.com/oauth2/metadata` says in which data centre the
 * API is. There is no revocation endpoint. Not read on a page: all of it; the quirks are those that
 * requests-oauthlib mends, the addresses those that others use.
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
