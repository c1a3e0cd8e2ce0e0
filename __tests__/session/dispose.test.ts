import {
  createOAuth1Session,
  createOAuth2Session,
  defineStore,
  memoryStore,
  saveToken,
} from '../../src/index.js'

/** A store that counts who listens to it. */
function watchedStore() {
  const store = defineStore({ ...memoryStore(), listeners: 0, subscribe })
  function subscribe() {
    store.listeners += 1
    return () => {
      store.listeners -= 1
    }
  }
  return store
}

test('await using closes an OAuth 2 session, also when the block throws', async () => {
  const store = watchedStore()
  const work = async () => {
    await using session = createOAuth2Session({ client: { client_id: 'app' }, store, key: 'ann' })
    await saveToken(session, { access_token: 'a' })
    expect(store.listeners).toBe(1)
    throw new Error('in the block')
  }
  await expect(work()).rejects.toThrow('in the block')
  expect(store.listeners).toBe(0)
})

test('await using closes what for() answers, and an OAuth 1.0a session', async () => {
  const store = watchedStore()
  const other = watchedStore()
  {
    await using session = createOAuth2Session({ client: { client_id: 'app' }, store, key: 'ann' }).for({
      scope: 'read',
    })
    await using legacy = createOAuth1Session({
      client: { key: 'k', secret: 's' },
      server: {
        request_token_url: 'https://as.example/r',
        authorize_url: 'https://as.example/a',
        access_token_url: 'https://as.example/t',
      },
      store: other,
      key: 'ann',
    })
    await session.authorized()
    await legacy.authorized()
    expect([store.listeners, other.listeners]).toEqual([1, 1])
  }
  expect([store.listeners, other.listeners]).toEqual([0, 0])
})
