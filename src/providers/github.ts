import { defineProvider, spaceScope } from './provider.js'

/**
 * GitHub, for OAuth apps and GitHub Apps. It answers refusals with status 200, separates granted scopes by
 * commas, and answers `bad_refresh_token` if the person must sign in again. Tokens of an OAuth app do not
 * expire; those of a GitHub App live 8 hours, their refresh tokens 6 months, and both rotate. GitHub has no
 * revocation endpoint of RFC 7009: a log-out ends the session here, and an application deletes the grant with
 * the REST API.
 * @see https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps (stored copy
 * without a date)
 * @see https://github.blog/changelog/ (2020-04-30, expiring user-to-server access tokens)
 */
export const github = defineProvider({
  server: {
    authorization_endpoint: 'https://github.com/login/oauth/authorize',
    token_endpoint: 'https://github.com/login/oauth/access_token',
    device_authorization_endpoint: 'https://github.com/login/device/code',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  hooks: { tokenResponse: spaceScope, refreshResponse: spaceScope },
})
