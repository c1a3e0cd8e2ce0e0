import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { axiosVersions } from './versions.js'
import { startWorld, type World } from './world.js'

const authorization = (server: ResourceServer) =>
  server.requests.map(request => request.headers.authorization)

describe.each(axiosVersions)('axios $version', version => {
  let world: World
  let elsewhere: ResourceServer
  beforeEach(async () => {
    elsewhere = await startResourceServer({ accepts: () => true })
    elsewhere.respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      return true
    }
    world = await startWorld(version)
  })
  afterEach(async () => {
    await world.stop()
    await elsewhere.stop()
  })

  test('an absolute URL to another origin gets no token', async () => {
    await world.http.get(`${elsewhere.url}/x`)
    expect(authorization(elsewhere)).toEqual([undefined])
  })

  test('an absolute URL to the allowed origin gets it', async () => {
    await world.http.get(`${world.api.url}/x`)
    expect(authorization(world.api)).toEqual([`Bearer ${world.first.access_token}`])
  })

  test('another baseURL for one request gets no token', async () => {
    await world.http.get('/x', { baseURL: elsewhere.url })
    expect(authorization(elsewhere)).toEqual([undefined])
  })

  test.each([301, 302, 303, 307, 308])(
    'a %i to another origin does not take the token along',
    async status => {
      const target = `/redirect?${new URLSearchParams({ status: String(status), to: `${elsewhere.url}/x` })}`
      await world.http.get(target)
      expect(authorization(world.api)).toEqual([`Bearer ${world.first.access_token}`])
      expect(authorization(elsewhere)).toEqual([undefined])
    },
  )

  test('a redirect on the allowed origin keeps it', async () => {
    await world.http.get(`/redirect?${new URLSearchParams({ to: '/landed' })}`)
    expect(world.api.requests.map(request => [request.target.split('?')[0], request.token])).toEqual([
      ['/redirect', world.first.access_token],
      ['/landed', world.first.access_token],
    ])
  })

  test('a 401 from another origin that got no token renews nothing', async () => {
    elsewhere.respond = (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
      return true
    }
    const target = `/redirect?${new URLSearchParams({ to: `${elsewhere.url}/x` })}`
    await expect(world.http.get(target)).rejects.toMatchObject({ response: { status: 401 } })
    await expect(world.http.get(`${elsewhere.url}/x`)).rejects.toMatchObject({ response: { status: 401 } })
    expect(world.as.counts.token).toBe(0)
    expect(authorization(elsewhere)).toEqual([undefined, undefined])
  })
})
