import { isOAuthError } from '../../src/errors.js'
import { saveToken } from '../../src/session/fetch-token.js'
import { revokeToken } from '../../src/session/revocation.js'
import type { OAuth2Session } from '../../src/session/session.js'
import { core } from '../../src/session/session.js'
import type { StoredGrant, Token, TokenStore } from '../../src/session/stored-grant.js'
import { defineStore } from '../../src/stores/define-store.js'
import { memoryStore } from '../../src/stores/memory.js'
import { fakeServer, gate, hurry, makeSession, settled } from '../support/fake-server.js'

const codeOf = (promise: unknown) =>
  Promise.resolve(promise).then(
    () => 'resolved',
    (error: unknown) => (isOAuthError(error) ? error.code : `${error}`),
  )

const idToken = (sub: string) => `e30.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.`

const signIn = (session: OAuth2Session, token: Partial<Token> = {}) =>
  saveToken(session, { access_token: 'a0', refresh_token: 'r0', expires_in: 3600, ...token })

/** What is stored after the sign-in of another person. */
const berts: StoredGrant = {
  v: 1,
  grantId: 'berts',
  version: 2,
  refresh_token: 'rb',
  id_token: idToken('bert'),
  tokens: { '': { access_token: 'b0' } },
}

const revoked = (server: ReturnType<typeof fakeServer>) =>
  server.of('revocation').map(({ body }) => body.get('token'))

/**
 * A refresh that the server has answered and the session has not seen, and a log-out that begins meanwhile.
 */
async function logOutDuringRefresh(server: ReturnType<typeof fakeServer>, options = {}) {
  const { session } = makeSession(server, options)
  await signIn(session)
  const hold = gate()
  server.hold = hold
  const renewal = codeOf(session.token({ rejected: session.current() as Token }))
  await settled()
  const result = revokeToken(session)
  await settled()
  server.hold = undefined
  hold.open()
  return { session, result, renewal }
}

describe('a log-out during a refresh answers for every refresh token that may be good', () => {
  it('revokes the token that goes on living where the server does not rotate', async () => {
    const server = fakeServer({ rotate: false })
    const { result, renewal } = await logOutDuringRefresh(server)
    expect(await result).toEqual({ revoked: true })
    expect(await renewal).toBe('OAUTH_SESSION_ENDED')
    expect(revoked(server)).toContain('r0')
  })

  it('revokes the token that the server rotated to', async () => {
    const server = fakeServer()
    const { result } = await logOutDuringRefresh(server)
    expect(await result).toEqual({ revoked: true })
    expect(revoked(server)).toContain('r1')
  })

  it.each([503, 400])('says so when the server answers %d, and retry gets there', async status => {
    const server = fakeServer()
    const answers = [{ status, body: { error: 'server_error' } }]
    const { session, result } = await logOutDuringRefresh(server)
    server.answers.push(...answers)
    const first = await result
    expect(first.revoked).toBe(false)
    if (first.revoked) throw new Error('revoked')
    server.now += first.retryAfter ?? 0
    expect(await first.retry()).toEqual({ revoked: true })
    expect(revoked(server)).toContain('r1')
    expect(await session.authorized()).toBe(false)
  })

  it('leaves the sign-in of another person alone, and sends nothing of it', async () => {
    const server = fakeServer()
    const store = memoryStore()
    const { session } = makeSession(server, { store, key: 'k' })
    const other = makeSession(server, { store, key: 'k' }).session
    await signIn(session, { id_token: idToken('anna') })
    // the other tab holds the lock while this one logs out
    const hold = gate()
    const busy = store.lock?.('oauth:k', () => hold.promise)
    const result = revokeToken(session)
    const newcomer = signIn(other, { access_token: 'b0', refresh_token: 'rb', id_token: idToken('bert') })
    const first = store.set('k', berts)
    expect(await first).toBe(true)
    hold.open()
    await busy
    const { revoked: isRevoked, ...rest } = await result
    expect(isRevoked).toBe(false)
    expect((rest as { error: { code: string } }).error.code).toBe('OAUTH_STORE_WRITE')
    expect(revoked(server)).not.toContain('rb')
    expect(revoked(server)).toContain('r0')
    await newcomer
  })

  it.each([
    ['answers', 200],
    ['fails', 503],
  ])('names the store of another person where the server %s too, also on a retry', async (_, status) => {
    const server = fakeServer()
    const store = memoryStore()
    const { session } = makeSession(server, { store, key: 'k' })
    await signIn(session, { id_token: idToken('anna') })
    const hold = gate()
    const busy = store.lock?.('oauth:k', () => hold.promise)
    if (status === 503) server.answers.push({ status, body: { error: 'server_error' } })
    const result = revokeToken(session)
    await store.set('k', berts)
    hold.open()
    await busy
    const first = await result
    expect(first).toMatchObject({ revoked: false, error: { code: 'OAUTH_STORE_WRITE' } })
    if (first.revoked) throw new Error('revoked')
    server.now += first.retryAfter ?? 0
    await first.retry()
    expect(revoked(server)).toContain('r0')
    expect(revoked(server)).not.toContain('rb')
    expect(await store.get('k')).toEqual(berts)
    // the application shows Bert's data, and Bert logs out
    session.acceptChange()
    expect(await session.authorized()).toBe(true)
    expect(await revokeToken(session)).toEqual({ revoked: true })
    expect(revoked(server)).toContain('rb')
  })
})

