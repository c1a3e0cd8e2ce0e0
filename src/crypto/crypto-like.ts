/** The used part of the Web Crypto API; `globalThis.crypto` where it exists. */
export interface CryptoLike {
  readonly subtle: SubtleCrypto
  /** Its type differs between versions of the library "dom": fill an array with `randomBytesOf`. */
  getRandomValues(array: never): unknown
}

/** Random bytes of a platform's crypto. */
export const randomBytesOf = (crypto: CryptoLike, size: number): Uint8Array =>
  crypto.getRandomValues(new Uint8Array(size) as never) as Uint8Array
