import { OAuthError } from '../errors.js'
import { percentEncode, percentNormalize } from '../lib/percent.js'

/** A name or a value as it stands in the base string: percent-encoded twice. */
const twice = (encoded: string): string => encoded.replace(/%/g, '%25')

/**
 * One entry of the list that becomes the signature base string. A blank between name and value makes the list sort by name
 * first, since it is less than any character of an encoded name.
 */
export const entry = (name: string, value: string): string =>
  `${twice(percentEncode(name))} ${twice(percentEncode(value))}`

/**
 * Adds the parameters of a query or a form, as they stand on the wire, to `entries`.
 * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a name in `taken`, and for a `%` that begins no escape unless `lenient`.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.3.1
 */
export function collect(
  entries: string[],
  wire: string,
  taken: ReadonlySet<string>,
  lenient: boolean | undefined,
): void {
  const stray = (text: string): string => {
    // a % at the very end of a value is read as a percent sign by everybody
    if (lenient || text.endsWith('%')) return '%25'
    throw new OAuthError(
      'OAUTH_SIGNATURE_FAILED',
      'A % in the query or form begins no escape: write %25, or set lenient',
    )
  }
  for (const pair of wire.split('&')) {
    if (!pair) continue
    const at = pair.indexOf('=')
    const name = twice(percentNormalize(at < 0 ? pair : pair.slice(0, at), stray))
    if (taken.has(name))
      throw new OAuthError(
        'OAUTH_SIGNATURE_FAILED',
        `The request has a parameter ${name} of its own: rename or remove it`,
      )
    entries.push(`${name} ${at < 0 ? '' : twice(percentNormalize(pair.slice(at + 1), stray))}`)
  }
}

/**
 * The signature base string; `uri` has neither query nor fragment.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.1
 */
export const baseString = (method: string, uri: string, entries: string[]): string =>
  `${percentEncode(method)}&${percentEncode(uri)}&${entries.sort().join('%26').replace(/ /g, '%3D')}`
