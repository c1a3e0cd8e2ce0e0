// biome-ignore-all lint/style/noNonNullAssertion: every index here is inside its array by construction
import type { Hash } from './digest.js'

/** The first 64 bits of the fractional parts of a root of the first primes, high and low word: where SHA-512 has its numbers from. */
function fractions(count: number, root: bigint): number[] {
  const found: number[] = []
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) {
    if (primes.some(prime => n % prime === 0)) continue
    primes.push(n)
    // Newton's method, from above, for the whole part of the root of n * 2 ** (64 * root): its last 64 bits are the fraction
    const power = BigInt(n) << (64n * root)
    let guess = power
    for (let next = BigInt(n) << 64n; next < guess; ) {
      guess = next
      next = ((root - 1n) * guess + power / guess ** (root - 1n)) / root
    }
    found.push(Number(BigInt.asIntN(32, guess >> 32n)), Number(BigInt.asIntN(32, guess)))
  }
  return found
}

const K = /* @__PURE__ */ fractions(80, 3n)

// of a pair of words (x, y): the high word of it rotated to the right; with x and y exchanged, the low one
const rotate = (x: number, y: number, by: number): number => (x >>> by) | (y << (32 - by))
const sum0 = (x: number, y: number): number => rotate(x, y, 28) ^ rotate(y, x, 2) ^ rotate(y, x, 7)
const sum1 = (x: number, y: number): number => rotate(x, y, 14) ^ rotate(x, y, 18) ^ rotate(y, x, 9)
const carry = (low: number): number => Math.floor(low / 2 ** 32)

/**
 * SHA-512, on pairs of 32-bit words.
 * @see https://www.rfc-editor.org/rfc/rfc6234#section-6.4
 */
export const sha512: Hash = {
  name: 'SHA-512',
  block: 128,
  initial: /* @__PURE__ */ fractions(8, 2n),
  compress(state, bytes, at) {
    const w = new Int32Array(160)
    // a, b … h, each a high and a low word; they move down by one place every round
    const v = state.slice()
    for (let t = 0; t < 160; t += 2) {
      if (t < 32) {
        w[t] = bytes.getInt32(at + t * 4)
        w[t + 1] = bytes.getInt32(at + t * 4 + 4)
      } else {
        const [xh, xl, yh, yl] = [w[t - 30]!, w[t - 29]!, w[t - 4]!, w[t - 3]!]
        const low =
          ((rotate(xl, xh, 1) ^ rotate(xl, xh, 8) ^ rotate(xl, xh, 7)) >>> 0) +
          ((rotate(yl, yh, 19) ^ rotate(yh, yl, 29) ^ rotate(yl, yh, 6)) >>> 0) +
          (w[t - 13]! >>> 0) +
          (w[t - 31]! >>> 0)
        w[t] =
          (rotate(xh, xl, 1) ^ rotate(xh, xl, 8) ^ (xh >>> 7)) +
          (rotate(yh, yl, 19) ^ rotate(yl, yh, 29) ^ (yh >>> 6)) +
          w[t - 14]! +
          w[t - 32]! +
          carry(low)
        w[t + 1] = low
      }
      const [ah, al, bh, bl, ch, cl, dh, dl] = v as unknown as number[] as Eight
      const [eh, el, fh, fl, gh, gl, hh, hl] = v.subarray(8) as unknown as number[] as Eight
      const oneLow =
        (hl >>> 0) + (sum1(el, eh) >>> 0) + (((el & fl) ^ (~el & gl)) >>> 0) + (K[t + 1]! >>> 0) + (w[t + 1]! >>> 0)
      const one = hh + sum1(eh, el) + ((eh & fh) ^ (~eh & gh)) + K[t]! + w[t]! + carry(oneLow)
      const twoLow = (oneLow >>> 0) + (sum0(al, ah) >>> 0) + (((al & bl) ^ (al & cl) ^ (bl & cl)) >>> 0)
      const two = one + sum0(ah, al) + ((ah & bh) ^ (ah & ch) ^ (bh & ch)) + carry(twoLow)
      const nextLow = (dl >>> 0) + (oneLow >>> 0)
      v.copyWithin(2, 0, 14)
      v.set([two, twoLow])
      v.set([dh + one + carry(nextLow), nextLow], 8)
    }
    for (let i = 0; i < 16; i += 2) {
      const low = (state[i + 1]! >>> 0) + (v[i + 1]! >>> 0)
      state[i]! += v[i]! + carry(low)
      state[i + 1] = low
    }
  },
}

type Eight = [number, number, number, number, number, number, number, number]
