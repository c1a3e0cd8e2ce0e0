import { isOAuthError, OAuthError } from '../../src/errors.js'
import { fetchToken, refreshToken, saveToken } from '../../src/session/fetch-token.js'
import type { OAuth2Session } from '../../src/session/session.js'
import { core } from '../../src/session/session.js'
import type { StoredGrant, Token, TokenStore } from '../../src/session/stored-grant.js'
import { defineStore } from '../../src/stores/define-store.js'
import { memoryStore } from '../../src/stores/memory.js'
import { fakeServer, gate, makeSession, settled } from '../support/fake-server.js'

const code = async (promise: unknown) => {
  const error = await Promise.resolve(promise).then(
    value => new Error(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (!isOAuthError(error)) throw error
  return error.code
}

const clientCredentials = (endpoint: (parameters: { grant_type: string }) => Promise<Token>) =>
  endpoint({ grant_type: 'client_credentials' })

const signedIn = async (session: OAuth2Session, token: Partial<Token> = {}) =>
  saveToken(session, { access_token: 'a0', refresh_token: 'r0', expires_in: 3600, ...token })

describe('a token that is there', () => {
  test('is handed out synchronously, without asking anybody', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    expect(session.current()).toMatchObject({ access_token: 'a0' })
    expect(session.token()).toBeInstanceOf(Promise)
    expect(await session.token()).toBe(session.current())
    expect(server.requests).toHaveLength(0)
  })

  test('does not carry the refresh token', async () => {
    const { session } = makeSession(fakeServer())
    await signedIn(session)
    expect(JSON.stringify(session.current())).not.toContain('r0')
  })

  test('without a known expiry is used until it is refused', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { recheck: 1e12 })
    await saveToken(session, { access_token: 'a0', refresh_token: 'r0' })
    server.now += 1e9
    expect(session.current()).toMatchObject({ access_token: 'a0' })
    expect(await session.token({ rejected: session.current() as Token })).toMatchObject({
      access_token: 'a1',
    })
  })

  test.each([
    [3600, 3539, 'a0'],
    [3600, 3540, 'a1'],
    [60, 29, 'a0'],
    [60, 30, 'a1'],
    [1, 0.4, 'a0'],
    [1, 0.5, 'a1'],
  ])('of %d s life, after %d s: %s', async (expires_in, age, expected) => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session, { expires_in })
    server.now += age
    expect(await session.token()).toMatchObject({ access_token: expected })
  })

  test('saved with only expires_at is renewed in time', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await saveToken(session, { access_token: 'a0', refresh_token: 'r0', expires_at: server.now + 100 })
    server.now += 41
    expect(await session.token()).toMatchObject({ access_token: 'a1' })
  })
})

