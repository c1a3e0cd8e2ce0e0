import { OAuthError } from '../../src/errors.js'
import { inProcessLock } from '../../src/locks/in-process.js'
import { endOAuth1Session, saveOAuth1Token } from '../../src/oauth1/credentials.js'
import { createSession as createOAuth1Session } from '../../src/oauth1/session.js'
import { fetchToken, refreshToken, saveToken } from '../../src/session/fetch-token.js'
import { revokeToken } from '../../src/session/revocation.js'
import type { StoredGrant, TokenStore } from '../../src/session/stored-grant.js'
import { defineStore } from '../../src/stores/define-store.js'
import { memoryStore } from '../../src/stores/memory.js'
import { readOnlyStore } from '../../src/stores/read-only.js'
import { errorOf } from '../oauth2/support.js'
import { fakeServer, gate, hurry, makeSession, settled } from '../support/fake-server.js'

/** What meets at a bad moment; one test for each, let through at gates. */
const key = 'anna'
const token = { access_token: 'a0', refresh_token: 'r0', expires_in: 3600 }

/** A memory store whose writes wait, and which fails, where the test says so. */
function slowStore() {
  const inner = memoryStore()
  const control = { hold: undefined as ReturnType<typeof gate> | undefined, down: false, full: false }
  const check = () => {
    if (control.down) throw new Error('ECONNREFUSED')
  }
  const store: TokenStore = defineStore({
    ...inner,
    async get(name) {
      check()
      return inner.get(name)
    },
    async set(name, next) {
      await control.hold?.promise
      check()
      if (control.full) throw new Error('ENOSPC')
      return inner.set(name, next)
    },
  })
  return { store, control, stored: () => inner.get(key) as StoredGrant }
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
})
afterEach(() => {
  jest.useRealTimers()
})

test('two log-outs at once: the grant is revoked, once for each', async () => {
  const server = fakeServer()
  const { store, control, stored } = slowStore()
  const { session } = makeSession(server, { store, key })
  await saveToken(session, token)
  control.hold = gate()
  const first = revokeToken(session)
  await settled()
  const second = revokeToken(session)
  await settled()
  control.hold.open()
  expect(await hurry(Promise.all([first, second]))).toEqual([{ revoked: true }, { revoked: true }])
  expect(server.of('revocation').map(({ body }) => body.get('token'))).toContain('r0')
  expect(stored()).toMatchObject({ ended: { reason: 'revoked' } })
})

test('a log-out while the lock of a sign-in is being released holds', async () => {
  const lock = inProcessLock()
  const release = gate()
  const store: TokenStore = defineStore({
    ...memoryStore(),
    lock: (name, critical, options) =>
      lock(
        name,
        async lease => {
          const result = await critical(lease)
          await release.promise
          return result
        },
        options,
      ),
  })
  const { session } = makeSession(fakeServer(), { store, key })
  const signIn = fetchToken(session, async () => token)
  await settled()
  const out = revokeToken(session)
  await settled()
  release.open()
  await signIn
  expect(session.current()).toBeUndefined()
  await out
  expect((await errorOf(async () => session.token())).code).toBe('OAUTH_SESSION_ENDED')
})

test('a log-out during the write of a renewal: who waited for it gets no token', async () => {
  const server = fakeServer()
  const { store, control } = slowStore()
  const { session } = makeSession(server, { store, key })
  await saveToken(session, { ...token, expires_in: 10 })
  server.now += 100
  control.hold = gate()
  const waiting = errorOf(async () => session.token())
  await settled()
  const out = revokeToken(session)
  await settled()
  control.hold.open()
  expect((await hurry(waiting)).code).toBe('OAUTH_SESSION_ENDED')
  await hurry(out)
})

test('a log-out that is tried again leaves alone who signed in since', async () => {
  const server = fakeServer()
  const { store, control } = slowStore()
  await saveToken(makeSession(server, { store, key }).session, token)
  const { session } = makeSession(server, { store, key })
  control.down = true
  const result = await hurry(revokeToken(session))
  control.down = false
  await saveToken(session, { access_token: 'b0', refresh_token: 's0', expires_in: 3600 })
  await hurry((result as { retry: () => Promise<unknown> }).retry())
  expect(server.of('revocation')).toEqual([])
  expect((await session.token()).access_token).toBe('b0')
})

test('a rotated refresh token is kept when its ID token cannot be checked for now', async () => {
  const server = fakeServer()
  const { store, stored } = slowStore()
  let away = true
  const { session } = makeSession(server, {
    store,
    key,
    openid: async () => {
      if (away) throw new OAuthError('OAUTH_SERVER_UNAVAILABLE', 'The keys cannot be read.')
      return {}
    },
  })
  await saveToken(session, { ...token, expires_in: 10 })
  server.now += 100
  const rotated = {
    access_token: 'a1',
    token_type: 'Bearer',
    expires_in: 3600,
    refresh_token: 'r1',
    id_token: 'x.y.z',
  }
  server.answers.push({ body: rotated })
  expect((await errorOf(async () => session.token())).code).toBe('OAUTH_SERVER_UNAVAILABLE')
  expect(stored()).toMatchObject({ refresh_token: 'r1', tokens: { '': { access_token: 'a0' } } })
  away = false
  server.now += 100
  server.answers.push({ body: { ...rotated, access_token: 'a2', refresh_token: 'r2' } })
  expect((await session.token()).access_token).toBe('a2')
  expect(server.of('token').map(({ body }) => body.get('refresh_token'))).toEqual(['r0', 'r1'])
})

