import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import type { Clock } from '../lib/clock.js'
import type { Send, ServerMetadata, ServerRequest, ServerSource } from './messages.js'
import { processServerResponse } from './token-response.js'
import { secureUrl } from './url.js'

/** Options of {@link discover}. */
export interface DiscoveryOptions {
  /** Endpoints and the like that win over what the document says. */
  metadata?: ServerMetadata
  /** Seconds after which the document is read again; default: never. If that fails, the old one is used for another minute. */
  maxAge?: number
  /** Which kind of document to ask for; default: first `oauth2` (RFC 8414), then `oidc` (OpenID Connect). */
  algorithm?: 'oauth2' | 'oidc'
  headers?: Record<string, string>
  /** Seconds for one document; default 10. */
  timeout?: number
}

/**
 * Where an issuer's metadata may be, in the order in which it is looked for.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when the issuer has a query or a fragment, `OAUTH_INSECURE_URL`
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.1
 */
export function discoveryUrls(
  issuer: string,
  algorithm?: 'oauth2' | 'oidc',
  allowInsecure?: true | string[] | undefined,
): string[] {
  const { origin, pathname, username, password } = secureUrl(issuer, 'issuer', allowInsecure)
  if (/[?#]/.test(issuer) || username || password) throw oauthError('OAUTH_INVALID_OPTION', 'issuer')
  const path = pathname.replace(/\/$/, '')
  const known = `${origin}/.well-known/`
  const oidc = [`${known}openid-configuration${path}`, `${origin}${path}/.well-known/openid-configuration`]
  const urls = algorithm === 'oidc' ? oidc.reverse() : [`${known}oauth-authorization-server${path}`]
  return [...new Set(algorithm ? urls : [...urls, ...oidc])]
}

/**
 * Judges a metadata document.
 * @throws OAuthError `OAUTH_ISSUER_MISMATCH` when it belongs to another issuer; `OAUTH_DISCOVERY_FAILED` when it is none
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.3
 */
export function processDiscoveryResponse(
  response: Awaited<ReturnType<Send>>,
  issuer: string,
  now: number,
): ServerMetadata {
  const document = processServerResponse(response, now)
  if (response.status !== 200 || typeof document.issuer !== 'string')
    throw oauthError(
      'OAUTH_DISCOVERY_FAILED',
      'noDocument',
      { status: response.status },
      {
        status: response.status,
      },
    )
  if (document.issuer !== issuer)
    throw oauthError('OAUTH_ISSUER_MISMATCH', 'metadata', { issuer, found: document.issuer.slice(0, 200) })
  return document
}

/**
 * The metadata of an issuer, read on first need and once for everybody; a failure is not remembered.
 * Calls throw `OAUTH_DISCOVERY_FAILED` when there is no document (`cause`: why, for the last place), `OAUTH_ISSUER_MISMATCH` when
 * there is one of another issuer (compared as it is written), `OAUTH_INSECURE_URL`, `OAUTH_INVALID_OPTION`.
 * @see https://www.rfc-editor.org/rfc/rfc8414
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export function discover(issuer: string, options: DiscoveryOptions = {}): ServerSource & { readonly issuer: string } {
  const { metadata, maxAge = Number.POSITIVE_INFINITY, algorithm, timeout = 10 } = options
  let known: ServerMetadata | undefined
  let until = 0
  let pending: Promise<ServerMetadata> | undefined

  const read = async (send: Send, clock: Clock, urls: string[]): Promise<ServerMetadata> => {
    let cause: OAuthError | undefined
    for (const address of urls) {
      const request: ServerRequest = {
        endpoint: 'discovery',
        method: 'GET',
        url: new URL(address),
        headers: { Accept: 'application/json', ...options.headers },
        body: new URLSearchParams(),
        timeout,
      }
      try {
        return { ...processDiscoveryResponse(await send(request), issuer, clock()), ...metadata }
      } catch (error) {
        // another place may have it: a page that does not exist answers in many ways, also with another issuer's document
        if (!isOAuthError(error)) throw error
        if (!isOAuthError(cause, 'OAUTH_ISSUER_MISMATCH')) cause = error
      }
    }
    if (isOAuthError(cause, 'OAUTH_ISSUER_MISMATCH')) throw cause
    const { status, retryAfter } = (cause ?? {}) as Partial<OAuthError>
    throw oauthError(
      'OAUTH_DISCOVERY_FAILED',
      'nowhere',
      { issuer, urls: urls.join(', ') },
      {
        cause,
        status,
        retryAfter,
      },
    )
  }

  const renew = async ({ send, clock, allowInsecure }: Parameters<ServerSource>[0]) => {
    const started = clock()
    try {
      known = await read(send, clock, discoveryUrls(issuer, algorithm, allowInsecure))
      until = started + maxAge
    } catch (error) {
      if (!known) throw error
      until = clock() + 60
    }
    return known
  }
  const source: ServerSource = context => {
    if (known && context.clock() < until) return known
    pending ??= renew(context).finally(() => {
      pending = undefined
    })
    return pending
  }
  return Object.assign(source, { issuer })
}
