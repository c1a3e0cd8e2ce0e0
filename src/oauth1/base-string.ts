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
 * Percent-encodes what stands on the wire as OAuth wants it. It is never decoded as a whole: its escapes need not be UTF-8,
 * and a server signs the same bytes.
 */
function reencode(wire: string): string {
  if (UNRESERVED.test(wire)) return wire
  return wire.replace(/\+/g, ' ').replace(/%[\da-f]{2}|%|[^\w.~%-]+/gi, part => {
    if (part.length !== 3 || part[0] !== '%') return percentEncode(part)
    const character = String.fromCharCode(Number.parseInt(part.slice(1), 16))
    return UNRESERVED.test(character) ? character : part.toUpperCase()
  })
}

/** The pairs of a query or a form, as they stand on the wire. */
export const pairsOf = (wire: string): string[] => wire.split('&').filter(Boolean)

/** Splits a pair at its first equals sign, and percent-encodes both sides anew. */
export function encodePair(pair: string): EncodedParameter {
  const end = pair.indexOf('=')
  return end < 0 ? [reencode(pair), ''] : [reencode(pair.slice(0, end)), reencode(pair.slice(end + 1))]
}

/**
 * Reads the parameters of a query or a form for the base string.
 * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a `%` that begins no escape, unless `lenient` or at the end of a pair, where
 * everybody takes it for a percent sign
 */
export function wireParameters(wire: string, lenient = false): EncodedParameter[] {
  const pairs = pairsOf(wire)
  if (!lenient && pairs.some(pair => /%(?!$|[\da-f]{2})/i.test(pair)))
    throw oauthError('OAUTH_SIGNATURE_FAILED', 'percent')
  return pairs.map(encodePair)
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/**
 * Joins the parameters in the order that client and server agree on: by name, then by value, both encoded.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.3.2
 */
export function normalizeParameters(parameters: readonly EncodedParameter[]): string {
  return [...parameters]
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/**
 * The signature base string. `method` is in upper case, `uri` the base string URI.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.1
 */
export const baseString = (method: string, uri: string, parameters: readonly EncodedParameter[]): string =>
  [method, uri, normalizeParameters(parameters)].map(percentEncode).join('&')
