/** A hash function over 32-bit words: the part that differs between SHA-1 and the SHA-2 family. */
export interface Hash {
  /** Its name in the Web Crypto API. */
  readonly name: 'SHA-1' | 'SHA-256' | 'SHA-512'
  /** Bytes of a block. */
  readonly block: number
  /** The initial words of the state. */
  readonly initial: readonly number[]
  /** Compresses the block at byte `at` into `state`. */
  compress(state: Int32Array, bytes: DataView, at: number): void
}

/** Hashes a message after `prefix` bytes that are already in `start`. */
function run(hash: Hash, message: Uint8Array, start: ArrayLike<number>, prefix: number): Uint8Array {
  const { block } = hash
  const { length } = message
  const size = Math.ceil((length + 1 + block / 8) / block) * block
  const padded = new Uint8Array(size)
  padded.set(message)
  padded[length] = 128
  const view = new DataView(padded.buffer)
  const bits = (prefix + length) * 8
  view.setUint32(size - 8, bits / 0x100000000)
  view.setUint32(size - 4, bits)
  const state = Int32Array.from(start)
  for (let at = 0; at < size; at += block) hash.compress(state, view, at)
  const result = new DataView(new ArrayBuffer(state.length * 4))
  state.forEach((word, i) => {
    result.setInt32(i * 4, word)
  })
  return new Uint8Array(result.buffer)
}

/**
 * The hash of a message. It is synchronous and does not need `crypto`, which some pages and phones do not
 * have.
 */
export const digest = (hash: Hash, message: Uint8Array): Uint8Array => run(hash, message, hash.initial, 0)

/**
 * HMAC under one key: the part that depends only on the key is computed once.
 * @see https://www.rfc-editor.org/rfc/rfc2104#section-2
 */
export function hmac(hash: Hash, key: Uint8Array): (message: Uint8Array) => Uint8Array {
  const { block, initial } = hash
  const padded = new Uint8Array(block)
  padded.set(key.length > block ? digest(hash, key) : key)
  const [inner, outer] = [0x36, 0x5c].map(mask => {
    const state = Int32Array.from(initial)
    hash.compress(state, new DataView(padded.map(byte => byte ^ mask).buffer), 0)
    return state
  }) as [Int32Array, Int32Array]
  return message => run(hash, run(hash, message, inner, block), outer, block)
}
