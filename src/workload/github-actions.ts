import { secureUrl } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import { fetchText } from './metadata-server.js'
import { type Environment, readToken, type WorkloadToken } from './text.js'

/** Options of {@link githubActionsToken}. */
export interface GithubActionsOptions {
  /** The audience of the token. Default: GitHub's own, the owner of the repository. */
  audience?: string
  /** Seconds for the answer. Default 30. */
  timeout?: number
  /** Default `process.env`. */
  environment?: Environment
  /** Default `globalThis.fetch`. */
  fetch?: typeof globalThis.fetch
}

/**
 * The ID token of a GitHub Actions job with the permission `id-token: write`, requested again each time.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` anywhere else; `OAUTH_SOURCE_FAILED` when GitHub refuses or does
 * not answer; `OAUTH_INSECURE_URL`
 * @see https://docs.github.com/en/actions/concepts/security/openid-connect
 */
export const githubActionsToken =
  ({
    audience,
    environment = globalThis.process?.env,
    timeout = 30,
    fetch = globalThis.fetch,
  }: GithubActionsOptions = {}): WorkloadToken =>
  async () => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = environment ?? {}
    if (!address || !token) throw oauthError('OAUTH_SOURCE_ABSENT', 'githubActions')
    const url = secureUrl(address, 'ACTIONS_ID_TOKEN_REQUEST_URL')
    if (audience !== undefined) url.searchParams.set('audience', audience)
    const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json' }
    return readToken(await fetchText({ url: url.href, headers, timeout, fetch }, true), url.host, {
      member: 'value',
    })
  }
