// biome-ignore-all lint/style/noNonNullAssertion: every index here is inside its array by construction
import type { Hash } from './digest.js'

/** Reads 64-bit numbers in hex as pairs of 32-bit words, high and low. */
const words = (hex: string): number[] =>
  Array.from(hex.match(/[\da-f]{8}/g) ?? [], word => Number.parseInt(word, 16) | 0)

// A table, not a computation: 64-bit arithmetic needs BigInt, which build tools for older targets cannot
// lower.
const K = /* @__PURE__ */ words(`
  428a2f98d728ae22 7137449123ef65cd b5c0fbcfec4d3b2f e9b5dba58189dbbc 3956c25bf348b538
  59f111f1b605d019 923f82a4af194f9b ab1c5ed5da6d8118 d807aa98a3030242 12835b0145706fbe
  243185be4ee4b28c 550c7dc3d5ffb4e2 72be5d74f27b896f 80deb1fe3b1696b1 9bdc06a725c71235
  c19bf174cf692694 e49b69c19ef14ad2 efbe4786384f25e3 0fc19dc68b8cd5b5 240ca1cc77ac9c65
  2de92c6f592b0275 4a7484aa6ea6e483 5cb0a9dcbd41fbd4 76f988da831153b5 983e5152ee66dfab
  a831c66d2db43210 b00327c898fb213f bf597fc7beef0ee4 c6e00bf33da88fc2 d5a79147930aa725
  06ca6351e003826f 142929670a0e6e70 27b70a8546d22ffc 2e1b21385c26c926 4d2c6dfc5ac42aed
  53380d139d95b3df 650a73548baf63de 766a0abb3c77b2a8 81c2c92e47edaee6 92722c851482353b
  a2bfe8a14cf10364 a81a664bbc423001 c24b8b70d0f89791 c76c51a30654be30 d192e819d6ef5218
  d69906245565a910 f40e35855771202a 106aa07032bbd1b8 19a4c116b8d2d0c8 1e376c085141ab53
  2748774cdf8eeb99 34b0bcb5e19b48a8 391c0cb3c5c95a63 4ed8aa4ae3418acb 5b9cca4f7763e373
  682e6ff3d6b2b8a3 748f82ee5defb2fc 78a5636f43172f60 84c87814a1f0ab72 8cc702081a6439ec
  90befffa23631e28 a4506cebde82bde9 bef9a3f7b2c67915 c67178f2e372532b ca273eceea26619c
  d186b8c721c0c207 eada7dd6cde0eb1e f57d4f7fee6ed178 06f067aa72176fba 0a637dc5a2c898a6
  113f9804bef90dae 1b710b35131c471b 28db77f523047d84 32caab7b40c72493 3c9ebe0a15c9bebc
  431d67c49c100d4c 4cc5d4becb3e42b6 597f299cfc657e2a 5fcb6fab3ad6faec 6c44198c4a475817
`)

const INITIAL = /* @__PURE__ */ words(`
  6a09e667f3bcc908 bb67ae8584caa73b 3c6ef372fe94f82b a54ff53a5f1d36f1 510e527fade682d1
  9b05688c2b3e6c1f 1f83d9abfb41bd6b 5be0cd19137e2179
`)

// The high word of the pair (x, y) after a rotation to the right; with x and y exchanged, the low word.
const rotate = (x: number, y: number, by: number): number => (x >>> by) | (y << (32 - by))
const sum0 = (x: number, y: number): number => rotate(x, y, 28) ^ rotate(y, x, 2) ^ rotate(y, x, 7)
const sum1 = (x: number, y: number): number => rotate(x, y, 14) ^ rotate(x, y, 18) ^ rotate(y, x, 9)
const carry = (low: number): number => Math.floor(low / 0x100000000)

/**
 * SHA-512, on pairs of 32-bit words.
 * @see https://www.rfc-editor.org/rfc/rfc6234#section-6.4
 */
export const sha512: Hash = {
  name: 'SHA-512',
  block: 128,
  initial: INITIAL,
  compress(state, bytes, at) {
    const w = new Int32Array(160)
    // a, b … h, each a high and a low word; they shift by one place every round.
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
        (hl >>> 0) +
        (sum1(el, eh) >>> 0) +
        (((el & fl) ^ (~el & gl)) >>> 0) +
        (K[t + 1]! >>> 0) +
        (w[t + 1]! >>> 0)
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
