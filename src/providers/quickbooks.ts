import { defineProvider, sendJson } from './provider.js'

/**
 * QuickBooks Online and the rest of Intuit. Access tokens live an hour; refresh tokens change and live 100
 * days from their last use, 5 years at most. The callback has the company's `realmId` beside the code. The
 * answer names no scope. Revocation takes JSON. Without a source: that revocation takes JSON.
 * @see https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/faq
 * (stored copy without a date)
 * @see https://github.com/intuit/QuickBooks-V3-Java-SDK/releases/tag/v6.5.4 (5 years at most)
 */
export const quickbooks = defineProvider({
  server: {
    issuer: 'https://oauth.platform.intuit.com/op/v1',
    authorization_endpoint: 'https://appcenter.intuit.com/connect/oauth2',
    token_endpoint: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    revocation_endpoint: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
    jwks_uri: 'https://oauth.platform.intuit.com/op/v1/jwks',
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  },
  hooks: { revocationRequest: sendJson },
})