describe('renewal', () => {
  test('happens once for everybody who waits, and is stored before anybody gets it', async () => {
    const server = fakeServer()
    const order: string[] = []
    const inner = memoryStore()
    const store: TokenStore = defineStore({
      ...inner,
      set: async (key, next) => {
        await settled()
        order.push(`stored ${next.tokens['']?.access_token}`)
        return inner.set(key, next)
      },
    })
    const { session } = makeSession(server, { store, key: 'me' })
    await signedIn(session)
    const rejected = session.current() as Token
    const tokens = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const token = await session.token({ rejected })
        order.push(token.access_token)
        return token.access_token
      }),
    )
    expect(new Set(tokens)).toEqual(new Set(['a1']))
    expect(server.requests).toHaveLength(1)
    expect(order.slice(0, 3)).toEqual(['stored a0', 'stored a1', 'a1'])
  })

  test('a late refusal of an older token costs nothing', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    const old = session.current() as Token
    await session.token({ rejected: old })
    for (let i = 0; i < 50; i++)
      expect(await session.token({ rejected: old })).toMatchObject({ access_token: 'a1' })
    expect(server.requests).toHaveLength(1)
    expect(session.current()).toMatchObject({ access_token: 'a1' })
  })

  test('a waiter never gets the very token that was refused to it', async () => {
    const server = fakeServer()
    const store = memoryStore()
    const one = makeSession(server, { store, key: 'me' }).session
    const two = makeSession(server, { store, key: 'me' }).session
    await signedIn(one)
    const a0 = (await two.token()) as Token
    // one renews; two joins a look at the store that ends with a1 while a1 has just been refused to another
    // caller of two
    const a1 = await one.token({ rejected: one.current() as Token })
    const waiting = two.token({ rejected: a0 })
    const refused = two.token({ rejected: { ...a1 } })
    expect(await waiting).toMatchObject({ access_token: 'a2' })
    expect(await refused).toMatchObject({ access_token: 'a2' })
    expect(server.reuse).toBe(0)
  })

  test('requests that come meanwhile wait', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    server.hold = gate()
    const first = session.token({ rejected: session.current() as Token })
    await settled()
    expect(session.current()).toBeUndefined()
    const second = session.token()
    server.hold.open()
    expect(await second).toBe(await first)
    expect(server.requests).toHaveLength(1)
  })

  test('keeps what the answer does not name: refresh token, scope, ID token', async () => {
    const server = fakeServer({ rotate: false })
    const { session } = makeSession(server)
    await signedIn(session, { scope: 'a b', id_token: 'x.y.z' })
    await refreshToken(session)
    expect(await core(session).read()).toMatchObject({
      refresh_token: 'r0',
      id_token: 'x.y.z',
      tokens: { '': { access_token: 'a1', scope: 'a b' } },
    })
  })

  test('a refresh token that was rotated is used for the next renewal', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    for (let i = 0; i < 5; i++) await refreshToken(session)
    expect(server.reuse).toBe(0)
    expect(server.requests.map(({ body }) => body.get('refresh_token'))).toEqual([
      'r0',
      'r1',
      'r2',
      'r3',
      'r4',
    ])
  })

  test('two sessions on one store renew once between them', async () => {
    const server = fakeServer()
    const store = memoryStore()
    const sessions = Array.from({ length: 5 }, () => makeSession(server, { store, key: 'me' }).session)
    await signedIn(sessions[0] as OAuth2Session)
    await Promise.all(sessions.map(session => session.token()))
    const rejected = { access_token: 'a0' }
    const tokens = await Promise.all(sessions.map(session => session.token({ rejected })))
    expect(new Set(tokens.map(token => token.access_token))).toEqual(new Set(['a1']))
    expect(server.requests).toHaveLength(1)
  })

  test('stores without a lock of their own are guarded in this process', async () => {
    const server = fakeServer()
    const { lock, ...open } = memoryStore()
    const store = defineStore(open)
    const sessions = Array.from({ length: 5 }, () => makeSession(server, { store, key: 'me' }).session)
    await signedIn(sessions[0] as OAuth2Session)
    await Promise.all(sessions.map(session => session.token({ rejected: { access_token: 'a0' } })))
    expect(server.requests).toHaveLength(1)
  })

  test('a server that hands out the same token again is believed once, without a loop', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    server.answers.push({ body: { access_token: 'a0', token_type: 'bearer', expires_in: 10 } })
    expect(await session.token({ rejected: session.current() as Token })).toMatchObject({
      access_token: 'a0',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('is not aborted by a caller who goes away, not even by the one that began it', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    server.hold = gate()
    const controller = new AbortController()
    const first = session.token({ rejected: session.current() as Token, signal: controller.signal })
    const second = session.token()
    await settled()
    controller.abort()
    expect(await code(first)).toBe('OAUTH_ABORTED')
    server.hold.open()
    expect(await second).toMatchObject({ access_token: 'a1' })
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]?.signal).toBeUndefined()
  })

  test('tells how long it took and shows no secret', async () => {
    const server = fakeServer()
    const { session, events } = makeSession(server)
    await signedIn(session)
    server.hold = gate()
    const token = session.token({ rejected: session.current() as Token })
    await settled()
    server.now += 3
    server.hold.open()
    await token
    expect(events).toContainEqual(['renewed', { duration: 3, cause: 'refused' }])
    expect(JSON.stringify(events)).not.toMatch(/"[ar]\d"/)
  })

  test('a listener that throws disturbs nobody', async () => {
    const { session } = makeSession(fakeServer())
    session.on('token', () => {
      throw new Error('mine')
    })
    await signedIn(session)
    expect(session.current()).toBeDefined()
  })
})

