// biome-ignore-all lint/style/noNonNullAssertion: every index here is inside its array by construction
import type { Hash } from './digest.js'

/**
 * SHA-1: broken for documents, still sound inside HMAC, and supported by most OAuth 1.0 servers.
 * @see https://www.rfc-editor.org/rfc/rfc3174#section-6
 */
export const sha1: Hash = {
  name: 'SHA-1',
  block: 64,
  initial: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
  compress(state, bytes, at) {
    const w = new Int32Array(80)
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
    for (let t = 0; t < 80; t++) {
      let x = t < 16 ? bytes.getInt32(at + t * 4) : w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!
      if (t > 15) x = (x << 1) | (x >>> 31)
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
    ;[a, b, c, d, e].forEach((word, i) => {
      state[i]! += word
    })
  },
}