describe('the lease', () => {
  it('is looked at when client authentication is done, immediately before the bytes leave', async () => {
    const server = fakeServer()
    const lost = new AbortController()
    const memory = memoryStore()
    const store: TokenStore = defineStore({
      ...memory,
      lock: (_name, critical) => critical({ signal: lost.signal }),
    })
    const { session } = makeSession(server, {
      store,
      key: 'k',
      // the process is frozen here, and another one takes the lock
      clientAuth: async () => lost.abort(),
    })
    await signIn(session)
    expect(await codeOf(session.token({ rejected: session.current() as Token }))).toBe('OAUTH_LOCK_TIMEOUT')
    expect(server.of('token')).toHaveLength(0)
  })

  it('is given back when a hook hangs, and nothing is sent afterwards', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] })
    try {
      const server = fakeServer()
      const hang = gate()
      const { session } = makeSession(server, { clientAuth: () => hang.promise, timeout: 1 })
      await signIn(session)
      const rejected = session.current() as Token
      const stuck = codeOf(session.token({ rejected }))
      await settled()
      jest.advanceTimersByTime(26_000)
      expect(await hurry(stuck)).toBe('OAUTH_LOCK_TIMEOUT')
      hang.open()
      await settled()
      expect(server.of('token')).toHaveLength(0)
    } finally {
      jest.useRealTimers()
    }
  })

  it('passes the session’s time on to every call', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { timeout: 7 })
    await signIn(session)
    await session.token({ rejected: session.current() as Token })
    expect(server.requests[0]?.timeout).toBe(7)
  })
})

describe('a token that is still good while its renewal fails', () => {
  it.each([
    ['a 503', { status: 503 }],
    ['a 429', { status: 429, headers: { 'retry-after': '30' } }],
    ['a 425', { status: 425 }],
    [
      'the network',
      { error: Object.assign(new Error('x'), { name: 'OAuthError', code: 'OAUTH_SERVER_UNAVAILABLE' }) },
    ],
  ])('is used within the leeway: %s', async (_name, answer) => {
    const server = fakeServer()
    const { session, names } = makeSession(server)
    await signIn(session, { expires_in: 3600 })
    server.now += 3570
    server.answers.push(answer)
    expect(await session.token()).toMatchObject({ access_token: 'a0' })
    expect(names()).toContain('error')
    server.now += 31
    server.answers.push(answer)
    expect(await codeOf(session.token())).toBe('OAUTH_SERVER_UNAVAILABLE')
  })

  it('is used while the store is away', async () => {
    const server = fakeServer()
    const memory = memoryStore()
    let isAway = false
    const get = (key: string) => {
      if (isAway) throw new Error('ECONNREFUSED')
      return memory.get(key)
    }
    const { session } = makeSession(server, { store: defineStore({ ...memory, get }), key: 'k' })
    await signIn(session)
    server.now += 3570
    isAway = true
    expect(await session.token()).toMatchObject({ access_token: 'a0' })
  })

  it('is not used once an API refused it', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signIn(session)
    server.answers.push({ status: 503 })
    expect(await codeOf(session.token({ rejected: session.current() as Token }))).toBe(
      'OAUTH_SERVER_UNAVAILABLE',
    )
    expect(await codeOf(session.token())).toBe('OAUTH_SERVER_UNAVAILABLE')
  })
})

