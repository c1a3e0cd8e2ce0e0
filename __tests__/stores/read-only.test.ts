import { clientCredentialsGrant } from '../../src/grants/client-credentials.js'
import { fetchToken, saveToken } from '../../src/session/fetch-token.js'
import { revokeToken } from '../../src/session/revocation.js'
import { encryptedStore } from '../../src/stores/encrypted.js'
import { memoryStore } from '../../src/stores/memory.js'
import { readOnlyStore } from '../../src/stores/read-only.js'
import { errorOf } from '../oauth2/support.js'
import { fakeServer, makeSession } from '../support/fake-server.js'

const key = 'anna'

async function signedIn() {
  const server = fakeServer()
  const store = memoryStore()
  const { session } = makeSession(server, { store, key })
  const token = await saveToken(session, { access_token: 'a0', refresh_token: 'r0', expires_in: 3600 })
  return { server, store, token }
}

it('returns the stored grant', async () => {
  const { server, store } = await signedIn()
  const { session } = makeSession(server, { store: readOnlyStore(store), key })
  expect((await session.token()).access_token).toBe('a0')
  expect(await session.authorized()).toBe(true)
})

it.each(['expired', 'refused'] as const)('spends no refresh token that it cannot replace: %s', async why => {
  const { server, store, token } = await signedIn()
  const before = await store.get(key)
  if (why === 'expired') server.now += 3600
  const { session, events } = makeSession(server, { store: readOnlyStore(store), key })
  const error = await errorOf(() => session.token(why === 'refused' ? { rejected: token } : {}))
  expect(error).toMatchObject({ code: 'OAUTH_STORE_WRITE', message: expect.stringContaining('read-only') })
  expect(server.requests).toEqual([])
  expect(await store.get(key)).toEqual(before)
  expect(events.map(([name]) => name)).not.toContain('ended')

  // where it can be written, it goes on
  const { session: writing } = makeSession(server, { store, key })
  expect((await writing.token(why === 'refused' ? { rejected: token } : {})).access_token).toBe('a1')
})

it('refuses to sign in and out before the server is asked', async () => {
  const { server, store } = await signedIn()
  const { session } = makeSession(server, { store: readOnlyStore(store), key })
  expect((await errorOf(() => fetchToken(session, clientCredentialsGrant()))).code).toBe('OAUTH_STORE_WRITE')
  expect(await revokeToken(session)).toMatchObject({ revoked: false, error: { code: 'OAUTH_STORE_WRITE' } })
  expect(server.requests).toEqual([])
  expect((await session.token()).access_token).toBe('a0')
})

it('refreshes where that is allowed, once for each store object, and leaves the medium as it is', async () => {
  const { server, store } = await signedIn()
  server.now += 3600
  const before = await store.get(key)
  const readOnly = readOnlyStore(store, { allowRefresh: true })
  for (const _ of [1, 2]) {
    const { session } = makeSession(server, { store: readOnly, key })
    expect((await session.token()).access_token).toBe('a1')
  }
  expect(server.requests).toHaveLength(1)
  expect(await store.get(key)).toEqual(before)
})

it('yields to a later write of another process', async () => {
  const { server, store } = await signedIn()
  server.now += 3600
  const { session } = makeSession(server, { store: readOnlyStore(store, { allowRefresh: true }), key })
  await session.token()
  const { session: writing } = makeSession(server, { store, key })
  const newer = await saveToken(writing, { access_token: 'b0', expires_in: 3600 }, { sameUser: true })
  await saveToken(writing, { ...newer, access_token: 'b1' }, { sameUser: true })
  server.now += 61
  expect((await session.token()).access_token).toBe('b1')
})

it('keeps the token of an unattended grant for its own lifetime', async () => {
  const server = fakeServer()
  const readOnly = readOnlyStore(memoryStore())
  for (const _ of [1, 2]) {
    const { session } = makeSession(server, { store: readOnly, key, grant: clientCredentialsGrant() })
    expect((await session.token()).access_token).toBe('a1')
    server.now += 61
  }
  expect(server.requests).toHaveLength(1)
})

it('is recognised through encryption, and demands a key where many users share the medium', async () => {
  const readOnly = readOnlyStore({ ...memoryStore(), shared: true })
  expect(encryptedStore(readOnly, new Uint8Array(32))).toMatchObject({ readOnly: true, shared: true })
  expect((await errorOf(() => makeSession(fakeServer(), { store: readOnly }))).code).toBe(
    'OAUTH_INVALID_OPTION',
  )
})