describe('ahead of time', () => {
  test('is off by default', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    server.now += 3500
    session.current()
    await settled()
    expect(server.requests).toHaveLength(0)
  })

  test('renews once in the background while the token goes on being used', async () => {
    const server = fakeServer()
    const { session, events } = makeSession(server, { refreshAhead: 120, recheck: 1e6 })
    await signedIn(session)
    server.now += 3600 - 60 - 120
    server.hold = gate()
    for (let i = 0; i < 10; i++) {
      expect(session.current()).toMatchObject({ access_token: 'a0' })
      await settled()
    }
    server.hold.open()
    await settled()
    expect(session.current()).toMatchObject({ access_token: 'a1' })
    expect(server.requests).toHaveLength(1)
    expect(events.at(-2)).toEqual(['renewed', { duration: 0, cause: 'ahead' }])
  })

  test('a failure is an event, the token is still used, and it backs off', async () => {
    const server = fakeServer()
    const { session, names } = makeSession(server, { refreshAhead: 120, recheck: 1e6 })
    await signedIn(session)
    server.now += 3600 - 100
    server.answers.push({ status: 503 })
    for (let i = 0; i < 10; i++) {
      expect(session.current()).toMatchObject({ access_token: 'a0' })
      await settled()
    }
    expect(server.requests).toHaveLength(1)
    expect(names()).toEqual(['token', 'error'])
  })
})

