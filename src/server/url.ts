import { isSecure } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import { addQuery } from '../lib/url.js'

/**
 * Parses a URL that credentials may go to.
 * @throws OAuthError `OAUTH_INSECURE_URL` when it is not an absolute https URL, is no loopback, and
 * `allowInsecure` does not name its origin.
 */
export function secureUrl(value: string | URL, name: string, allowInsecure?: true | string[]): URL {
  try {
    const url = new URL(value)
    if (isSecure(url, allowInsecure)) return url
  } catch {}
  throw oauthError('OAUTH_INSECURE_URL', 'endpoint', { name })
}

/**
 * Adds parameters to the query of a URL and answers the new one; what stands there already stays as it is.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.1
 */
export const appendQuery = (url: URL, parameters: URLSearchParams): URL => addQuery(url, `${parameters}`)
