import Keyv from 'keyv'
import { createStorage } from 'unstorage'
import { inProcessLock } from '../../src/locks/in-process.js'
import { keyvStore } from '../../src/stores/keyv.js'
import { storeContract } from '../contracts/jest.js'
import { oddKeys, sampleGrant } from '../contracts/store.js'

/** The verbs of cache-manager 5 and 6, which keep values by reference. */
const delStyle = (map = new Map<string, unknown>()) => ({
  get: async (key: string) => map.get(key) ?? null,
  set: async (key: string, value: unknown) => void map.set(key, value),
  del: async (key: string) => map.delete(key),
})

const media = {
  Map: () => new Map<string, string>(),
  Keyv: () => new Keyv(),
  'a loud Keyv': () => new Keyv({ store: new Map(), throwOnErrors: true }),
  'cache-manager (del)': () => delStyle(),
  'cache-manager (stores)': () => ({ ...delStyle(), stores: [new Keyv()] }),
  unstorage: () => createStorage(),
}

for (const [name, make] of Object.entries(media)) {
  storeContract(`keyvStore(${name})`, () => ({ store: keyvStore(make(), { lock: 'single-process' }) }))
  storeContract(`keyvStore(${name}), two processes`, () => {
    const [medium, lock] = [make(), inProcessLock()]
    return { store: keyvStore(medium, { lock }), other: keyvStore(medium, { lock }), atomic: false }
  })
}

describe('keyvStore', () => {
  it('demands to be told how processes are kept apart', () => {
    expect(() => keyvStore(new Map(), {} as never)).toThrow(
      expect.objectContaining({ code: 'OAUTH_INVALID_OPTION' }),
    )
    expect(() => keyvStore(new Map(), { lock: 'redis' as never })).toThrow(/single-process/)
  })

  it('writes text under keys that any medium bears', async () => {
    const map = new Map<string, string>()
    const store = keyvStore(map, { lock: 'single-process', prefix: 'app_' })
    for (const key of oddKeys) await store.set(key, sampleGrant(1))
    for (const [key, value] of map) {
      expect(key).toMatch(/^app_[\w%-]*$/)
      expect(typeof value).toBe('string')
    }
    expect(map.size).toBe(oddKeys.length)
  })

  const failing = {
    get: async () => {
      throw Object.assign(new Error('select secret'), { code: 'ECONNREFUSED', parameters: ['secret'] })
    },
    set: async () => {
      throw Object.assign(new Error('insert secret'), { parameters: ['secret'] })
    },
    delete: async () => {
      throw new TypeError('secret')
    },
  }

  it('rejects when the medium fails, without a value in the error', async () => {
    const store = keyvStore(failing, { lock: 'single-process' })
    const error = await Promise.resolve(store.get('key')).catch(error => error)
    expect(error).toMatchObject({
      code: 'OAUTH_STORE_READ',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    expect(error.cause).toBeUndefined()
    expect(error.message).not.toContain('secret')
    await expect(store.delete('key')).rejects.toMatchObject({ code: 'OAUTH_STORE_WRITE' })
    const blind = keyvStore({ ...failing, get: async () => undefined }, { lock: 'single-process' })
    await expect(blind.set('key', sampleGrant(1))).rejects.toMatchObject({ code: 'OAUTH_STORE_WRITE' })
  })

  it('never takes a read that failed for nothing: a Keyv that hides failures is refused', async () => {
    const store = { ...failing, clear: async () => {} }
    expect(() => keyvStore(new Keyv({ store }), { lock: 'single-process' })).toThrow(/throwOnErrors/)
    const cache = { ...delStyle(), stores: [new Keyv({ store })] }
    expect(() => keyvStore(cache, { lock: 'single-process' })).toThrow(/throwOnErrors/)
    const loud = new Keyv({ store, throwOnErrors: true })
    loud.on('error', () => {})
    await expect(keyvStore(loud, { lock: 'single-process' }).get('key')).rejects.toMatchObject({
      code: 'OAUTH_STORE_READ',
    })
  })

  it('refuses a cache of several tiers', () => {
    const tiers = { ...delStyle(), stores: [new Keyv(), new Keyv()] }
    expect(() => keyvStore(tiers, { lock: 'single-process' })).toThrow(/tiers/)
  })

  it('takes a write that was refused for a failure', async () => {
    const store = keyvStore({ ...delStyle(), set: async () => false }, { lock: 'single-process' })
    await expect(store.set('key', sampleGrant(1))).rejects.toMatchObject({ code: 'OAUTH_STORE_WRITE' })
  })

  it.each(['', '{', '7', '{"access_token":"secret"}'])(
    'calls a broken value by its name (%s)',
    async text => {
      const store = keyvStore(new Map([['oauth:key', text]]), { lock: 'single-process' })
      await expect(store.get('key')).rejects.toMatchObject({ code: 'OAUTH_STORE_VALUE' })
      expect(await store.set('key', sampleGrant(1))).toBe(true)
      expect(await store.get('key')).toEqual(sampleGrant(1))
    },
  )
})
