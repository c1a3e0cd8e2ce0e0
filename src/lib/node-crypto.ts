/** What of `node:crypto` is used where it can be had without an import that other platforms would choke on. */
export interface NodeCrypto {
  createHmac(algorithm: string, key: string): { update(data: string): { digest(encoding: 'base64'): string } }
}

/**
 * `node:crypto`, synchronously, from Node 20.16 and 22.3 on and on platforms that imitate them; elsewhere `undefined`.
 * It is three times as fast as the same in JavaScript.
 */
export const nodeCrypto = (): NodeCrypto | undefined =>
  (
    globalThis as { process?: { getBuiltinModule?: (id: string) => NodeCrypto | undefined } }
  ).process?.getBuiltinModule?.('node:crypto')