describe('without a token', () => {
  test('a session that nobody can help says what to do', async () => {
    const { session } = makeSession(fakeServer())
    expect(await code(session.token())).toBe('OAUTH_INTERACTION_REQUIRED')
    expect(await session.authorized()).toBe(false)
  })

  test('an unattended grant is run once for everybody, and again when the token is refused or expires', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { grant: clientCredentials })
    await Promise.all(Array.from({ length: 20 }, () => session.token()))
    expect(server.requests).toHaveLength(1)
    await session.token({ rejected: session.current() as Token })
    expect(server.requests).toHaveLength(2)
    server.now += 4000
    expect(await session.token()).toMatchObject({ access_token: 'a3' })
  })

  test('a grant that is refused is asked again rarely, up to a quarter of an hour, and heals by itself', async () => {
    const server = fakeServer()
    const { session, names } = makeSession(server, { grant: clientCredentials })
    const refused = { status: 401, body: { error: 'invalid_client' } }
    server.answers.push(...Array(10).fill(refused))
    expect(await code(session.token())).toBe('OAUTH_SERVER_REFUSED')
    server.now += 29
    for (let i = 0; i < 5; i++) expect(await code(session.token())).toBe('OAUTH_SERVER_REFUSED')
    expect(server.requests).toHaveLength(1)
    for (let i = 0; i < 9; i++) {
      server.now += 901
      expect(await code(session.token())).toBe('OAUTH_SERVER_REFUSED')
    }
    server.now += 449
    expect(await code(session.token())).toBe('OAUTH_SERVER_REFUSED')
    expect(server.requests).toHaveLength(10)
    server.now += 452
    expect(await session.token()).toMatchObject({ access_token: 'a1' })
    expect(names().filter(name => name === 'error')).toHaveLength(1)
  })

  test.each([
    ['400 temporarily_unavailable', { status: 400, body: { error: 'temporarily_unavailable' } }],
    ['403 slow_down', { status: 403, body: { error: 'slow_down' } }],
    ['a 4xx with Retry-After', { status: 409, headers: { 'retry-after': '1' } }],
    ['is_transient', { status: 400, body: { error: 'AADSTS', is_transient: true } }],
  ])('one bad answer does not kill a worker: %s', async (_name, answer) => {
    const server = fakeServer()
    const { session } = makeSession(server, { grant: clientCredentials })
    server.answers.push(answer)
    expect(await code(session.token())).toBe('OAUTH_SERVER_UNAVAILABLE')
    server.now += 2
    expect(await session.token()).toMatchObject({ access_token: 'a1' })
  })

  test('a server that asks for a year is believed for five minutes, or for maxBackOff', async () => {
    for (const [options, longest] of [
      [{}, 300],
      [{ maxBackOff: 20 }, 20],
    ] as const) {
      const server = fakeServer()
      const { session } = makeSession(server, { grant: clientCredentials, ...options })
      server.answers.push({ status: 503, headers: { 'retry-after': '31536000' } })
      expect(await code(session.token())).toBe('OAUTH_SERVER_UNAVAILABLE')
      server.now += longest - 1
      expect(await code(session.token())).toBe('OAUTH_SERVER_UNAVAILABLE')
      server.now += 2
      expect(await session.token()).toMatchObject({ access_token: 'a1' })
    }
  })

  test('onInteractionRequired is called once for all who wait, and they go on', async () => {
    const server = fakeServer()
    const asked = jest.fn()
    const { session } = makeSession(server, {
      onInteractionRequired: async reason => {
        asked(reason.reason)
        await signedIn(session)
      },
    })
    const tokens = await Promise.all(Array.from({ length: 10 }, () => session.token()))
    expect(asked.mock.calls).toEqual([['no_token']])
    expect(new Set(tokens.map(({ access_token }) => access_token))).toEqual(new Set(['a0']))
  })

  test('a sign-in that fails, or leaves no token, rejects them and can be tried again', async () => {
    const server = fakeServer()
    let outcome: () => Promise<void> = async () => {
      throw new Error('window closed')
    }
    const { session } = makeSession(server, { onInteractionRequired: () => outcome() })
    await expect(session.token()).rejects.toMatchObject({
      code: 'OAUTH_INTERACTION_REQUIRED',
      cause: { message: 'window closed' },
    })
    outcome = async () => {}
    expect(await code(session.token())).toBe('OAUTH_INTERACTION_REQUIRED')
    outcome = async () => {
      await signedIn(session)
    }
    expect(await session.token()).toMatchObject({ access_token: 'a0' })
  })

  test.each([
    ['a page', '<!doctype html>'],
    ['nothing', undefined],
    ['another name', { token: 'x' }],
    ['no text', { access_token: 7 }],
  ])('a grant of one’s own that answers %s is told so, and nothing is stored', async (_, answer) => {
    const store = memoryStore()
    const { session, events } = makeSession(fakeServer(), {
      store,
      key: 'k',
      grant: async () => answer as never,
    })
    expect(await code(session.token())).toBe('OAUTH_INVALID_RESPONSE')
    expect(await code(fetchToken(session, async () => answer as never))).toBe('OAUTH_INVALID_RESPONSE')
    expect(await store.get('k')).toBeUndefined()
    expect(events.map(([name]) => name)).not.toContain('token')
  })

  test('what a grant of one’s own answers expires, though it says expires_in only', async () => {
    const server = fakeServer()
    let count = 0
    const { session } = makeSession(server, {
      grant: async () => ({ access_token: `b${++count}`, expires_in: 600 }),
    })
    expect(await session.token()).toMatchObject({ access_token: 'b1', expires_at: server.now + 600 })
    server.now += 541
    expect(await session.token()).toMatchObject({ access_token: 'b2' })
  })

  test('a grant of one’s own that needs the person is asked again a second later, and at once after the sign-in', async () => {
    const server = fakeServer()
    let signedInThere = false
    let asked = 0
    const grant = async () => {
      asked++
      if (!signedInThere) throw new OAuthError('OAUTH_INTERACTION_REQUIRED', 'The cookie is gone.')
      return { access_token: 'b1' }
    }
    const { session } = makeSession(server, { grant })
    for (let second = 0; second < 20; second++) {
      for (const _ of [1, 2, 3]) expect(await code(session.token())).toBe('OAUTH_INTERACTION_REQUIRED')
      server.now += 1
    }
    expect(asked).toBe(20)
    signedInThere = true
    expect(await session.token()).toMatchObject({ access_token: 'b1' })

    signedInThere = false
    const { session: asking } = makeSession(server, {
      grant,
      onInteractionRequired: async () => {
        signedInThere = true
      },
    })
    expect(await asking.token()).toMatchObject({ access_token: 'b1' })
  })

  test('a grant of one’s own that throws is wrapped, and an axios error does not become the cause', async () => {
    const failure = Object.assign(new Error('nope'), {
      isAxiosError: true,
      config: { data: 'secret' },
      response: { status: 401 },
    })
    const { session } = makeSession(fakeServer(), {
      grant: async () => {
        throw failure
      },
    })
    const error = await Promise.resolve(session.token()).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', status: 401 })
    expect(error).not.toHaveProperty('cause')
  })
})

