// biome-ignore-all lint/style/noNonNullAssertion: every index here is inside its array by construction
/** A hash function over 32-bit words: what SHA-1 and the SHA-2 family have in common, and what they do not. */
export interface Hash {
  /** As the Web Crypto API names it. */
  readonly name: 'SHA-1' | 'SHA-256' | 'SHA-512'
  /** Words of a block: 16, or 32 for SHA-512. */
  readonly block: number
  /** Words of scratch space that `compress` wants. */
  readonly scratch: number
  readonly initial: readonly number[]
  /** Works the block that starts at `words[at]` into `state`. */
  compress(state: Int32Array, words: Int32Array, at: number, scratch: Int32Array): void
}

/** Bytes, or a string whose characters are all below 256: one byte each. */
export type Message = string | Uint8Array

/** A message as big-endian words, padded to whole blocks; `prefix` bytes went before it. */
function pad(message: Message, block: number, prefix: number): Int32Array {
  const { length } = message
  const words = new Int32Array((Math.floor((length + block / 2) / (4 * block)) + 1) * block)
  if (typeof message === 'string')
    for (let i = 0; i < length; i++) words[i >> 2]! |= message.charCodeAt(i) << (24 - (i & 3) * 8)
  else for (let i = 0; i < length; i++) words[i >> 2]! |= message[i]! << (24 - (i & 3) * 8)
  words[length >> 2]! |= 0x80 << (24 - (length & 3) * 8)
  const bits = (length + prefix) * 8
  words[words.length - 2] = bits / 2 ** 32
  words[words.length - 1] = bits
  return words
}

function run(hash: Hash, message: Message, start: ArrayLike<number>, prefix: number): Int32Array {
  const state = Int32Array.from(start)
  const scratch = new Int32Array(hash.scratch)
  const words = pad(message, hash.block, prefix)
  for (let at = 0; at < words.length; at += hash.block) hash.compress(state, words, at, scratch)
  return state
}

function toBytes(words: Int32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4)
  for (let i = 0; i < bytes.length; i++) bytes[i] = words[i >> 2]! >>> (24 - (i & 3) * 8)
  return bytes
}

/** The hash of a message. Synchronous and without `crypto`, so that it works where a page or a phone has none. */
export const digest = (hash: Hash, message: Message): Uint8Array => toBytes(run(hash, message, hash.initial, 0))

/**
 * HMAC under one key: what depends on the key alone is worked out once, here.
 * @see https://www.rfc-editor.org/rfc/rfc2104#section-2
 */
export function hmac(hash: Hash, key: Message): (message: Message) => Uint8Array {
  const size = hash.block * 4
  const padded = new Uint8Array(size)
  if (key.length > size) padded.set(digest(hash, key))
  else for (let i = 0; i < key.length; i++) padded[i] = typeof key === 'string' ? key.charCodeAt(i) : key[i]!
  const start = (mask: number): Int32Array => {
    const state = Int32Array.from(hash.initial)
    const words = pad(
      padded.map(byte => byte ^ mask),
      hash.block,
      0,
    )
    hash.compress(state, words, 0, new Int32Array(hash.scratch))
    return state
  }
  const inner = start(0x36)
  const outer = start(0x5c)
  return message => toBytes(run(hash, toBytes(run(hash, message, inner, size)), outer, size))
}
