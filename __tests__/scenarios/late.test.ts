import { gate } from '../servers/gate.js'
import { sized } from '../support/long.js'
import { axiosVersions } from './versions.js'
import { settle, startWorld, turns, until, type World } from './world.js'

const LATE = sized(15, 50)

describe.each(axiosVersions)('axios $version', version => {
  let world: World
  afterEach(() => world.stop())

  test('a 401 that arrives after the renewal: sent again with the new token, no second token request', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const door = world.api.hold(request => request.target === '/late')
    const late = world.http.get('/late')
    await door.arrived()
    expect((await world.http.get('/early')).status).toBe(200)
    expect(world.as.counts.token).toBe(1)
    door.open()
    expect((await late).status).toBe(200)
    expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
    expect(world.api.sends(world.first.access_token)).toBe(2)
  })

  test(`${LATE} late 401s, one after another: one token request, two sends each`, async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const doors = Array.from({ length: LATE }, (_, index) =>
      world.api.hold(request => request.target === `/late/${index}`),
    )
    const requests = doors.map((_, index) => world.http.get(`/late/${index}`))
    await Promise.all(doors.map(door => door.arrived()))
    for (const [index, door] of doors.entries()) {
      door.open()
      expect((await requests[index])?.status).toBe(200)
    }
    expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
    expect(world.api.counts.requests).toBe(2 * LATE)
  })

  test('a second renewal after the refresh token was rotated: both go through, no spent token', async () => {
    world = await startWorld(version)
    for (const round of [1, 2]) {
      world.as.revokeAccessTokens()
      expect((await world.http.get('/x')).status).toBe(200)
      expect(world.as.counts).toMatchObject({ token: round, reuse: 0 })
    }
  })

  test('a renewal whose answer keeps the refresh token unsaid: the old one is used again', async () => {
    world = await startWorld(version, { as: { rotate: false } })
    for (const round of [1, 2]) {
      world.as.revokeAccessTokens()
      expect((await world.http.get('/x')).status).toBe(200)
      expect(world.as.counts.token).toBe(round)
    }
    expect(world.as.requests.map(request => request.parameters.get('refresh_token'))).toEqual([
      world.first.refresh_token,
      world.first.refresh_token,
    ])
  })

  test('a request begun during a renewal waits: it is not sent with the old token', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const door = gate()
    world.as.latency = () => door.wait()
    const one = world.http.get('/one')
    await door.arrived()
    const two = world.http.get('/two')
    await turns()
    door.open()
    expect(await settle([one, two])).toEqual([
      { ok: true, status: 200 },
      { ok: true, status: 200 },
    ])
    expect(world.as.counts.token).toBe(1)
    expect(world.api.sends(world.first.access_token)).toBe(1)
    expect(world.api.counts.requests).toBe(3)
  })

  test('waiters that come and go while the renewal is under way are answered in one go', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const door = gate()
    world.as.latency = () => door.wait()
    const requests = [world.http.get('/0')]
    await door.arrived()
    for (let index = 1; index < 30; index += 1) {
      requests.push(world.http.get(`/${index}`))
      if (index % 10 === 0) await turns(2)
    }
    door.open()
    const outcomes = await settle(requests)
    expect(outcomes.every(outcome => outcome.ok)).toBe(true)
    await until(() => world.api.counts.requests === 31)
    expect(world.as.counts.token).toBe(1)
  })
})
