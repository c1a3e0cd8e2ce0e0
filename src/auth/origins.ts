import { oauthError } from '../errors.js'

/**
 * The allowed targets of credentials: origins (`https://api.example.com`), URL prefixes that match whole path
 * segments (`https://example.com/api`), or a function that is called for every request.
 */
export type AllowedOrigins = string | readonly string[] | ((url: URL) => boolean)

/** Origins that may be plain http, or `true` for any; loopback always may. */
export type AllowInsecure = true | readonly string[]

/** A rule for {@link AllowedOrigins}. */
export interface OriginRule {
  /** The prefixes, normalised, without a final slash; `undefined` if a function decides. */
  readonly prefixes: readonly string[] | undefined
  /**
   * True if a credential may go to this URL.
   * @throws OAuthError `OAUTH_INSECURE_URL` when a function allowed a URL that is not https.
   */
  allows(url: URL): boolean
}

/** True for a plain http URL to `localhost`, 127.0.0.0/8 or `[::1]`, which never leaves the machine. */
export const isClearLoopback = (url = ''): boolean =>
  /^http:\/\/(localhost|127(\.\d+){3}|\[::1\])([:/?#]|$)/i.test(url)

/** True for a host of this machine. */
export const isLoopback = ({ hostname }: URL): boolean => isClearLoopback(`http://${hostname}`)

/**
 * True if a secret may go to this URL: https, loopback, or an origin that `allowInsecure` names.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-1.6
 */
export const isSecure = (url: URL, allowInsecure?: AllowInsecure): boolean =>
  url.protocol === 'https:' ||
  (url.protocol === 'http:' &&
    (isLoopback(url) ||
      allowInsecure === true ||
      !!allowInsecure?.some(entry => parse(entry)?.origin === url.origin)))

/** Parses a URL; `undefined` if it is not valid. */
export function parse(url: string, base?: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}

/**
 * Parses a URL that credentials may go to.
 * @throws OAuthError `OAUTH_INSECURE_URL` when it is not an absolute https URL, is no loopback, and
 * `allowInsecure` does not name its origin.
 */
export function secureUrl(value: string | URL, name: string, allowInsecure?: AllowInsecure): URL {
  const url = parse(`${value}`)
  if (url && isSecure(url, allowInsecure)) return url
  throw oauthError('OAUTH_INSECURE_URL', 'endpoint', { name })
}

// An encoded slash can hide a `..` that leaves the prefix on a server that decodes the path.
const ESCAPES = /(^|\/|%2f|%5c)(\.|%2e){2}(%2f|%5c|\/|$)/i

/** True if `url`, an origin with a path, is at or under `prefix`. */
export function isUnder(url: string, prefix: string): boolean {
  return url === prefix || url.startsWith(`${prefix}/`)
}

/**
 * Creates the rule for requests with credentials. `fallback`, an origin, applies without `allowed`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an entry that is no origin or URL prefix,
 * `OAUTH_INSECURE_URL` for one that is not https, `OAUTH_ORIGIN_REQUIRED` when there is nothing to go by.
 */
export function originRule(
  allowed: AllowedOrigins | undefined,
  fallback: string | undefined,
  allowInsecure?: AllowInsecure,
): OriginRule {
  const insist = (url: URL) => {
    if (isSecure(url, allowInsecure)) return true
    throw oauthError('OAUTH_INSECURE_URL', 'origin', { origin: url.origin })
  }
  if (typeof allowed === 'function')
    return { prefixes: undefined, allows: url => allowed(url) === true && insist(url) }
  const entries = allowed ?? fallback
  if (!entries?.length) throw oauthError('OAUTH_ORIGIN_REQUIRED', 'noRule')
  const prefixes = ([] as readonly string[]).concat(entries).map(entry => {
    const url = typeof entry === 'string' ? parse(entry) : undefined
    if (!url || !/^https?:$/.test(url.protocol) || /[*?#@]/.test(entry))
      throw oauthError('OAUTH_INVALID_OPTION', 'allowedOrigins')
    insist(url)
    return url.origin + url.pathname.replace(/\/+$/, '')
  })
  return {
    prefixes,
    allows: url =>
      prefixes.some(
        prefix =>
          url.origin === prefix ||
          (isUnder(url.origin + url.pathname, prefix) && !ESCAPES.test(url.pathname)),
      ),
  }
}
