// biome-ignore-all lint/style/noNonNullAssertion: every index here is inside its array by construction
import type { Hash } from './digest.js'

/**
 * The first 32 bits of the fractional parts of the square or cube roots of the first primes: the constants of
 * SHA-256.
 */
function fractions(count: number, rootOf: (value: number) => number): number[] {
  const found: number[] = []
  const primes: number[] = []
  for (let n = 2; found.length < count; n++) {
    if (primes.some(prime => n % prime === 0)) continue
    primes.push(n)
    found.push(((rootOf(n) % 1) * 0x100000000) | 0)
  }
  return found
}

const K = /* @__PURE__ */ fractions(64, Math.cbrt)

const rotate = (x: number, by: number): number => (x >>> by) | (x << (32 - by))

/**
 * SHA-256.
 * @see https://www.rfc-editor.org/rfc/rfc6234#section-6.2
 */
export const sha256: Hash = {
  name: 'SHA-256',
  block: 64,
  initial: /* @__PURE__ */ fractions(8, Math.sqrt),
  compress(state, bytes, at) {
    const w = new Int32Array(64)
    let [a, b, c, d, e, f, g, h] = state as unknown as number[] as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    for (let t = 0; t < 64; t++) {
      if (t < 16) w[t] = bytes.getInt32(at + t * 4)
      else {
        const x = w[t - 15]!
        const y = w[t - 2]!
        w[t] =
          (rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)) +
          w[t - 7]! +
          (rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)) +
          w[t - 16]!
      }
      const one =
        (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0
      const two = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + one) | 0
      d = c
      c = b
      b = a
      a = (one + two) | 0
    }
    state.set([a, b, c, d, e, f, g, h].map((word, i) => word + state[i]!))
  },
}
