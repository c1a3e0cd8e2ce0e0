import { oauthError } from '../errors.js'
import { percentEncode } from '../lib/percent.js'

/** A parameter whose name and value are percent-encoded. */
export type EncodedParameter = readonly [name: string, value: string]

/** Percent-encodes the name and the value of a parameter. */
export const encodeParameter = (name: string, value: string): EncodedParameter => [
  percentEncode(name),
  percentEncode(value),
]

const UNRESERVED = /^[\w.~-]*$/

/**
 * An escape or other text of the wire, in the encoding of OAuth. Escapes need not be UTF-8: a server signs
 * the same bytes.
 */
function reencodePart(part: string): string {
  if (part.length !== 3 || part[0] !== '%') return percentEncode(part)
  const character = String.fromCharCode(Number.parseInt(part.slice(1), 16))
  return UNRESERVED.test(character) ? character : part.toUpperCase()
}

/** Percent-encodes wire text in the encoding of OAuth. */
function reencode(wire: string): string {
  if (UNRESERVED.test(wire)) return wire
  const spaced = wire.replace(/\+/g, ' ')
  try {
    return percentEncode(decodeURIComponent(spaced))
  } catch {
    return spaced.replace(/%[\da-f]{2}|%|[^\w.~%-]+/gi, reencodePart)
  }
}

/** The pairs of a query or a form, in their wire encoding. */
export const pairsOf = (wire: string): string[] => wire.split('&').filter(Boolean)

/** Splits a pair at its first equals sign, and percent-encodes both sides again. */
export function encodePair(pair: string): EncodedParameter {
  const end = pair.indexOf('=')
  return end < 0 ? [reencode(pair), ''] : [reencode(pair.slice(0, end)), reencode(pair.slice(end + 1))]
}

/**
 * Reads the parameters of a query or a form for the base string.
 * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a `%` that begins no escape, unless `lenient` or at the end
 * of a pair, where everybody takes it for a percent sign
 */
export function wireParameters(wire: string, lenient = false): EncodedParameter[] {
  if (!lenient && /%(?!$|&|[\da-f]{2})/i.test(wire)) throw oauthError('OAUTH_SIGNATURE_FAILED', 'percent')
  return pairsOf(wire).map(encodePair)
}

// Less than every character of an encoded name or value, so that `a` comes before `a-b` and its values stay
// together.
const SEPARATOR = '\n'

/**
 * Joins the parameters in the order of the specification (by encoded name, then by encoded value), and
 * encodes the result a second time: in encoded text only three characters need that.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.3.2
 */
const normalizeParameters = (parameters: readonly EncodedParameter[]): string =>
  parameters
    .map(([name, value]) => name + SEPARATOR + value)
    .sort()
    .join('&')
    .replaceAll('%', '%25')
    .replaceAll('&', '%26')
    .replaceAll(SEPARATOR, '%3D')

/**
 * The signature base string. `method` is in upper case, `uri` the base string URI.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.1
 */
export const baseString = (method: string, uri: string, parameters: readonly EncodedParameter[]): string =>
  `${percentEncode(method)}&${percentEncode(uri)}&${normalizeParameters(parameters)}`
