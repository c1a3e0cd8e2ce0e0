import { oauthError } from '../errors.js'

/**
 * Where credentials may go: origins (`https://api.example.com`), URL prefixes that match whole path segments
 * (`https://example.com/api`), or a function that is asked for every request.
 */
export type AllowedOrigins = string | readonly string[] | ((url: URL) => boolean)

/** Origins that may be plain http, or `true` for any; loopback always may. */
export type AllowInsecure = true | readonly string[]

/** A rule made of {@link AllowedOrigins}. */
export interface OriginRule {
  /** The prefixes, normalised, without a final slash; `undefined` when a function decides. */
  readonly prefixes: readonly string[] | undefined
  /**
   * True when a credential may go to this URL.
   * @throws OAuthError `OAUTH_INSECURE_URL` when a function allowed a URL that is not https.
   */
  allows(url: URL): boolean
}

/**
 * True for a URL in the clear to `localhost`, 127.0.0.0/8 or `[::1]`: it never leaves the machine, and only
 * that is why it may be so.
 */
export const isClearLoopback = (url = ''): boolean =>
  /^http:\/\/(localhost|127(\.\d+){3}|\[::1\])([:/?#]|$)/i.test(url)

/** True for a host of this machine. */
export const isLoopback = ({ hostname }: URL): boolean => isClearLoopback(`http://${hostname}`)

/**
 * True when a secret may travel to this URL: https, loopback, or an origin that `allowInsecure` names.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-1.6
 */
export function isSecure(url: URL, allowInsecure?: AllowInsecure): boolean {
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' &&
      (isLoopback(url) ||
        allowInsecure === true ||
        !!allowInsecure?.some(entry => parse(entry)?.origin === url.origin)))
  )
}

/** Parses a URL; `undefined` where it is none. */
export function parse(url: string, base?: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}

// a decoded `..` behind an encoded slash would leave the prefix at a server that decodes the path
const ESCAPES = /(^|\/|%2f|%5c)(\.|%2e){2}(%2f|%5c|\/|$)/i

/** True when `url`, an origin with a path, lies at or under `prefix`. */
export function isUnder(url: string, prefix: string): boolean {
  return url === prefix || url.startsWith(`${prefix}/`)
}

/**
 * Makes the rule that says which requests may carry credentials. `fallback`, an origin, is it where `allowed`
 * says nothing.
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