describe('when the server refuses or is away', () => {
  test('invalid_grant ends the session: one event, and nothing is asked afterwards', async () => {
    const server = fakeServer()
    const { session, events } = makeSession(server)
    await signedIn(session, { refresh_token: 'spent' })
    const rejected = session.current() as Token
    const codes = await Promise.all(Array.from({ length: 100 }, () => code(session.token({ rejected }))))
    expect(new Set(codes)).toEqual(new Set(['OAUTH_SESSION_ENDED']))
    for (let i = 0; i < 5; i++) expect(await code(session.token())).toBe('OAUTH_SESSION_ENDED')
    expect(server.requests).toHaveLength(1)
    expect(events.filter(([name]) => name === 'ended')).toEqual([['ended', { reason: 'invalid_grant' }]])
    expect(await session.authorized()).toBe(false)
    await signedIn(session)
    expect(await session.token()).toMatchObject({ access_token: 'a0' })
  })

  test('invalid_grant of a loser keeps the winner’s token', async () => {
    const server = fakeServer()
    const inner = memoryStore()
    // no lock at all: two processes whose medium does not guard them
    const open: TokenStore = defineStore({
      get: inner.get,
      set: inner.set,
      delete: inner.delete,
      lock: (_name, critical) => critical({ signal: new AbortController().signal }),
    })
    const [one, two] = [
      makeSession(server, { store: open, key: 'me' }),
      makeSession(server, { store: open, key: 'me' }),
    ]
    await signedIn(one.session)
    await two.session.token()
    server.hold = gate()
    const first = one.session.token({ rejected: { access_token: 'a0' } })
    await settled()
    const hold = server.hold
    server.hold = undefined
    hold.open()
    await first
    server.answers.push({ status: 400, body: { error: 'invalid_grant' } })
    // two read the store before one wrote: it sends the spent refresh token and loses
    let stale: StoredGrant | undefined = JSON.parse(JSON.stringify(await inner.get('me')))
    stale = {
      ...(stale as StoredGrant),
      version: 1,
      refresh_token: 'r0',
      tokens: { '': { access_token: 'a0', expires_at: 1 } },
    }
    const get = open.get
    let reads = 0
    open.get = key => (++reads <= 2 ? (stale as StoredGrant) : get(key))
    const token = await two.session.token({ rejected: { access_token: 'a0' } })
    expect(token).toMatchObject({ access_token: 'a1' })
    expect(two.names()).not.toContain('ended')
    expect(await one.session.token()).toMatchObject({ access_token: 'a1' })
  })

  test('an unattended grant takes over from a refresh token that is refused', async () => {
    const server = fakeServer()
    const { session, names } = makeSession(server, { grant: clientCredentials })
    await signedIn(session, { refresh_token: 'spent' })
    expect(await session.token({ rejected: session.current() as Token })).toMatchObject({
      access_token: 'a1',
    })
    expect(names()).not.toContain('ended')
    expect((await core(session).read())?.refresh_token).toBeUndefined()
  })

  test.each([
    ['a 503', { status: 503 }, 2],
    ['an HTML page', { status: 502, body: '<html>bad gateway</html>' }, 2],
    ['a connection that broke', { error: new OAuthError('OAUTH_SERVER_UNAVAILABLE', 'reset') }, 2],
    ['invalid_client', { status: 401, body: { error: 'invalid_client' } }, 61],
    ['a refusal without a body that says why', { status: 400, body: '' }, 61],
  ])('%s ends nothing and backs off', async (_name, answer, pause) => {
    const server = fakeServer()
    const { session, names } = makeSession(server)
    await signedIn(session)
    server.answers.push(answer)
    const rejected = session.current() as Token
    expect(await code(session.token({ rejected }))).toMatch(/OAUTH_SERVER/)
    expect(await code(session.token({ rejected }))).toMatch(/OAUTH_SERVER/)
    expect(server.requests).toHaveLength(1)
    server.now += pause
    expect(await session.token({ rejected })).toMatchObject({ access_token: 'a1' })
    expect(names()).not.toContain('ended')
  })

  test('Retry-After is honoured', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    server.answers.push({ status: 503, headers: { 'retry-after': '120' } })
    const rejected = session.current() as Token
    await expect(session.token({ rejected })).rejects.toMatchObject({ retryAfter: 120 })
    server.now += 119
    expect(await code(session.token({ rejected }))).toBe('OAUTH_SERVER_UNAVAILABLE')
    server.now += 2
    expect(await session.token({ rejected })).toMatchObject({ access_token: 'a1' })
  })

  test('the wait grows to a minute and starts over after a success', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    for (let i = 0; i < 12; i++) {
      server.answers.push({ status: 500 })
      await code(session.token({ rejected: { access_token: 'a0' } }))
      server.now += 61
    }
    expect(server.requests).toHaveLength(12)
    expect(await session.token({ rejected: { access_token: 'a0' } })).toMatchObject({ access_token: 'a1' })
  })
})

