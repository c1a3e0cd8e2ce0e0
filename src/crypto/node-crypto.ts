/** The used part of `node:crypto`, without an import that fails on other platforms. */
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
 * `node:crypto`, synchronously, from Node 20.16 and 22.3 on and on compatible platforms; elsewhere
 * `undefined`. It is three times as fast as JavaScript.
 */
export const nodeCrypto = (): NodeCrypto | undefined =>
  (
    globalThis as { process?: { getBuiltinModule?: (id: string) => NodeCrypto | undefined } }
  ).process?.getBuiltinModule?.('node:crypto')
