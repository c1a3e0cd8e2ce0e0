import { serverClient } from '../../src/axios/server-client.js'
import { fetchToken, refreshToken, saveToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'
import { inside } from '../../src/session/state.js'
import type { Token } from '../../src/session/stored-grant.js'
import { json, listen } from '../servers/http.js'
import { fakeServer, makeSession } from '../support/fake-server.js'

const NOW = 1_000_000
const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`

const begun = async (token: object, options: object = {}) => {
  const server = fakeServer()
  const { session, events } = makeSession(server, options)
  await saveToken(session, { access_token: 'a0', refresh_token: 'r0', expires_in: 600, ...token })
  return { server, session, events, grant: () => inside(session).state.record.grant }
}

describe('the life of a refresh token', () => {
  test.each([
    { refresh_expires_in: 1800 },
    { refresh_token_expires_in: '1800' },
    { refresh_token_timeout: 1800 },
  ])('is read from %o; after it nobody is signed in and no token is asked for', async life => {
    const { server, session, events, grant } = await begun(life)
    expect(grant()?.refresh_expires_at).toBe(NOW + 1800)
    server.now += 1799
    expect(await session.authorized()).toBe(true)
    server.now += 2
    expect(await session.authorized()).toBe(false)
    await expect(session.token()).rejects.toMatchObject({
      code: 'OAUTH_SESSION_ENDED',
      error: 'refresh_token_expired',
    })
    expect(server.requests).toHaveLength(0)
    expect(events.filter(([name]) => name === 'ended')).toEqual([
      ['ended', { reason: 'refresh_token_expired' }],
    ])
  })

  test('does not end an access token that is still good', async () => {
    const { server, session } = await begun({ refresh_expires_in: 60, expires_in: 3600 })
    server.now += 100
    expect(await session.authorized()).toBe(true)
    expect(await session.token()).toMatchObject({ access_token: 'a0' })
  })

  test('is that of the next refresh token once there is one, and unknown where nothing is said of it', async () => {
    const { session, grant } = await begun({ refresh_expires_in: 1800 })
    await refreshToken(session)
    expect(grant()?.refresh_token).toBe('r1')
    expect(grant()?.refresh_expires_at).toBeUndefined()
  })

  test('0 is what Keycloak says of one that does not expire', async () => {
    const { grant } = await begun({ refresh_expires_in: 0 })
    expect(grant()?.refresh_expires_at).toBeUndefined()
  })
})

describe('the life of a session', () => {
  test.each([
    { authorization_expires_in: 3600 },
    { session_expiry: NOW + 3600 },
    { id_token: jwt({ sub: 'anna', session_expiry: NOW + 3600 }) },
  ])('is read from %o, outlasts renewals, and ends what is still good', async life => {
    const { server, session, grant } = await begun({ ...life, expires_in: 3590 })
    await refreshToken(session)
    expect(grant()?.session_ends_at).toBe(NOW + 3600)
    server.now += 3601
    expect(session.current()).toBeUndefined()
    expect(await session.authorized()).toBe(false)
    await expect(session.token()).rejects.toMatchObject({
      code: 'OAUTH_SESSION_ENDED',
      error: 'session_expired',
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('the event ending', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  test('comes once, so long before the end as is said, and again for a later end', async () => {
    const { server, session } = await begun({ refresh_expires_in: 1800 }, { endingAhead: 120 })
    const told: number[] = []
    session.on('ending', ({ ends_at }) => told.push(ends_at))
    const pass = async (seconds: number) => {
      server.now += seconds
      await jest.advanceTimersByTimeAsync(seconds * 1000)
    }
    await pass(1679)
    expect(told).toEqual([])
    await pass(2)
    expect(told).toEqual([NOW + 1800])
    await session.token()
    await saveToken(session, { access_token: 'b', refresh_token: 'rb', refresh_expires_in: 1800 })
    await pass(1700)
    expect(told).toEqual([NOW + 1800, NOW + 1681 + 1800])
    await session.close()
    expect(jest.getTimerCount()).toBe(0)
  })

  test('has no timer while nobody listens', async () => {
    await begun({ refresh_expires_in: 1800 })
    expect(jest.getTimerCount()).toBe(0)
  })
})

describe('a refresh token that no answer names', () => {
  test('is kept when the same person signs in again; another person’s is not', async () => {
    const { session, grant } = await begun({ id_token: jwt({ sub: 'anna' }) })
    const signIn = (sub: string) =>
      fetchToken(session, async () => ({ access_token: `of ${sub}`, id_token: jwt({ sub }) }))
    const openid = async () => ({})
    Object.assign(inside(session).state.options, { openid })
    await signIn('anna')
    expect(grant()).toMatchObject({ refresh_token: 'r0' })
    await signIn('bob')
    expect(grant()?.refresh_token).toBeUndefined()
  })

  test('is kept when the application spends one of its own', async () => {
    const server = fakeServer({ rotate: false })
    const { session } = makeSession(server)
    const kept = await fetchToken(session, endpoint =>
      endpoint({ grant_type: 'refresh_token', refresh_token: 'r0' }),
    )
    expect(kept.refresh_token).toBe('r0')
    expect(inside(session).state.record.grant?.refresh_token).toBe('r0')
  })
})

describe('what saveToken takes', () => {
  test('a refresh token alone, which is spent on first need', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await saveToken(session, { refresh_token: 'r0' })
    expect(await session.authorized()).toBe(true)
    expect(session.current()).toBeUndefined()
    expect(await session.token()).toMatchObject({ access_token: 'a1' })
  })

  test.each([
    ['seconds', NOW + 600],
    ['milliseconds', 1_700_000_600_000],
    ['a Date', new Date(1_700_000_600_000)],
    ['an ISO text', '2023-11-14T22:23:20Z'],
  ])('expires_at in %s', async (_, expires_at) => {
    const { session } = makeSession(fakeServer())
    const saved = await saveToken(session, { access_token: 'a', expires_at } as unknown as Token)
    expect(saved.expires_at).toBe(expires_at === NOW + 600 ? NOW + 600 : 1_700_000_600)
  })

  test('no time that cannot be read: it is refused, not misread', async () => {
    const { session } = makeSession(fakeServer())
    const token = { access_token: 'a', expires_at: 'tomorrow' } as unknown as Token
    await expect(saveToken(session, token)).rejects.toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
  })

  test('nothing without a token', async () => {
    const { session } = makeSession(fakeServer())
    await expect(saveToken(session, {} as Token)).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
  })
})

test('refreshToken answers what must be kept', async () => {
  const { session } = await begun({ id_token: jwt({ sub: 'anna' }) })
  expect(await refreshToken(session)).toMatchObject({
    access_token: 'a1',
    refresh_token: 'r1',
    id_token: jwt({ sub: 'anna' }),
  })
})

describe('a grant for many APIs', () => {
  test('keeps the tokens of a hundred, none that has expired, and forgets the rest', async () => {
    const { server, session, grant } = await begun({})
    for (let api = 0; api < 150; api++) await session.for({ resource: `https://api${api}.example/` }).token()
    expect(Object.keys(grant()?.tokens ?? {})).toHaveLength(101)
    expect(inside(session).state.slots?.size).toBe(100)
    server.now += 3601
    await session.token()
    expect(Object.keys(grant()?.tokens ?? {})).toHaveLength(1)
  })
})

