import { gate } from '../servers/gate.js'
import { axiosVersions, type Version } from './versions.js'
import { failure, startWorld, turns, type World } from './world.js'

/** The two ways to give up a request; AbortSignal exists since axios 0.22. */
function ways({ axios, version }: Version) {
  const token = () => {
    const { token: cancelToken, cancel } = axios.CancelToken.source()
    return { config: { cancelToken }, give: () => cancel() }
  }
  const signal = () => {
    const controller = new AbortController()
    return { config: { signal: controller.signal }, give: () => controller.abort() }
  }
  return version.startsWith('0.21')
    ? [{ way: 'a cancel token', make: token }]
    : [
        { way: 'a cancel token', make: token },
        { way: 'a signal', make: signal },
      ]
}

const cases = axiosVersions.flatMap(version =>
  ways(version).map(way => ({ ...way, version, name: version.version })),
)

describe.each(cases)('axios $name, $way', ({ version, make }) => {
  const { axios } = version
  let world: World
  afterEach(() => world.stop())

  test('a waiter that gives up is freed at once and never sent again; the others go on', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const door = gate()
    world.as.latency = () => door.wait()
    const other = world.http.get('/other')
    await door.arrived()
    const { config, give } = make()
    const waiter = failure(world.http.get('/waiter', config))
    await turns()
    give()
    // The door is still closed: only giving up can have ended the wait
    expect(axios.isCancel(await waiter)).toBe(true)
    door.open()
    expect((await other).status).toBe(200)
    await turns()
    expect(world.as.counts.token).toBe(1)
    expect(world.api.requests.map(request => request.target)).toEqual(['/other', '/other'])
  })

  test('the request that began the renewal gives up: freed at once, the renewal goes on for the others', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const door = gate()
    world.as.latency = () => door.wait()
    const { config, give } = make()
    const starter = failure(world.http.get('/starter', config))
    await door.arrived()
    const other = world.http.get('/other')
    await turns()
    give()
    expect(axios.isCancel(await starter)).toBe(true)
    door.open()
    expect((await other).status).toBe(200)
    await turns()
    expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
    expect(world.api.requests.map(request => request.target)).toEqual(['/starter', '/other'])
  })

  test('the only one gives up: the new token is kept for the next', async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
    const door = gate()
    world.as.latency = () => door.wait()
    const { config, give } = make()
    const only = failure(world.http.get('/only', config))
    await door.arrived()
    give()
    expect(axios.isCancel(await only)).toBe(true)
    door.open()
    expect((await world.http.get('/next')).status).toBe(200)
    expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
  })

  test('given up before it began: nothing is sent', async () => {
    world = await startWorld(version)
    const { config, give } = make()
    give()
    expect(axios.isCancel(await failure(world.http.get('/never', config)))).toBe(true)
    expect(world.api.counts.requests).toBe(0)
  })
})
