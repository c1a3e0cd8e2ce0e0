import type { CryptoLike } from '../server/call.js'

/**
 * A source of nonces: 80 random bits, drawn on first use, and a counter, so that no two are the same. Without
 * `crypto` it uses `Math.random`, because a nonce must be new, not secret.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.3
 */
export function nonces(crypto: CryptoLike | undefined): () => string {
  let prefix = ''
  let count = 1e6
  return () => {
    if (!prefix) {
      const bytes = new Uint8Array(16).map(() => Math.random() * 256)
      crypto?.getRandomValues?.(bytes as never)
      for (const byte of bytes) prefix += (byte & 31).toString(32)
    }
    return prefix + count++
  }
}
