import { defineProvider, type Provider } from './provider.js'

/**
 * GitLab, the hosted one or a self-managed one under `url`. Access tokens live 2 hours; refresh tokens
 * rotate.
 * @see https://docs.gitlab.com/api/oauth2/ (stored copy without a date)
 */
export function gitlab({ url = 'https://gitlab.com' }: { url?: string } = {}): Provider {
  const base = url.replace(/\/$/, '')
  return defineProvider({
    server: {
      issuer: base,
      authorization_endpoint: `${base}/oauth/authorize`,
      token_endpoint: `${base}/oauth/token`,
      device_authorization_endpoint: `${base}/oauth/authorize_device`,
      revocation_endpoint: `${base}/oauth/revoke`,
      userinfo_endpoint: `${base}/oauth/userinfo`,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    },
  })
}
