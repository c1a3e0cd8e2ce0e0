import { defineProvider, type Provider } from './provider.js'

/** The tenant of all personal accounts in ID tokens. */
const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad'

/**
 * Microsoft Entra ID and personal accounts. `tenant` is the directory's identifier (not its domain, which no
 * ID token names); `common` (default), `organizations` and `consumers` are for accounts of several tenants. A
 * refresh token needs the scope `offline_access`; the granted scope never shows it. There is no revocation
 * endpoint: `end_session_endpoint` signs the browser out. Refresh tokens of a SPA registration live 24 hours.
 * For many tenants the issuer is a template, and an ID token comes from the tenant of its claim `tid`.
 * Without a source: the refusal words, the addresses of log-out and keys, the issuer of personal accounts.
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow (stored copy
 * without a date)
 */
export function microsoft({ tenant = 'common' }: { tenant?: string } = {}): Provider {
  const base = `https://login.microsoftonline.com/${encodeURIComponent(tenant)}`
  const issuers: Record<string, string> = {
    common: '{tenantid}',
    organizations: '{tenantid}',
    consumers: PERSONAL,
  }
  return defineProvider({
    server: {
      issuer: `https://login.microsoftonline.com/${issuers[tenant] ?? tenant}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    endedBy: ['interaction_required', 'consent_required', 'login_required'],
  })
}
