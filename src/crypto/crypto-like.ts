/** What of the Web Crypto API is used; `globalThis.crypto` where it exists. */
export interface CryptoLike {
  readonly subtle: SubtleCrypto
  /**
   * What arrays it takes and answers is spelt otherwise in every version of the library "dom": fill one with
   * `randomBytesOf`.
   */
  getRandomValues(array: never): unknown
}

/** Random bytes of a platform's crypto. */
export const randomBytesOf = (crypto: CryptoLike, size: number): Uint8Array =>
  crypto.getRandomValues(new Uint8Array(size) as never) as Uint8Array
