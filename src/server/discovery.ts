import { secureUrl } from '../auth/origins.js'
import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { isIssuer, issuerOfDocument } from './issuer.js'
import type { Send, ServerMetadata, ServerRequest, ServerSource } from './messages.js'
import { checkReach } from './private-address.js'
import { processServerResponse } from './token-response.js'

/** Options of {@link discover}. */
export interface DiscoveryOptions {
  /** Endpoints and other members that win over the document. */
  metadata?: ServerMetadata
  /**
   * Seconds after which the document is read again; default: never. If that fails, the old one is used for
   * another minute.
   */
  maxAge?: number
  /** Which kind of document to ask for; default: first `oauth2` (RFC 8414), then `oidc` (OpenID Connect). */
  algorithm?: 'oauth2' | 'oidc'
  /**
   * The address of the issuer for this process, if it differs from its name: an inner host of a cluster, or
   * the whole address of the document.
   */
  address?: string
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
 * Judges a metadata document, which must belong to `issuer`, or to one of them.
 * @throws OAuthError `OAUTH_ISSUER_MISMATCH` when it belongs to another issuer; `OAUTH_DISCOVERY_FAILED` when
 * it is none
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.3
 */
export function processDiscoveryResponse(
  response: Awaited<ReturnType<Send>>,
  issuer: string | readonly string[],
  now: number,
): ServerMetadata {
  const { status } = response
  const document = processServerResponse(response, now)
  if (status !== 200 || typeof document.issuer !== 'string')
    throw oauthError('OAUTH_DISCOVERY_FAILED', 'noDocument', { status }, { status })
  const published = document.issuer
  const wanted = [issuer].flat()
  if (!wanted.some(name => isIssuer(published, name)))
    throw oauthError('OAUTH_ISSUER_MISMATCH', 'metadata', {
      issuer: wanted[0],
      found: published.slice(0, 200),
    })
  return document
}

/** Addresses that this machine itself would ask; the others are for the person's browser. */
const isAsked = (name: string) =>
  /(_endpoint|^jwks_uri)$/.test(name) && !/^(authorization|end_session)_endpoint$/.test(name)

/**
 * Refuses a document by which a public server sends this machine into a private network. The
 * endpoints in `metadata` are the application's own and are not checked.
 */
function checkEndpoints(
  document: ServerMetadata,
  metadata: ServerMetadata | undefined,
  from: string[],
  allowInsecure?: true | string[] | undefined,
): void {
  const told: Record<string, unknown> = { ...document }
  for (const name in metadata) delete told[name]
  for (const [name, address] of Object.entries(told).concat(
    Object.entries(Object(told.mtls_endpoint_aliases)),
  ))
    if (isAsked(name)) checkReach(address, name, from, allowInsecure)
}

/**
 * Another address may have the document: servers answer for a missing page in many ways, even with another
 * issuer's document.
 */
function moreTelling(known: OAuthError | undefined, error: unknown): OAuthError {
  if (!isOAuthError(error) || isOAuthError(error, 'OAUTH_INSECURE_URL')) throw error
  return isOAuthError(known, 'OAUTH_ISSUER_MISMATCH') ? known : error
}

/** Reads the document from the first place that has it. */
async function readDocument(
  issuer: string,
  { address = issuer, algorithm, metadata, headers, timeout = 10 }: DiscoveryOptions,
  { send, clock, allowInsecure }: Parameters<ServerSource>[0],
): Promise<ServerMetadata> {
  const named = issuerOfDocument(address)
  const urls =
    named === undefined
      ? discoveryUrls(address, algorithm, allowInsecure)
      : [secureUrl(address, 'issuer', allowInsecure).href]
  // The address of a document does not show whether the issuer ends with a slash.
  const expected = named === issuer ? [issuer, `${issuer}/`] : issuer
  let cause: OAuthError | undefined
  for (const place of urls) {
    const request: ServerRequest = {
      endpoint: 'discovery',
      method: 'GET',
      url: new URL(place),
      headers: { Accept: 'application/json', ...headers },
      body: new URLSearchParams(),
      timeout,
    }
    try {
      const document = processDiscoveryResponse(await send(request), expected, clock())
      checkEndpoints(document, metadata, [issuer, address], allowInsecure)
      return { ...document, ...metadata }
    } catch (error) {
      cause = moreTelling(cause, error)
    }
  }
  if (isOAuthError(cause, 'OAUTH_ISSUER_MISMATCH')) throw cause
  const { status, retryAfter } = (cause ?? {}) as Partial<OAuthError>
  const values = { issuer, urls: urls.join(', ') }
  throw oauthError('OAUTH_DISCOVERY_FAILED', 'notFound', values, { cause, status, retryAfter })
}

/**
 * The metadata of an issuer, read on first use and once for all sessions; a failure is not cached. It also
 * takes the whole address of a metadata document. Calls throw `OAUTH_DISCOVERY_FAILED` if there is no
 * document (`cause`: the reason at the last address), `OAUTH_ISSUER_MISMATCH` for a document of another
 * issuer (compared as strings), `OAUTH_INSECURE_URL` (also if a public server names an endpoint in a private
 * network, unless `allowInsecure` or `metadata` name it), `OAUTH_INVALID_OPTION`.
 * @example
 * const session = createOAuth2Session({ server: discover('https://auth.example.com'), client: { client_id: 'app' } })
 * @see https://www.rfc-editor.org/rfc/rfc8414
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export function discover(
  issuer: string,
  options: DiscoveryOptions = {},
): ServerSource & { readonly issuer: string } {
  const name = issuerOfDocument(issuer) ?? issuer
  const { maxAge = Number.POSITIVE_INFINITY, address = issuer } = options
  let known: ServerMetadata | undefined
  let until = 0
  let pending: Promise<ServerMetadata> | undefined

  const renew = async (context: Parameters<ServerSource>[0]) => {
    const started = context.clock()
    try {
      known = await readDocument(name, { ...options, address }, context)
      until = started + maxAge
    } catch (error) {
      if (!known) throw error
      until = context.clock() + 60
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
  return Object.assign(source, { issuer: name })
}
