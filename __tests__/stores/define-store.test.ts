import {
  createOAuth1Session,
  createOAuth2Session,
  defineStore,
  memoryStore,
  type StoredGrant,
  saveToken,
} from '../../src/index.js'
import { storeContract } from '../contracts/jest.js'
import { fasterTimers } from '../support/faster-timers.js'

/** The three functions, over a map. */
function plainStore() {
  const texts = new Map<string, string>()
  const read = (key: string): StoredGrant | undefined => {
    const text = texts.get(key)
    return text === undefined ? undefined : JSON.parse(text)
  }
  return {
    get: async (key: string) => read(key),
    async set(key: string, next: StoredGrant) {
      const stored = read(key)
      if (stored && stored.version >= next.version) return false
      texts.set(key, JSON.stringify(next))
      return true
    },
    async delete(key: string) {
      texts.delete(key)
    },
  }
}

const client = { client_id: 'app' }
const token = { access_token: 'a', refresh_token: 'r' }

storeContract('defineStore', () => ({ store: defineStore(plainStore()) }))

test('a session refuses a store without defineStore(), and a changed copy of a store, by a message that names it', () => {
  const server = {
    request_token_url: 'https://p/r',
    authorize_url: 'https://p/a',
    access_token_url: 'https://p/t',
  }
  for (const store of [plainStore(), { ...memoryStore() }, { ...defineStore(plainStore()) }]) {
    const refusal = { code: 'OAUTH_INVALID_OPTION', message: expect.stringContaining('defineStore(') }
    expect(() => createOAuth2Session({ client, store, key: 'ann' })).toThrow(expect.objectContaining(refusal))
    const open1 = () => createOAuth1Session({ client: { key: 'k', secret: 's' }, server, store, key: 'ann' })
    expect(open1).toThrow(expect.objectContaining(refusal))
  }
})

test('a frozen store is refused, and a new object with its functions is not', () => {
  const seal = [Object.freeze, Object.seal, Object.preventExtensions]
  for (const make of seal)
    expect(() => defineStore(make(plainStore()))).toThrow(
      expect.objectContaining({
        code: 'OAUTH_INVALID_OPTION',
        message: expect.stringContaining('new object'),
      }),
    )
  const store = defineStore({ ...Object.freeze(plainStore()) })
  expect(() => createOAuth2Session({ client, store, key: 'ann' })).not.toThrow()
})

test('a memoryStore() that is changed in place may fail once it was defined again', async () => {
  const store = defineStore(memoryStore())
  jest.spyOn(store, 'get').mockRejectedValue(new Error('ECONNREFUSED'))
  const session = createOAuth2Session({ client, store, key: 'ann' })
  await expect(session.token()).rejects.toMatchObject({ code: 'OAUTH_STORE_READ' })
})

test('the store stays the object that was given, also when it is defined twice', async () => {
  const plain = plainStore()
  const store = defineStore(defineStore(plain))
  expect(store).toBe(plain)
  expect(Object.keys(store)).toEqual(['get', 'set', 'delete'])
  const session = createOAuth2Session({ client, store, key: 'ann' })
  await saveToken(session, token)
  expect(await store.get('ann')).toMatchObject({ refresh_token: 'r' })
})

test('what the store does not take lives on in memory and is written later', async () => {
  const plain = plainStore()
  let isAway = false
  const store = defineStore({
    ...plain,
    set: async (key, next) => {
      if (isAway) throw new Error('ECONNREFUSED')
      return plain.set(key, next)
    },
  })
  const session = createOAuth2Session({ client, store, key: 'ann' })
  isAway = true
  fasterTimers(50)
  await saveToken(session, token)
  expect(session.current()?.access_token).toBe('a')
  await expect(session.close()).rejects.toMatchObject({ code: 'OAUTH_STORE_WRITE' })
  isAway = false
  await session.close()
  expect(await plain.get('ann')).toMatchObject({ refresh_token: 'r' })
  jest.restoreAllMocks()
})