describe('somebody else', () => {
  const idToken = (sub: string) => `e30.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.`

  test('a refused request is not repeated with another person’s token', async () => {
    const { session } = makeSession(fakeServer())
    await signedIn(session, { id_token: idToken('alice') })
    const alices = session.current() as Token
    await saveToken(session, { access_token: 'b0', id_token: idToken('bob') })
    expect(await code(session.token({ rejected: alices }))).toBe('OAUTH_SESSION_CHANGED')
    expect(await session.token()).toMatchObject({ access_token: 'b0' })
  })

  test('nor with one of which nobody says that it is the same person', async () => {
    const { session } = makeSession(fakeServer())
    await signedIn(session)
    const old = session.current() as Token
    await saveToken(session, { access_token: 'b0' })
    expect(await code(session.token({ rejected: old }))).toBe('OAUTH_SESSION_CHANGED')
  })

  test.each([
    ['the ID tokens say it', { id_token: idToken('alice') }, undefined],
    ['the application says it', {}, { sameUser: true }],
  ])('but it is, for the same person: %s', async (_name, extra, options) => {
    const { session } = makeSession(fakeServer())
    await signedIn(session, extra)
    const old = session.current() as Token
    await saveToken(session, { access_token: 'b0', ...extra }, options)
    expect(await session.token({ rejected: old })).toMatchObject({ access_token: 'b0' })
  })

  test('a value of another issuer or client is reported and not used', async () => {
    const server = fakeServer()
    const store = memoryStore()
    await signedIn(
      makeSession(server, { store, key: 'me', server: { issuer: 'https://other.example' } }).session,
    )
    const { session, events } = makeSession(server, { store, key: 'me' })
    expect(await code(session.token())).toBe('OAUTH_INTERACTION_REQUIRED')
    expect(events[0]?.[1]).toMatchObject({ error: { code: 'OAUTH_STORE_VALUE' } })
    await signedIn(session)
    expect(await session.token()).toMatchObject({ access_token: 'a0' })
  })
})

describe('ending', () => {
  test('counts at once, for requests and for a renewal under way, whose token is revoked', async () => {
    const server = fakeServer()
    const { session, events } = makeSession(server)
    await signedIn(session)
    server.hold = gate()
    const renewal = session.token({ rejected: session.current() as Token })
    await settled()
    const ended = core(session).end('revoked')
    expect(session.current()).toBeUndefined()
    server.hold.open()
    server.hold = undefined
    expect(await code(renewal)).toBe('OAUTH_SESSION_ENDED')
    await ended
    await settled()
    expect(server.of('revocation').map(({ body }) => body.get('token'))).toEqual(['r1'])
    expect(await code(session.token())).toBe('OAUTH_SESSION_ENDED')
    expect(events.filter(([name]) => name === 'ended')).toHaveLength(1)
    const stored = await core(session).read()
    expect(stored).toMatchObject({ ended: { reason: 'revoked' }, tokens: {} })
    expect(JSON.stringify(stored)).not.toMatch(/"[ar]\d"/)
  })

  test('in one place is noticed in another', async () => {
    const server = fakeServer()
    const store = memoryStore()
    const one = makeSession(server, { store, key: 'me' })
    const two = makeSession(server, { store, key: 'me' })
    await signedIn(one.session)
    await two.session.token()
    await core(one.session).end('revoked')
    server.now += 61
    expect(await code(two.session.token())).toBe('OAUTH_SESSION_ENDED')
    expect(two.names()).toContain('ended')
  })

  test('a token fetched while the session was ended is revoked, not stored', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    server.hold = gate()
    const fetching = fetchToken(session, clientCredentials)
    await settled()
    await core(session).end('revoked')
    server.hold.open()
    server.hold = undefined
    expect(await code(fetching)).toBe('OAUTH_SESSION_ENDED')
    await settled()
    expect(server.of('revocation')).toHaveLength(1)
  })
})

