import { addParameters, defineProvider, sendJson } from './provider.js'

/**
 * Atlassian (Jira, Confluence), OAuth 2.0 (3LO). Calls to the token endpoint are JSON with the secret in it.
 * A refresh token needs the scope `offline_access` and can be used once. APIs are at
 * `https://api.atlassian.com/ex/jira/{cloudid}`. There is no revocation endpoint: a log-out ends the session
 * here. Without a source: JSON at the token endpoint, `prompt=consent`, that there is no revocation endpoint.
 * @see https://developer.atlassian.com/cloud/confluence/oauth-2-3lo-apps/ (2025-06-30)
 */
export const atlassian = defineProvider({
  server: {
    authorization_endpoint: 'https://auth.atlassian.com/authorize',
    token_endpoint: 'https://auth.atlassian.com/oauth/token',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  hooks: {
    authorizationUrl: addParameters({ audience: 'api.atlassian.com', prompt: 'consent' }),
    tokenRequest: sendJson,
    refreshRequest: sendJson,
  },
})
