import { defineProvider } from './provider.js'

/**
 * Xero. Access tokens live 30 minutes; refresh tokens need the scope `offline_access` and rotate. Each call
 * to an API names the organisation in a header of its own (`Xero-Tenant-Id`). Not read on a page: the address
 * of revocation, the issuer, the header.
 * @see https://nango.dev/blog/xero-oauth-refresh-token-invalid-grant (about Xero, by others; stored copy
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
