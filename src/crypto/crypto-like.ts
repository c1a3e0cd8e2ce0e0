/** What of the Web Crypto API is used; `globalThis.crypto` where it exists. */
export type CryptoLike = Pick<Crypto, 'subtle' | 'getRandomValues'>
