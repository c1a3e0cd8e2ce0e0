// biome-ignore-all lint/style/noNonNullAssertion: every index here is inside its array by construction
import { OAuthError } from '../errors.js'
import { percentEncode } from '../lib/percent.js'

/** A request that cannot be signed. */
export const failure = (message: string): OAuthError => new OAuthError('OAUTH_SIGNATURE_FAILED', message)

/** What has been encoded once, encoded once more: nothing but the percent signs is left to do. */
export const twice = (encoded: string): string => encoded.replace(/%/g, '%25')

/** A parameter as it stands in the base string: name and value, each encoded twice. */
export const entry = (name: string, value: string): string =>
  `${twice(percentEncode(name))}%3D${twice(percentEncode(value))}`

/** A base string, as bytes, as text. */
export function toText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** The parameters of one request. */
export interface Parameters {
  /** The query and the form, as they stand on the wire. */
  wires: readonly string[]
  /** Entries of the protocol, `%26` between them, in parts. */
  own: readonly (string | Uint8Array)[]
  /** True when these are in no order; else they are all named `oauth_…` and sorted. */
  loose: boolean
  /** Names that the request must not use itself. */
  taken: ReadonlySet<string>
}

// beyond this many bytes the memory is given back
const KEPT = 1 << 16

/** The value of a hex digit's character code; above 15 for any other. */
const unhex = (code: number): number =>
  code > 47 && code < 58 ? code - 48 : code > 64 && code !== 96 ? (code | 32) - 87 : 99
const hex = (digit: number): number => digit + (digit < 10 ? 48 : 55)

/** Writes bytes or ASCII text; answers where it ends. */
function write(bytes: Uint8Array, at: number, part: string | Uint8Array): number {
  if (typeof part !== 'string') bytes.set(part, at)
  else for (let i = 0; i < part.length; i++) bytes[at + i] = part.charCodeAt(i)
  return at + part.length
}

/**
 * Sorts in the entry from `start` to `end`, after which a line feed stands, less than any other byte. `%` goes on as `%25` or
 * as `%3D`, the end of the name: that is the lesser, since names decide first.
 */
function insert(bytes: Uint8Array, starts: number[], ends: number[], start: number, end: number): void {
  bytes[end] = 10
  let place = starts.length
  for (let low = 0; low < place; ) {
    const middle = (low + place) >> 1
    let a = start
    let b = starts[middle]!
    while (bytes[a] === bytes[b] && bytes[a] !== 10) {
      a++
      b++
    }
    if (bytes[a - 1] === 37 ? bytes[a]! > bytes[b]! : bytes[a]! < bytes[b]!) place = middle
    else low = middle + 1
  }
  for (let i = starts.length; i > place; i--) {
    starts[i] = starts[i - 1]!
    ends[i] = ends[i - 1]!
  }
  starts[place] = start
  ends[place] = end
}

/**
 * Makes the function that builds signature base strings, as bytes that are good until it is called again. `head` is the method
 * and the base string URI, encoded, an `&` after each. It reads the wire but once, byte by byte, which is several times as fast
 * as splitting, decoding and encoding strings, and holds for what is not UTF-8 too.
 * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a name in `taken`, and for a `%` that begins no escape unless `lenient`.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.1
 */
export function baseStrings(lenient: boolean | undefined): (head: Uint8Array, parameters: Parameters) => Uint8Array {
  // 1 for what is never encoded
  const plain = Uint8Array.from({ length: 128 }, (_, code) => Number(/[\w.~-]/.test(String.fromCharCode(code))))
  let kept = new Uint8Array(0)

  return function build(head, { wires, own, loose, taken }): Uint8Array {
    // entries are written from `half` on, one character becoming five bytes at most, and copied in their order to the front
    let half = head.length + 99
    for (const { length } of own) half += length
    for (const { length } of wires) half += 5 * length
    const bytes = kept.length < 2 * half ? new Uint8Array(2 * half) : kept
    if (bytes.length <= KEPT) kept = bytes
    const starts: number[] = []
    const ends: number[] = []
    let at = half
    let start = half
    for (const wire of wires) {
      let valued = false
      for (let i = 0; i <= wire.length; i++) {
        let code = i < wire.length ? wire.charCodeAt(i) : 38
        if (plain[code] === 1) {
          bytes[at++] = code
          continue
        }
        if (code === 38 || (code === 61 && !valued)) {
          if (code === 38 && at === start) continue
          if (!valued) {
            // the end of a name
            if (bytes[start] === 111 && bytes[start + 5] === 95) {
              const name = toText(bytes.subarray(start, at))
              if (taken.has(name)) throw failure(`The request has a parameter ${name} of its own: rename or remove it.`)
              if (name.startsWith('oauth_')) loose = true
            }
            at = write(bytes, at, '%3D')
          }
          valued = code === 61
          if (!valued) {
            insert(bytes, starts, ends, start, at++)
            start = at
          }
          continue
        }
        if (code === 43) code = 32
        else if (code === 37) {
          const high = unhex(wire.charCodeAt(i + 1))
          const low = unhex(wire.charCodeAt(i + 2))
          if (high < 16 && low < 16) {
            code = high * 16 + low
            i += 2
            // a % at the very end of a value is a percent sign to everybody
          } else if (!lenient && i + 1 < wire.length && wire[i + 1] !== '&')
            throw failure('A % in the query or form begins no escape: write %25, or set lenient.')
        } else if (code > 127) {
          const encoded = wires.map(each => each.replace(/[^\0-\x7f]+/g, percentEncode))
          return build(head, { wires: encoded, own, loose, taken })
        }
        if (plain[code] === 1) bytes[at++] = code
        else {
          bytes[at++] = 37
          bytes[at++] = 50
          bytes[at++] = 53
          bytes[at++] = hex(code >> 4)
          bytes[at++] = hex(code & 15)
        }
      }
    }
    start = at
    for (const part of own) at = write(bytes, at, part)
    for (let i = start; loose && i < at; i++)
      // %26, which nothing else looks like here
      if (bytes[i] === 37 && bytes[i + 2] === 54) {
        insert(bytes, starts, ends, start, i)
        start = i + 3
      }
    if (at > start) insert(bytes, starts, ends, start, at)

    at = write(bytes, 0, head)
    for (let i = 0; i < starts.length; i++) {
      if (i) at = write(bytes, at, '%26')
      bytes.copyWithin(at, starts[i]!, ends[i])
      at += ends[i]! - starts[i]!
    }
    return bytes.subarray(0, at)
  }
}