describe('a store in trouble', () => {
  const troubled = () => {
    const inner = memoryStore()
    const store = defineStore({
      inner,
      failing: { get: 0, set: 0 },
      get: async (key: string) => {
        if (store.failing.get-- > 0)
          throw Object.assign(new Error('secret-in-driver-error'), { code: 'ECONNRESET' })
        return inner.get(key)
      },
      set: async (key: string, next: StoredGrant) => {
        if (store.failing.set-- > 0)
          throw Object.assign(new Error('secret-in-driver-error'), { code: 'ECONNRESET' })
        return inner.set(key, next)
      },
      delete: inner.delete,
      ...(inner.lock && { lock: inner.lock }),
    })
    return store
  }

  test('reads that fail fail the request and end nothing', async () => {
    const server = fakeServer()
    const store = troubled()
    const { session, names } = makeSession(server, { store, key: 'me' })
    await signedIn(session)
    server.now += 4000
    store.failing.get = 1
    const error = await Promise.resolve(session.token()).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'OAUTH_STORE_READ', message: expect.stringContaining('ECONNRESET') })
    expect(String(error)).not.toContain('secret')
    expect(await session.token()).toMatchObject({ access_token: 'a1' })
    expect(names()).not.toContain('ended')
  })

  test('a write that fails is tried again under the lock', async () => {
    const server = fakeServer()
    const store = troubled()
    const { session, names } = makeSession(server, { store, key: 'me' })
    await signedIn(session)
    jest.useFakeTimers()
    try {
      store.failing.set = 2
      const renewal = session.token({ rejected: session.current() as Token })
      await jest.advanceTimersByTimeAsync(5000)
      expect(await renewal).toMatchObject({ access_token: 'a1' })
    } finally {
      jest.useRealTimers()
    }
    expect(await store.inner.get('me')).toMatchObject({ refresh_token: 'r1' })
    expect(names()).not.toContain('error')
  })

  test('a rotated token that cannot be written lives on in memory and is written as soon as can be', async () => {
    const server = fakeServer()
    const store = troubled()
    const { session, events } = makeSession(server, { store, key: 'me' })
    await signedIn(session)
    jest.useFakeTimers()
    try {
      store.failing.set = 1000
      const renewal = session.token({ rejected: session.current() as Token })
      await jest.advanceTimersByTimeAsync(10_000)
      expect(await renewal).toMatchObject({ access_token: 'a1' })
    } finally {
      jest.useRealTimers()
    }
    expect(events.at(-3)).toMatchObject(['error', { error: { code: 'OAUTH_STORE_WRITE' } }])
    expect(await store.inner.get('me')).toMatchObject({ refresh_token: 'r0' })
    expect(session.current()).toMatchObject({ access_token: 'a1' })
    store.failing.set = 0
    server.now += 2
    expect(await session.token()).toMatchObject({ access_token: 'a1' })
    await settled()
    expect(await store.inner.get('me')).toMatchObject({ refresh_token: 'r1' })
    expect(server.requests).toHaveLength(1)
  })

  test('close() writes what is left', async () => {
    const server = fakeServer()
    const store = troubled()
    const { session } = makeSession(server, { store, key: 'me' })
    await signedIn(session)
    jest.useFakeTimers()
    try {
      store.failing.set = 4
      const renewal = session.token({ rejected: session.current() as Token })
      await jest.advanceTimersByTimeAsync(10_000)
      await renewal
    } finally {
      jest.useRealTimers()
    }
    await session.close()
    expect(await store.inner.get('me')).toMatchObject({ refresh_token: 'r1' })
  })
})

