import { isSecure, parse } from '../auth/origins.js'
import { outgoing, type PlainRequest } from '../auth/plain-request.js'
import { oauthError } from '../errors.js'
import { requestUrl } from '../lib/url.js'
import { baseString, encodeParameter, wireParameters } from './base-string.js'
import { FORM_TYPE } from './body.js'
import type { OAuth1Options } from './options.js'
import { headerOf } from './placement.js'
import { createSigner } from './signer.js'

function absolute(url: string): URL {
  const parsed = parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw oauthError('OAUTH_SIGNATURE_FAILED', 'url')
  return parsed
}

/**
 * The base string URI: scheme and authority in lower case, no default port, no user, no query, no fragment;
 * the path in the form of the URL standard. `host`, a differing `Host` header, overrides the authority.
 * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a URL without scheme or host, or with an impossible port.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.2
 */
export function baseStringUri(url: string, host?: string): string {
  const { protocol, host: own, pathname } = absolute(url)
  return `${protocol}//${host ? absolute(`${protocol}//${host}`).host : own}${pathname}`
}

/**
 * The signature base string of a method, a URL with its query, and further decoded parameters: those of the
 * protocol and of a form body. `oauth_signature` among them is ignored; the caller must omit `realm`.
 * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a URL that cannot be signed.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.1
 */
export function signatureBaseString(
  method: string,
  url: string,
  parameters: Iterable<readonly [name: string, value: string]> = [],
  options: { host?: string; lenient?: boolean } = {},
): string {
  const own = Array.from(parameters)
    .filter(([name]) => name !== 'oauth_signature')
    .map(([name, value]) => encodeParameter(name, value))
  const query = wireParameters(absolute(url).search.slice(1), options.lenient)
  return baseString(method.toUpperCase(), baseStringUri(url, options.host), [...query, ...own])
}

/**
 * The value of an `Authorization` header. `realm` comes first, its quotes and backslashes escaped.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a realm with a control character
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.5.1
 */
export function authorizationHeader(
  parameters: Iterable<readonly [name: string, value: string]>,
  realm?: string,
): string {
  return headerOf(
    Array.from(parameters, ([name, value]) => encodeParameter(name, value)),
    realm,
  )
}

/**
 * Signs one request for a client other than axios: returns a copy with the protocol parameters in the header,
 * the query or the form body. Send its URL unchanged.
 * @throws OAuthError as the signer does: `OAUTH_INVALID_OPTION`, `OAUTH_SIGNATURE_FAILED`,
 * `OAUTH_CRYPTO_MISSING`; and `OAUTH_INSECURE_URL` for PLAINTEXT over plain http.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.1
 */
export async function signRequest<R extends PlainRequest>(
  request: R,
  options: OAuth1Options,
): Promise<R & { headers: Record<string, string> }> {
  const url = absolute(request.url)
  const { hash } = url
  const signer = createSigner(options)
  if (!isSecure(url, signer.allowInsecure)) throw oauthError('OAUTH_INSECURE_URL', 'plaintext')
  const signed = { ...request, url: requestUrl(url), headers: { ...request.headers } }
  const view = outgoing(signed)
  // Every HTTP client sends URLSearchParams under this type.
  if (
    Object.prototype.toString.call(request.data) === '[object URLSearchParams]' &&
    !view.header('content-type')
  )
    view.setHeader('Content-Type', `${FORM_TYPE};charset=UTF-8`)
  await signer.sign(view, { token: options.token })
  signed.url += hash
  return signed
}
