import { webcrypto } from 'node:crypto'
import type { StoredGrant, TokenStore } from '../../src/session/stored-grant.js'
import { encryptedStore } from '../../src/stores/encrypted.js'
import { memoryStore } from '../../src/stores/memory.js'
import { storeContract } from '../contracts/jest.js'
import { sampleGrant } from '../contracts/store.js'

const newKey = () => webcrypto.getRandomValues(new Uint8Array(32))

storeContract('encryptedStore', () => {
  const [inner, key] = [memoryStore(), newKey()]
  return { store: encryptedStore(inner, key), other: encryptedStore(inner, [newKey(), key].reverse()) }
})

describe('encryptedStore', () => {
  const [inner, key] = [memoryStore(), newKey()]
  const store = encryptedStore(inner, key)
  const raw = async (name: string) => (await inner.get(name)) as StoredGrant & { jwe: string }
  const unopened = expect.objectContaining({ code: 'OAUTH_STORE_VALUE' })

  it('leaves nothing readable but what the inner store compares', async () => {
    await store.set('key', sampleGrant(3, { ended: { reason: 'revoked', at: 7 } }))
    const { jwe, ...readable } = await raw('key')
    expect(readable).toEqual({
      v: 1,
      grantId: 'grant-1',
      version: 3,
      tokens: {},
      ended: { reason: 'revoked', at: 7 },
    })
    expect(jwe.split('.')).toHaveLength(5)
    expect(JSON.parse(Buffer.from(jwe.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
    })
    expect(JSON.stringify(await raw('key'))).not.toMatch(/refresh-|access-|auth\.example/)
  })

  it('never uses a nonce twice', async () => {
    const nonces = new Set<string | undefined>()
    for (let version = 1; version <= 50; version++) {
      await store.set('nonces', sampleGrant(version))
      nonces.add((await raw('nonces')).jwe.split('.')[2])
    }
    expect(nonces.size).toBe(50)
  })

  it('rotates keys: the first writes, all read', async () => {
    const [old, fresh] = [newKey(), newKey()]
    const medium = memoryStore()
    await encryptedStore(medium, old).set('key', sampleGrant(1))
    const both = encryptedStore(medium, [fresh, old])
    expect(await both.get('key')).toEqual(sampleGrant(1))
    await both.set('key', sampleGrant(2))
    expect(await encryptedStore(medium, fresh).get('key')).toEqual(sampleGrant(2))
    await expect(encryptedStore(medium, old).get('key')).rejects.toEqual(unopened)
  })

  it('takes a CryptoKey that cannot be extracted', async () => {
    const unreadable = await webcrypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt'])
    await store.set('shared key', sampleGrant(1))
    expect(await encryptedStore(inner, unreadable as CryptoKey).get('shared key')).toEqual(sampleGrant(1))
  })

  it('says clearly that a record cannot be opened, and leaves it where it is', async () => {
    await store.set('kept', sampleGrant(1))
    const wrong = encryptedStore(inner, newKey())
    await expect(wrong.get('kept')).rejects.toEqual(unopened)
    await expect(wrong.get('kept')).rejects.not.toThrow(/refresh-1|access-1/)
    expect(await wrong.set('kept', sampleGrant(1))).toBe(false)
    expect(await store.get('kept')).toEqual(sampleGrant(1))
  })

  it('opens no record that was never encrypted, was changed, or belongs to another key or version', async () => {
    await store.set('mine', sampleGrant(1))
    const mine = await raw('mine')
    const put = async (name: string, grant: StoredGrant) => {
      await inner.delete(name)
      await inner.set(name, grant)
      return store.get(name)
    }
    await expect(put('plain', sampleGrant(1))).rejects.toEqual(unopened)
    await expect(put('yours', mine)).rejects.toEqual(unopened)
    await expect(put('mine', { ...mine, version: 2 })).rejects.toEqual(unopened)
    const parts = mine.jwe.split('.')
    for (const part of [0, 1, 2, 3, 4]) {
      const changed = parts.map((text, index) => (index === part ? `${text.slice(0, -2)}AA` : text)).join('.')
      if (changed !== mine.jwe)
        await expect(put('mine', { ...mine, jwe: changed } as StoredGrant)).rejects.toEqual(unopened)
    }
    expect(await put('mine', mine)).toEqual(sampleGrant(1))
  })

  it('refuses keys of another size, and none', () => {
    for (const wrong of [new Uint8Array(16), new Uint8Array(64), [], [newKey(), new Uint8Array(31)]])
      expect(() => encryptedStore(inner, wrong)).toThrow(
        expect.objectContaining({ code: 'OAUTH_INVALID_OPTION' }),
      )
  })

  it('hands on what the inner store has: its lock, its notices, its reports, its demands', async () => {
    // as a class has them: not as own properties
    const parts: Partial<TokenStore> = Object.create({
      lock: async () => 'locked',
      shared: true,
      subscribe: () => () => 'ended',
      keyPair: async (name: string) => `pair ${name}`,
      delete: (name: string) => void deleted.push(name),
      get: (_: string, report: (error: string) => void) => void report('told'),
    })
    const deleted: string[] = []
    const reports: unknown[] = []
    const whole = encryptedStore(parts as TokenStore, key)
    expect(whole.shared).toBe(true)
    expect(await whole.lock?.('name', async () => {})).toBe('locked')
    expect(whole.subscribe?.('key', () => {})()).toBe('ended')
    expect(await whole.keyPair?.('dpop', async () => ({}) as CryptoKeyPair)).toBe('pair dpop')
    await whole.delete('key')
    expect(deleted).toEqual(['key'])
    expect(Object.keys(encryptedStore({ ...inner, lock: undefined } as never, key)).sort()).toEqual([
      'delete',
      'get',
      'set',
    ])
    expect(await whole.get('key', error => reports.push(error))).toBeUndefined()
    expect(reports).toEqual(['told'])
  })
})
