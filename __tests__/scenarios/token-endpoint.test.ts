import { axiosVersions } from './versions.js'
import { failure, reason, settle, startWorld, turns, until, type World } from './world.js'

/** Only `setTimeout` is ours: sockets go on by themselves. */
const fakeTimeouts = () =>
  jest.useFakeTimers({
    doNotFake: [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
    ],
  })

describe.each(axiosVersions)('axios $version', version => {
  let world: World
  afterEach(async () => {
    jest.useRealTimers()
    await world.stop()
  })

  test('a 503 with Retry-After: asked once more, not before the time, and the request goes through', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    world.as.trouble({ status: 503, retryAfter: '2' })
    fakeTimeouts()
    const request = world.http.get('/x')
    await until(() => world.as.counts.token === 1)
    // The answer has to come back and be judged before a wait of ours begins
    await until(() => jest.getTimerCount() > 0)
    await turns()
    jest.advanceTimersByTime(1900)
    await turns()
    expect(world.as.counts.token).toBe(1)
    const ticks = setInterval(() => jest.advanceTimersByTime(100), 1)
    try {
      expect((await request).status).toBe(200)
    } finally {
      clearInterval(ticks)
    }
    expect(world.as.counts).toMatchObject({ token: 2, reuse: 0 })
  })

  test('a 503 that stays: all who wait get one clear reason, the session lives, the server is left in peace', async () => {
    let now = Date.now() / 1000
    world = await startWorld(version, { session: { clock: () => now } })
    const ended: unknown[] = []
    world.session.on('ended', detail => ended.push(detail))
    world.as.revokeAccessTokens()
    // longer than anybody wants to wait
    world.as.always = { status: 503, retryAfter: '3600' }
    const outcomes = await settle(Array.from({ length: 20 }, () => world.http.get('/x')))
    const reasons = outcomes.map(outcome => (outcome.ok ? undefined : reason(outcome.error)))
    expect(new Set(reasons.map(one => one?.code))).toEqual(new Set(['OAUTH_SERVER_UNAVAILABLE']))
    expect(reasons[0]).toMatchObject({ status: 503, retryAfter: 3600 })
    expect(world.as.counts.token).toBe(1)

    // an hour is not believed: five minutes are the most
    now += 290
    expect(reason(await failure(world.http.get('/x')))?.code).toBe('OAUTH_SERVER_UNAVAILABLE')
    expect(world.as.counts.token).toBe(1)

    world.as.always = undefined
    now += 11
    world.as.revokeAccessTokens()
    expect((await world.http.get('/x')).status).toBe(200)
    expect(world.as.counts).toMatchObject({ token: 2, reuse: 0 })
    expect(ended).toEqual([])
  })

  test('an answer that was lost is not asked for again: the refresh token may be spent', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    world.as.trouble('lost')
    const error = await failure(world.http.get('/x'))
    expect(reason(error)?.code).toBe('OAUTH_SERVER_UNAVAILABLE')
    expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
  })

  test('no answer and no session lost: a network error ends nothing', async () => {
    let now = Date.now() / 1000
    world = await startWorld(version, { session: { clock: () => now } })
    const ended: unknown[] = []
    world.session.on('ended', detail => ended.push(detail))
    world.as.revokeAccessTokens()
    world.as.trouble('reset')
    const error = await failure(world.http.get('/x'))
    expect(reason(error)?.code).toBe('OAUTH_SERVER_UNAVAILABLE')
    expect(version.axios.isAxiosError(error)).toBe(true)
    expect(ended).toEqual([])
    // Past every back-off
    now += 600
    expect((await world.http.get('/x')).status).toBe(200)
    expect(world.as.counts.reuse).toBe(0)
  })

  test.each([
    ['an HTML page', 'html' as const],
    ['an empty 200', { status: 200, body: '' }],
    ['JSON null', { status: 200, body: 'null' }],
    ['a JSON array', { status: 200, body: '[]' }],
    ['no access_token', { status: 200, body: '{"token_type":"Bearer"}' }],
  ])('%s is no token: a clear reason, nothing stored, the session lives', async (_name, trouble) => {
    let now = Date.now() / 1000
    world = await startWorld(version, { session: { clock: () => now } })
    world.as.revokeAccessTokens()
    world.as.trouble(trouble)
    const error = await failure(world.http.get('/x'))
    expect(reason(error)?.code).toBe('OAUTH_INVALID_RESPONSE')
    expect(world.as.counts.token).toBe(1)
    now += 600
    expect((await world.http.get('/x')).status).toBe(200)
  })

  test('200 with an error object is a refusal', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    world.as.trouble({ status: 200, body: '{"error":"invalid_grant"}' })
    const error = await failure(world.http.get('/x'))
    expect(reason(error)).toMatchObject({ code: 'OAUTH_SESSION_ENDED' })
    expect(world.as.counts.token).toBe(1)
  })

  test('nothing of the application’s request or instance reaches the token endpoint', async () => {
    world = await startWorld(version, {
      instance: { headers: { 'X-App': 'app' }, params: { tenant: 'app' }, transformRequest: [data => data] },
    })
    world.http.interceptors.request.use(config => {
      ;(config.headers as Record<string, unknown>)['X-Interceptor'] = 'app'
      return config
    })
    world.as.revokeAccessTokens()
    await world.http.post('/x', 'app body', { headers: { 'X-Request': 'app' }, params: { q: 'app' } })
    const [request] = world.as.requests
    expect(request?.url).toBe('/token')
    expect(Object.keys(request?.headers ?? {}).filter(name => name.startsWith('x-'))).toEqual([])
    expect([...(request?.parameters.keys() ?? [])].sort()).toEqual([
      'client_id',
      'grant_type',
      'refresh_token',
    ])
    expect(JSON.stringify([request?.headers, [...(request?.parameters ?? [])]])).not.toContain('app body')
  })
})
