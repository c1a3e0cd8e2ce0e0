/** One element of DER: its tag and its content. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array<ArrayBuffer>
}

/** Writes one DER element; its content has at most 65535 bytes. */
export function der(tag: number, ...contents: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const content = contents.flatMap(part => Array.from(part))
  const { length } = content
  let size = [length]
  if (length > 127) size = [0x81, length]
  if (length > 255) size = [0x82, length >> 8, length & 255]
  return Uint8Array.from([tag, ...size, ...content])
}

/**
 * Reads the sibling elements in `bytes`; `undefined` if these are not DER.
 * @see https://www.itu.int/rec/T-REC-X.690
 */
export function derElements(bytes: Uint8Array<ArrayBuffer>): DerElement[] | undefined {
  const elements: DerElement[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number
    const first = bytes[at + 1] ?? 0xff
    const digits = first > 127 ? first - 128 : 0
    if (digits > 4) return undefined
    let length = digits ? 0 : first
    for (let digit = 0; digit < digits; digit++) length = length * 256 + (bytes[at + 2 + digit] ?? 0)
    const start = at + 2 + digits
    at = start + length
    if (at > bytes.length) return undefined
    elements.push({ tag, content: bytes.subarray(start, at) })
  }
  return elements
}