describe('"sign in again" in other words than invalid_grant', () => {
  it.each([
    ['200 with bad_refresh_token', { status: 200, body: { error: 'bad_refresh_token' } }, {}],
    ['401 of an own back end', { status: 401, body: { message: 'no' } }, { endedBy: [401] }],
    ['a word of the server', { status: 400, body: { error: 'token_dead' } }, { endedBy: ['token_dead'] }],
  ])('ends the session: %s', async (_name, answer, options) => {
    const server = fakeServer()
    const { session, names } = makeSession(server, options)
    await signIn(session)
    server.answers.push(answer)
    const rejected = session.current() as Token
    expect(await codeOf(session.token({ rejected }))).toBe('OAUTH_SESSION_ENDED')
    expect(names()).toContain('ended')
    expect(await session.authorized()).toBe(false)
  })
})

describe('another person’s sign-in in the same store', () => {
  const twoTabs = async () => {
    const server = fakeServer()
    const store = memoryStore()
    const one = makeSession(server, { store, key: 'k' })
    const two = makeSession(server, { store, key: 'k' })
    const changes: unknown[] = []
    one.session.on('changed', detail => changes.push(detail))
    await signIn(one.session, { id_token: idToken('anna') })
    await two.session.authorized()
    return { server, one, two, changes }
  }

  it.each([
    ['another person', idToken('bert'), false],
    ['a person of whom nothing is known', undefined, undefined],
  ])('is told, and requests wait for the application’s consent: %s', async (_name, id_token, sameUser) => {
    const { server, one, two, changes } = await twoTabs()
    await signIn(two.session, { access_token: 'b0', refresh_token: 'rb', ...(id_token && { id_token }) })
    server.now += 61
    expect(await codeOf(one.session.token())).toBe('OAUTH_SESSION_CHANGED')
    expect(changes).toEqual([{ sameUser }])
    expect(one.session.current()).toBeUndefined()
    expect(await one.session.authorized()).toBe(false)
    one.session.acceptChange()
    expect(await one.session.token()).toMatchObject({ access_token: 'b0' })
  })

  it('is nothing new for the same person', async () => {
    const { server, one, two, changes } = await twoTabs()
    await signIn(two.session, { access_token: 'b0', id_token: idToken('anna') })
    server.now += 61
    expect(await one.session.token()).toMatchObject({ access_token: 'b0' })
    expect(changes).toEqual([])
  })

  it('signs a tab in again that was logged out, by event', async () => {
    const { server, one, two, changes } = await twoTabs()
    await core(two.session).end('revoked')
    server.now += 61
    expect(await codeOf(one.session.token())).toBe('OAUTH_SESSION_ENDED')
    await signIn(two.session, { access_token: 'b0', id_token: idToken('bert') })
    server.now += 61
    expect(await one.session.token()).toMatchObject({ access_token: 'b0' })
    expect(changes).toEqual([{ sameUser: undefined }])
  })

  it('never gets a request that waited while somebody else signed in', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, {
      onInteractionRequired: async () => {
        await signIn(session, { access_token: 'b0', refresh_token: 'rb', id_token: idToken('bert') })
      },
    })
    await signIn(session, { id_token: idToken('anna') })
    server.now += 3600
    server.answers.push({ status: 400, body: { error: 'invalid_grant' } })
    expect(await codeOf(session.token())).toBe('OAUTH_SESSION_CHANGED')
    expect(await session.token()).toMatchObject({ access_token: 'b0' })
  })
})
