import { defineProvider } from './provider.js'

/**
 * Xero. Access tokens live 30 minutes; refresh tokens need the scope `offline_access` and rotate. Each API
 * call names the organisation in a header (`Xero-Tenant-Id`). Without a source: the address of revocation,
 * the issuer, the header.
 * @see https://nango.dev/blog/xero-oauth-refresh-token-invalid-grant (about Xero, by a third party; stored copy
 * without a date)
 * @see https://github.com/XeroAPI/xero-node/releases/tag/4.10.1 (revocation takes a refresh token)
 */
export const xero = defineProvider({
  server: {
    issuer: 'https://identity.xero.com',
    authorization_endpoint: 'https://login.xero.com/identity/connect/authorize',
    token_endpoint: 'https://identity.xero.com/connect/token',
    revocation_endpoint: 'https://identity.xero.com/connect/revocation',
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  },
})
