import { commaScope, defineProvider, spaceScope } from './provider.js'

/**
 * TikTok (Login Kit, v2). The client is `client_key` everywhere, scopes have commas. Access tokens live 2
 * hours (24 in an older page), refresh tokens rotate. A log-out ends the session here: revocation takes an
 * access token. Without a source: commas in the authorization URL.
 * @see https://developers.tiktok.com/docs/en/oauth-refresh-a-user-access-token (2026-11-02)
 * @see https://developers.tiktok.com/doc/oauth-user-access-token-management (stored copy without a date)
 */
export const tiktok = defineProvider({
  server: {
    authorization_endpoint: 'https://www.tiktok.com/v2/auth/authorize/',
    token_endpoint: 'https://open.tiktokapis.com/v2/oauth/token/',
  },
  clientAuth({ body }, { client: { client_id, client_secret } }) {
    body.delete('client_id')
    body.set('client_key', client_id)
    if (client_secret) body.set('client_secret', client_secret)
  },
  hooks: {
    authorizationUrl: [
      commaScope,
      ({ searchParams }) => {
        searchParams.set('client_key', searchParams.get('client_id') ?? '')
        searchParams.delete('client_id')
      },
    ],
    tokenResponse: spaceScope,
    refreshResponse: spaceScope,
  },
})
