import type { OutgoingRequest } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { type EncodedParameter, encodePair, pairsOf } from './base-string.js'
import { FORM_TYPE } from './body.js'
import type { Placement } from './options.js'

/**
 * The realm as an auth-param, its quotes and backslashes escaped.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a control character, which would begin another header
 */
export function realmParameter(realm: string): string {
  if (/[^\t\x20-\x7e\x80-\uffff]/.test(realm)) throw oauthError('OAUTH_INVALID_OPTION', 'realm')
  return `realm="${realm.replace(/["\\]/g, '\\$&')}"`
}

/** The value of an `Authorization` header: the realm first, then the parameters in their order. */
export function headerOf(parameters: readonly EncodedParameter[], realm: string | undefined): string {
  const list = parameters.map(([name, value]) => `${name}="${value}"`)
  if (realm !== undefined) list.unshift(realmParameter(realm))
  return `OAuth ${list.join(', ')}`
}

const joined = (parameters: readonly EncodedParameter[]) =>
  parameters.map(([name, value]) => `${name}=${value}`).join('&')

/**
 * A URL without parameters of these names. A redirect, or the link to the next page, repeats those of the
 * request before.
 */
export function withoutParameters(url: string, names: readonly string[]): string {
  const [path = '', query] = url.split(/\?(.*)/s)
  if (!query?.includes('oauth')) return url
  const kept = pairsOf(query).filter(pair => !names.includes(encodePair(pair)[0]))
  return kept.length ? `${path}?${kept.join('&')}` : path
}

/** The target of the parameters, and the content before them. */
export interface PlacementTarget {
  readonly placement: Placement
  readonly realm: string | undefined
  /** The URL that was signed. */
  readonly url: string
  /** The form that was signed, `''` when there is none. */
  readonly form: string
}

/**
 * Writes the signed parameters on the request.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.5
 */
export function writeParameters(
  request: OutgoingRequest,
  parameters: readonly EncodedParameter[],
  { placement, realm, url, form }: PlacementTarget,
): void {
  if (placement === 'header') request.setHeader('authorization', headerOf(parameters, realm))
  else if (placement === 'query') request.url = `${url}${url.includes('?') ? '&' : '?'}${joined(parameters)}`
  else {
    if (!form) request.setHeader('content-type', FORM_TYPE)
    request.setHeader('content-length', undefined)
    request.data = form ? `${form}&${joined(parameters)}` : joined(parameters)
  }
}