describe('several APIs on one grant', () => {
  test('have their own access tokens, one refresh token and one lock', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    const a = session.for({ resource: 'https://a.example' })
    const b = session.for({ resource: 'https://b.example', scope: 'read' })
    const [ta, tb] = await Promise.all([a.token(), b.token()])
    expect([ta.access_token, tb.access_token, session.current()?.access_token]).toEqual(['a1', 'a2', 'a0'])
    expect(
      server.requests.map(
        ({ body }) => `${body.get('resource')} ${body.get('scope')} ${body.get('refresh_token')}`,
      ),
    ).toEqual(['https://a.example null r0', 'https://b.example read r1'])
    expect(server.reuse).toBe(0)
    expect(session.for({ resource: 'https://a.example' }).current()).toBe(ta)
    await core(a).end('revoked')
    expect(await code(b.token())).toBe('OAUTH_SESSION_ENDED')
  })

  describe.each(['invalid_target', 'invalid_scope'])('of which the server refuses one with %s', error => {
    const refusal = { status: 400, body: { error } }

    test('go on, and the refused one is asked for rarely, and told once', async () => {
      const server = fakeServer()
      const { session } = makeSession(server)
      const told: unknown[] = []
      session.on('error', event => told.push(event))
      await signedIn(session, { expires_in: -1 })
      const [good, bad] = ['https://good.example', 'https://bad.example'].map(resource =>
        session.for({ resource }),
      ) as [OAuth2Session, OAuth2Session]
      server.answers.push(refusal)
      expect(await code(bad.token())).toBe('OAUTH_SERVER_REFUSED')
      expect((await good.token()).access_token).toBe('a1')
      expect((await session.token()).access_token).toBe('a2')
      expect(await code(bad.token())).toBe('OAUTH_SERVER_REFUSED')
      expect(server.requests).toHaveLength(3)
      expect(told).toMatchObject([{ error: { error } }])
      server.now += 61
      server.answers.push(refusal)
      expect(await code(bad.token())).toBe('OAUTH_SERVER_REFUSED')
      server.now += 59
      expect(await code(bad.token())).toBe('OAUTH_SERVER_REFUSED')
      expect(server.requests).toHaveLength(4)
      expect(told).toHaveLength(1)
    })

    test('ask again after another sign-in, which may allow it', async () => {
      const server = fakeServer()
      const { session } = makeSession(server)
      await signedIn(session)
      const bad = session.for({ resource: 'https://bad.example' })
      server.answers.push(refusal)
      expect(await code(bad.token())).toBe('OAUTH_SERVER_REFUSED')
      await saveToken(
        session,
        { access_token: 'b0', refresh_token: 'r0', expires_in: 3600 },
        { sameUser: true },
      )
      expect((await bad.token()).access_token).toBe('a1')
    })

    test('pause together after a refusal that is not about one of them', async () => {
      const server = fakeServer()
      const { session } = makeSession(server)
      await signedIn(session)
      server.answers.push({ status: 401, body: { error: 'invalid_client' } })
      expect(await code(session.for({ resource: 'https://a.example' }).token())).toBe('OAUTH_SERVER_REFUSED')
      expect(await code(session.for({ resource: 'https://b.example' }).token())).toBe('OAUTH_SERVER_REFUSED')
      expect(server.requests).toHaveLength(1)
    })

    test('pause together where the request named none of them', async () => {
      const server = fakeServer()
      const { session } = makeSession(server)
      await signedIn(session, { expires_in: -1 })
      server.answers.push(refusal)
      expect(await code(session.token())).toBe('OAUTH_SERVER_REFUSED')
      expect(await code(session.for({ resource: 'https://b.example' }).token())).toBe('OAUTH_SERVER_REFUSED')
      expect(server.requests).toHaveLength(1)
    })
  })
})

describe('at the door', () => {
  test.each([
    ['a clock of milliseconds', { clock: () => Date.now() }],
    ['a client without client_id', { client: {} as never }],
    [
      'an interactive grant as the unattended one',
      { grant: Object.assign(async () => ({ access_token: 'x' }), { interactive: true }) as never },
    ],
    ['a shared store without a key', { store: { ...memoryStore(), shared: true } }],
    ['an unknown hook', { hooks: { tokenRequst: () => {} } as never }],
  ])('%s is refused', (_name, options) => {
    expect(() => makeSession(fakeServer(), options)).toThrow(
      expect.objectContaining({ code: 'OAUTH_INVALID_OPTION' }),
    )
  })

  test('what is not a session is refused', async () => {
    expect(await code(fetchToken({} as never, clientCredentials))).toBe('OAUTH_INVALID_OPTION')
  })

  test('a token without access_token is refused and nothing is lost', async () => {
    const { session } = makeSession(fakeServer())
    await signedIn(session)
    expect(await code(saveToken(session, { token: 'x' } as never))).toBe('OAUTH_INVALID_RESPONSE')
    expect(session.current()).toMatchObject({ access_token: 'a0' })
  })
})
