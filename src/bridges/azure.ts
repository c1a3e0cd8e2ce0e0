import { refreshToken } from '../session/fetch-token.js'
import type { OAuth2Session } from '../session/session-options.js'

/** The options with which an Azure client asks for a token. */
export interface AzureTokenOptions {
  abortSignal?: unknown
  /** The claims of a challenge: the API requires a token with them. */
  claims?: string
}

/** An access token as Azure clients take it. */
export interface AzureAccessToken {
  token: string
  /** Milliseconds since the epoch. */
  expiresOnTimestamp: number
}

/** The part of `TokenCredential` (`@azure/core-auth`) that Azure clients call. */
export interface AzureTokenCredential {
  getToken(scopes: string | string[], options?: AzureTokenOptions): Promise<AzureAccessToken>
}

/** A token of unknown expiry is requested again after five minutes, in milliseconds. */
const UNKNOWN_LIFE = 300_000

/**
 * Creates the `TokenCredential` that clients of the Azure SDK take. Every set of scopes has an access token
 * of its own on the session's grant. The claims of a challenge cause a renewal that asks for them.
 * @throws OAuthError as `session.token()` does
 * @see https://www.rfc-editor.org/rfc/rfc6750
 * @example
 * const secrets = new SecretClient('https://vault.example.com', azureCredential(session))
 */
export function azureCredential(session: OAuth2Session): AzureTokenCredential {
  return {
    async getToken(scopes, { claims, abortSignal } = {}) {
      const scope = typeof scopes === 'string' ? scopes : scopes.join(' ')
      const target = scope ? session.for({ scope }) : session
      const signal = abortSignal as AbortSignal | undefined
      const token = claims
        ? await refreshToken(target, { parameters: { claims } })
        : await target.token(signal && { signal })
      const { access_token, expires_at } = token
      const expiresOnTimestamp = expires_at ? expires_at * 1000 : Date.now() + UNKNOWN_LIFE
      return { token: access_token, expiresOnTimestamp }
    },
  }
}