test('twenty who renew at once share one request, also when the server hands out the same token again', async () => {
  const server = fakeServer({ rotate: false })
  const { session } = makeSession(server, { key })
  await saveToken(session, token)
  for (let count = 0; count < 20; count++)
    server.answers.push({ body: { access_token: 'a0', token_type: 'Bearer', expires_in: 3600 } })
  await Promise.all(Array.from({ length: 20 }, () => refreshToken(session)))
  expect(server.of('token')).toHaveLength(1)
})

test('a store that never takes a write is told of, and the server is not asked in a circle', async () => {
  const server = fakeServer({ rotate: false })
  const { store, stored } = slowStore()
  const { session } = makeSession(server, {
    key,
    store: defineStore({ ...store, get: () => grant, set: async () => false }),
  })
  await saveToken(makeSession(server, { store, key }).session, token)
  const grant = stored()
  expect((await hurry(errorOf(() => refreshToken(session)))).code).toBe('OAUTH_STORE_WRITE')
  expect(server.of('token')).toHaveLength(1)
})

test('a sign-in whose token cannot be stored is revoked', async () => {
  const server = fakeServer()
  const { store, control } = slowStore()
  const { session } = makeSession(server, { store, key })
  control.down = true
  expect((await errorOf(() => fetchToken(session, async () => token))).code).toBe('OAUTH_STORE_READ')
  await settled()
  expect(server.of('revocation').map(({ body }) => body.get('token'))).toEqual(['r0'])
})

test('a token that was there before is not revoked because it cannot be stored now', async () => {
  const server = fakeServer()
  const { store, control, stored } = slowStore()
  const { session } = makeSession(server, { store, key })
  control.down = true
  expect((await errorOf(() => saveToken(session, token))).code).toBe('OAUTH_STORE_READ')
  await settled()
  expect(server.requests).toEqual([])
  control.down = false
  await saveToken(session, token)
  expect(stored().refresh_token).toBe('r0')
})

test('closing tells of a token that is in this process alone, and ends the subscription', async () => {
  const { store, control, stored } = slowStore()
  let subscribed = 0
  const { session } = makeSession(fakeServer(), {
    key,
    store: defineStore({
      ...store,
      subscribe() {
        subscribed++
        return () => {
          subscribed--
        }
      },
    }),
  })
  await saveToken(session, token)
  control.full = true
  expect((await hurry(refreshToken(session))).access_token).toBe('a1')
  expect((await hurry(errorOf(() => session.close()))).code).toBe('OAUTH_STORE_WRITE')
  expect(subscribed).toBe(0)
  control.full = false
  await session.close()
  expect(stored().refresh_token).toBe('r1')
})

test('one 429 does not end a grant of one’s own', async () => {
  const server = fakeServer()
  let calls = 0
  const { session } = makeSession(server, {
    grant: async () => {
      if (++calls === 1)
        throw Object.assign(new Error('429'), { isAxiosError: true, response: { status: 429 } })
      return { access_token: 'x' }
    },
  })
  expect((await errorOf(async () => session.token())).code).toBe('OAUTH_SERVER_UNAVAILABLE')
  server.now += 3600
  expect((await session.token()).access_token).toBe('x')
})

test('a grant that needs nobody serves where a stored refresh token must not be spent', async () => {
  const server = fakeServer()
  const inner = memoryStore()
  await saveToken(makeSession(server, { store: inner, key }).session, { ...token, expires_in: 10 })
  server.now += 100
  const store = readOnlyStore(inner)
  expect(await makeSession(server, { store, key }).session.authorized()).toBe(false)
  const { session } = makeSession(server, { store, key, grant: async () => ({ access_token: 'c' }) })
  expect((await session.token()).access_token).toBe('c')
  expect(server.requests).toEqual([])
})

test('an OAuth 1 session tells that the store did not take its end', async () => {
  const { store, control } = slowStore()
  const make = () =>
    createOAuth1Session(
      {
        server: {
          request_token_url: 'https://as.example/r',
          authorize_url: 'https://as.example/a',
          access_token_url: 'https://as.example/t',
        } as never,
        client: { key: 'c', secret: 's' },
        store,
        key,
      } as never,
      { send: async () => Promise.reject(new Error()), http: {} as never },
    )
  await saveOAuth1Token(make(), { oauth_token: 't', oauth_token_secret: 'x' })
  const session = make()
  control.down = true
  expect((await hurry(errorOf(() => endOAuth1Session(session)))).code).toBe('OAUTH_STORE_WRITE')
  control.down = false
  expect(await make().authorized()).toBe(true)
})
