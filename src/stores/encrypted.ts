import { CompactEncrypt, compactDecrypt } from 'jose'
import { oauthError } from '../errors.js'
import type { StoredGrant, TokenStore } from '../session/stored-grant.js'
import { defineStore } from './define-store.js'
import { asGrant } from './record.js'

/** A key for AES-GCM with 256 bits: 32 bytes, or a `CryptoKey`, extractable or not. */
export type EncryptionKey = Uint8Array | CryptoKey

/**
 * Encrypts the grants in another store (JWE, `dir` with A256GCM); key, version and end of a grant stay
 * readable, so that the other store can compare and watch. With several keys the first one encrypts and all
 * decrypt: to rotate, put a new key first, and remove the old one when all grants have been rewritten. A
 * record is bound to its key, so it cannot be moved to another user.
 * @throws OAuthError `OAUTH_STORE_VALUE` from `get` when none of the keys opens a record: nobody is signed
 * out for that; and what the other store throws
 * @see https://www.rfc-editor.org/rfc/rfc7516
 */
export function encryptedStore(inner: TokenStore, key: EncryptionKey | readonly EncryptionKey[]): TokenStore {
  const keys = [key].flat() as EncryptionKey[]
  const [first] = keys
  if (!first || keys.some(key => key instanceof Uint8Array && key.length !== 32))
    throw oauthError('OAUTH_INVALID_OPTION', 'encryptionKey')
  const { lock, shared, readOnly } = inner
  return defineStore({
    async get(name, report) {
      const sealed = await inner.get(name, report)
      return sealed && open(sealed, name, keys)
    },
    async set(name, next) {
      return inner.set(name, await seal(next, name, first))
    },
    delete: name => inner.delete(name),
    ...(lock && { lock }),
    ...(shared && { shared }),
    ...(readOnly && { readOnly }),
    ...(inner.subscribe && { subscribe: inner.subscribe.bind(inner) }),
    ...(inner.keyPair && { keyPair: inner.keyPair.bind(inner) }),
  })
}

interface SealedGrant extends StoredGrant {
  /** The whole grant and the name that it is kept under. */
  jwe?: string
}

async function seal(grant: StoredGrant, name: string, key: EncryptionKey): Promise<SealedGrant> {
  const { v, grantId, version, ended } = grant
  const content = new TextEncoder().encode(JSON.stringify({ name, grant }))
  const jwe = await new CompactEncrypt(content)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(key)
  return { v, grantId, version, tokens: {}, ...(ended && { ended }), jwe }
}

async function open(
  { jwe, version }: SealedGrant,
  name: string,
  keys: EncryptionKey[],
): Promise<StoredGrant> {
  for (const key of keys) {
    const content = await decrypt(jwe, key)
    // Whoever can write to the medium must not move a record to another user or restore an old version.
    if (content?.name === name && asGrant(content.grant).version === version) return content.grant
  }
  throw oauthError('OAUTH_STORE_VALUE', 'undecryptable')
}

async function decrypt(
  jwe: string | undefined,
  key: EncryptionKey,
): Promise<{ name: string; grant: StoredGrant } | undefined> {
  try {
    const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }
    const { plaintext } = await compactDecrypt(jwe ?? '', key, options)
    return JSON.parse(new TextDecoder().decode(plaintext))
  } catch {
    // Another key may decrypt it.
    return undefined
  }
}
