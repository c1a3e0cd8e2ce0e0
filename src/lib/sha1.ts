// biome-ignore-all lint/style/noNonNullAssertion: every index here is inside its array by construction
import type { Hash } from './digest.js'

/**
 * SHA-1: broken for documents, still sound inside HMAC, and what most OAuth 1.0 servers know.
 * @see https://www.rfc-editor.org/rfc/rfc3174#section-6
 */
export const sha1: Hash = {
  name: 'SHA-1',
  block: 16,
  scratch: 80,
  initial: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
  compress(state, words, at, w) {
    let a = state[0]!
    let b = state[1]!
    let c = state[2]!
    let d = state[3]!
    let e = state[4]!
    for (let t = 0; t < 80; t++) {
      let x = 0
      if (t < 16) x = words[at + t]!
      else {
        x = w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!
        x = (x << 1) | (x >>> 31)
      }
      w[t] = x
      // the `| 0` after every addition keep V8 on 32-bit integers: twice as fast
      x = (x + e) | 0
      x = (x + ((a << 5) | (a >>> 27))) | 0
      if (t < 20) x = (x + ((b & c) | (~b & d)) + 0x5a827999) | 0
      else if (t < 40) x = (x + (b ^ c ^ d) + 0x6ed9eba1) | 0
      else if (t < 60) x = (x + ((b & c) | (b & d) | (c & d)) - 0x70e44324) | 0
      else x = (x + (b ^ c ^ d) - 0x359d3e2a) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = x
    }
    state[0]! += a
    state[1]! += b
    state[2]! += c
    state[3]! += d
    state[4]! += e
  },
}
