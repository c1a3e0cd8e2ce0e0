import type { CryptoLike } from '../oauth2/endpoint.js'

const POOL = 24 * 128

/**
 * A source of nonces: 24 of `0-9a-v`, 120 random bits. Randomness is drawn in bulk. Where there is no `crypto`, `Math.random`
 * does: a nonce must be new, not secret.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.3
 */
export function nonces(crypto: CryptoLike | undefined): () => string {
  const pool = new Uint8Array(POOL)
  let left = 0
  return () => {
    if (!left) {
      left = POOL
      if (crypto) crypto.getRandomValues(pool)
      else for (let i = 0; i < POOL; i++) pool[i] = Math.random() * 256
    }
    let nonce = ''
    for (let i = 0; i < 24; i++) nonce += ((pool[--left] as number) & 31).toString(32)
    return nonce
  }
}
