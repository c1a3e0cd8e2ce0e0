import { sized } from '../support/long.js'
import { axiosVersions } from './versions.js'
import { failure, reason, settle, startWorld, type World } from './world.js'

/** Requests at once, requests to a node that is wrong now and then. */
const AT_ONCE = sized(30, 100)
const IN_A_ROW = sized(60, 300)

describe.each(axiosVersions)('axios $version', version => {
  let world: World
  afterEach(() => world.stop())

  test('a server that always says 401, one request: one token request, two sends, the 401 reaches the caller', async () => {
    world = await startWorld(version)
    world.api.mode = 'always-401'
    const error = await failure(world.http.get('/x'))
    expect((error.response as { status: number }).status).toBe(401)
    expect(world.as.counts.token).toBe(1)
    expect(world.api.counts.requests).toBe(2)
    expect(reason(error)?.code).toBe('OAUTH_REFUSED')
  })

  test(`a server that always says 401, ${AT_ONCE} at once, then as many in a row: one token request, no loop`, async () => {
    world = await startWorld(version)
    world.api.mode = 'always-401'
    const outcomes = await settle(Array.from({ length: AT_ONCE }, () => world.http.get('/x')))
    expect(outcomes.filter(outcome => !outcome.ok)).toHaveLength(AT_ONCE)
    expect(world.as.counts.token).toBe(1)
    expect(world.api.counts.requests).toBeLessThanOrEqual(2 * AT_ONCE)
    for (let request = 0; request < AT_ONCE; request += 1) await failure(world.http.get('/x'))
    expect(world.as.counts.token).toBeLessThanOrEqual(2)
    expect(world.as.counts.reuse).toBe(0)
  })

  test(`a refresh answered invalid_grant, ${AT_ONCE} at once: one token request, one reason, then none`, async () => {
    world = await startWorld(version)
    const ended: string[] = []
    world.session.on('ended', detail => ended.push(detail.reason))
    world.as.revokeEverything()
    const outcomes = await settle(Array.from({ length: AT_ONCE }, () => world.http.get('/x')))
    const codes = outcomes.map(outcome => (outcome.ok ? 'ok' : reason(outcome.error)?.code))
    expect(new Set(codes)).toEqual(new Set(['OAUTH_SESSION_ENDED']))
    expect(world.as.counts.token).toBe(1)
    expect(ended).toEqual(['invalid_grant'])
    const sent = world.api.counts.requests
    for (let request = 0; request < 5; request += 1) {
      const error = await failure(world.http.get('/x'))
      expect(reason(error)?.code).toBe('OAUTH_SESSION_ENDED')
      expect(version.axios.isAxiosError(error)).toBe(true)
      expect(error.config).toBeDefined()
    }
    expect(world.as.counts.token).toBe(1)
    expect(world.api.counts.requests).toBe(sent)

    await version.oauth.saveToken(world.session, world.as.issue())
    expect((await world.http.get('/x')).status).toBe(200)
  })

  test('a 403 is no expired token: no token request, one send', async () => {
    world = await startWorld(version)
    world.api.mode = 'forbidden'
    const error = await failure(world.http.get('/x'))
    expect((error.response as { status: number }).status).toBe(403)
    expect(world.as.counts.token).toBe(0)
    expect(world.api.counts.requests).toBe(1)
  })

  test('token_type "bearer" in lower case: the scheme sent is Bearer', async () => {
    world = await startWorld(version, { as: { tokenType: 'bearer' } })
    world.as.revokeAccessTokens()
    await world.http.get('/x')
    expect(world.api.requests.map(request => request.scheme)).toEqual(['Bearer', 'Bearer'])
  })

  test('validateStatus accepts 401: renewed all the same, the caller sees the 200', async () => {
    world = await startWorld(version, { instance: { validateStatus: () => true } })
    world.as.revokeAccessTokens()
    expect((await world.http.get('/x')).status).toBe(200)
    expect(world.as.counts.token).toBe(1)
  })

  test('expiry that only the body tells: one token request, the caller sees the good answer', async () => {
    world = await startWorld(version, {
      session: {
        isTokenExpired: ({ data }) => (data as { error?: string } | null)?.error === 'token_expired',
      },
    })
    world.api.mode = 'expired-in-body'
    world.as.revokeAccessTokens()
    expect((await world.http.get('/x')).data).toEqual({ ok: true })
    expect(world.as.counts.token).toBe(1)
    expect(world.api.counts.requests).toBe(2)
  })
})

describe.each(axiosVersions)('one wrong node of an API, axios $version', version => {
  let world: World
  afterEach(() => world.stop())

  test(`${IN_A_ROW} requests, every second node refuses every token: two renewals a minute, nobody fails`, async () => {
    let turn = 0
    world = await startWorld(version, {
      api: { accepts: token => turn++ % 2 === 1 && world.as.isActive(token) },
    })
    for (let request = 0; request < IN_A_ROW; request++) expect((await world.http.get('/x')).status).toBe(200)
    expect(world.as.counts.token).toBeLessThanOrEqual(2)
  })

  test(`${IN_A_ROW} requests, one path refuses every token: two renewals a minute, the others go through`, async () => {
    let path = ''
    world = await startWorld(version, {
      api: { accepts: token => path !== '/wrong' && world.as.isActive(token) },
    })
    for (let request = 0; request < IN_A_ROW / 2; request++) {
      path = '/right'
      expect((await world.http.get(path)).status).toBe(200)
      path = '/wrong'
      expect(((await failure(world.http.get(path))).response as { status: number }).status).toBe(401)
    }
    expect(world.as.counts.token).toBeLessThanOrEqual(2)
  })
})
