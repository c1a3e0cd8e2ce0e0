import { gate } from '../servers/gate.js'
import { axiosVersions, loadVersion } from './versions.js'
import { reason, settle, startWorld, turns, until, type World } from './world.js'

describe.each(axiosVersions)('axios $version', version => {
  const { fetchToken, passwordGrant, revokeToken, saveToken } = version.oauth
  let world: World
  afterEach(() => world.stop())

  test('two instances, one session, five requests each: one token request', async () => {
    world = await startWorld(version)
    const second = world.another()
    world.as.revokeAccessTokens()
    const outcomes = await settle(
      [world.http, second].flatMap(instance =>
        Array.from({ length: 5 }, (_, id) => instance.get(`/x?id=${id}`)),
      ),
    )
    expect(outcomes.every(outcome => outcome.ok)).toBe(true)
    expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
    expect(world.api.counts.requests).toBe(20)
  })

  test('one signs out and another in while requests are under way: none is repeated with the other’s token', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const door = world.api.hold(request => request.target.startsWith('/a/'))
    const requests = Array.from({ length: 20 }, (_, id) => world.http.post(`/a/${id}`, { id }))
    await door.arrived(20)
    await revokeToken(world.session)
    const other = world.as.issue({ subject: 'ben' })
    await saveToken(world.session, other)
    door.open()
    const outcomes = await settle(requests)
    expect(new Set(outcomes.map(outcome => (outcome.ok ? 'ok' : reason(outcome.error)?.code)))).toEqual(
      new Set(['OAUTH_SESSION_CHANGED']),
    )
    expect(world.api.sends(other.access_token)).toBe(0)
    expect(world.api.counts.effects.size).toBe(0)
    expect(world.as.counts.token).toBe(0)

    expect((await world.http.get('/b')).status).toBe(200)
    expect(world.api.sends(other.access_token)).toBe(1)
  })

  test('the same through the password grant', async () => {
    world = await startWorld(version, { as: { users: { anna: 'a', ben: 'b' } }, signedOut: true })
    const anna = await fetchToken(world.session, passwordGrant({ username: 'anna', password: 'a' }))
    world.as.revokeAccessTokens()
    const door = world.api.hold(request => request.target === '/a')
    const request = settle([world.http.get('/a')])
    await door.arrived()
    const ben = await fetchToken(world.session, passwordGrant({ username: 'ben', password: 'b' }))
    door.open()
    const [outcome] = await request
    expect(outcome?.ok === false && reason(outcome.error)?.code).toBe('OAUTH_SESSION_CHANGED')
    expect(world.api.sends(anna.access_token)).toBe(1)
    expect(world.api.sends(ben.access_token)).toBe(0)
  })

  test('signing out during a renewal: the token that arrives too late is revoked, nobody’s request is repeated', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const door = gate()
    world.as.latency = () => door.wait()
    const requests = settle(Array.from({ length: 5 }, (_, id) => world.http.post('/a', { id })))
    await door.arrived()
    const out = revokeToken(world.session)
    const other = world.as.issue({ subject: 'ben' })
    const signedIn = saveToken(world.session, other)
    await turns()
    door.open()
    expect(await out).toMatchObject({ revoked: true })
    await signedIn
    for (const outcome of await requests)
      expect(outcome.ok ? 'ok' : reason(outcome.error)?.code).toMatch(/^OAUTH_SESSION_(ENDED|CHANGED)$/)
    expect(world.api.sends(other.access_token)).toBe(0)
    expect(world.api.counts.effects.size).toBe(0)
    await until(() => world.as.activeTokens().length === 1)
    expect(world.as.activeTokens()[0]?.subject).toBe('ben')
    expect((await world.http.get('/b')).status).toBe(200)
    expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
  })

  test('a second copy of the package (ESM beside CommonJS) works on the same session', async () => {
    world = await startWorld(version)
    const copy = loadVersion(version)
    expect(copy.oauth.attachOAuth2).not.toBe(version.oauth.attachOAuth2)
    const second = copy.axios.create({ baseURL: world.api.url })
    copy.oauth.attachOAuth2(second, world.session)
    world.as.revokeAccessTokens()
    const outcomes = await settle([world.http.get('/x'), second.get('/x')])
    expect(outcomes.every(outcome => outcome.ok)).toBe(true)
    expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
  })

  test.each(['first', 'second'] as const)(
    'the %s of two people signed in through a second copy of the package: nothing is repeated in another’s name',
    async who => {
      world = await startWorld(version, { signedOut: true })
      const copy = loadVersion(version)
      const [one, two] = who === 'first' ? [copy, version] : [version, copy]
      await one.oauth.saveToken(world.session, world.as.issue())
      world.as.revokeAccessTokens()
      const door = world.api.hold(request => request.target === '/a')
      const request = settle([world.http.get('/a')])
      await door.arrived()
      const other = world.as.issue({ subject: 'ben' })
      await two.oauth.saveToken(world.session, other)
      door.open()
      const [outcome] = await request
      expect(outcome?.ok === false && reason(outcome.error)?.code).toBe('OAUTH_SESSION_CHANGED')
      expect(world.api.sends(other.access_token)).toBe(0)
    },
  )
})
