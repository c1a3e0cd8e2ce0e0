/**
 * What of `node:crypto` is used where it can be had without an import that other platforms would choke on.
 */
export interface NodeCrypto {
  createSecretKey(key: Uint8Array): object
  createHmac(algorithm: string, key: object): { update(data: string): { digest(encoding: 'base64'): string } }
  createPrivateKey(
    key: { key: JsonWebKey; format: 'jwk' } | { key: Uint8Array; format: 'der'; type: 'pkcs8' },
  ): object
  sign(
    algorithm: string,
    data: Uint8Array,
    key: object,
    done: (error: unknown, signature: { toString(encoding: 'base64'): string }) => void,
  ): void
}

/**
 * `node:crypto`, synchronously, from Node 20.16 and 22.3 on and on platforms that imitate them; elsewhere
 * `undefined`. It is three times as fast as the same in JavaScript.
 */
export const nodeCrypto = (): NodeCrypto | undefined =>
  (
    globalThis as { process?: { getBuiltinModule?: (id: string) => NodeCrypto | undefined } }
  ).process?.getBuiltinModule?.('node:crypto')