test('a server on a socket: the example of the draft, from the first exchange to the last days', async () => {
  const DAY = 86_400
  const lives = [
    { refresh_token_timeout: 7 * DAY, authorization_expires_in: 30 * DAY },
    { refresh_token_timeout: 7 * DAY, authorization_expires_in: 23 * DAY },
    { refresh_token_timeout: 2 * DAY, authorization_expires_in: 2 * DAY },
  ]
  let now = NOW
  let exchanges = 0
  const server = await listen((_, response) => {
    const token = { access_token: `a${exchanges}`, token_type: 'Bearer', expires_in: 600 }
    json(response, 200, { ...token, refresh_token: `r${exchanges}`, ...lives[exchanges++] })
  })
  try {
    const session = createSession(
      { server: { token_endpoint: server.url }, client: { client_id: 'app' }, clock: () => now },
      serverClient(),
    )
    const grant = () => inside(session).state.record.grant
    await fetchToken(session, endpoint => endpoint({ grant_type: 'authorization_code', code: 'c' }))
    expect(grant()).toMatchObject({ refresh_expires_at: NOW + 7 * DAY, session_ends_at: NOW + 30 * DAY })
    now = NOW + 7 * DAY - 60
    await session.token()
    expect(grant()).toMatchObject({ refresh_expires_at: now + 7 * DAY, session_ends_at: now + 23 * DAY })
    now += 7 * DAY - 60
    await session.token()
    expect(grant()).toMatchObject({ refresh_expires_at: now + 2 * DAY, session_ends_at: now + 2 * DAY })
    now += 2 * DAY + 1
    await expect(session.token()).rejects.toMatchObject({ error: 'session_expired' })
    expect(exchanges).toBe(3)
  } finally {
    await server.stop()
  }
})
