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
 * What OAuth writes in another way: other characters, and escapes in lower case or of unreserved characters.
 */
const OTHERWISE = /[^\w.~%-]|%(?![\dA-F]{2})|%(2[DE]|3\d|[46][1-9A-F]|5[\dAF]|7[\dAE])/

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
  if (UNRESERVED.test(wire) || !OTHERWISE.test(wire)) return wire
  try {
    return percentEncode(decodeURIComponent(wire))
  } catch {
    return wire.replace(/%[\da-f]{2}|%|[^\w.~%-]+/gi, reencodePart)
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
  return pairsOf(wire.replace(/\+/g, '%20')).map(encodePair)
}

/** The order of the specification: by encoded name, then by encoded value. */
function inOrder([name, value]: EncodedParameter, [otherName, otherValue]: EncodedParameter): number {
  if (name !== otherName) return name < otherName ? -1 : 1
  return value < otherValue ? -1 : Number(value > otherValue)
}

/**
 * Joins the parameters in their order.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.3.2
 */
const normalizeParameters = (parameters: readonly EncodedParameter[]): string =>
  [...parameters]
    .sort(inOrder)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

/**
 * The signature base string. `method` is in upper case, `uri` the base string URI. The parameters are encoded
 * text already, which every encoder encodes in the same way.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.1
 */
export const baseString = (method: string, uri: string, parameters: readonly EncodedParameter[]): string =>
  `${percentEncode(method)}&${percentEncode(uri)}&${encodeURIComponent(normalizeParameters(parameters))}`
