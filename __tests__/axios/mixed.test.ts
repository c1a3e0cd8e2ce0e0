import { inspect } from 'node:util'
import type { AxiosInstance, AxiosStatic } from 'axios'
import type { ServerRequest } from '../../src/server/call.js'
import { type Loaded, loadWith } from '../support/axios-versions.js'
import { fasterTimers } from '../support/faster-timers.js'
import { renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

/** The package's copy of axios, and the application's. */
const copies = [
  ['axios', 'axios-1-7'],
  ['axios-1-7', 'axios'],
  ['axios', 'axios-1-2'],
  ['axios-1-2', 'axios'],
  ['axios', 'axios-0-27'],
  ['axios-0-27', 'axios'],
  ['axios-0-27', 'axios-1-7'],
  ['axios-0-21', 'axios'],
] as const

const tokenRequest = (origin: string): ServerRequest => ({
  endpoint: 'token',
  method: 'POST',
  url: new URL('/token', origin),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ client_secret: 'CANARY' }),
})

describe.each(copies)('a package that found %s, an application with %s', (peer, application) => {
  let loaded: Loaded
  let server: TestServer
  const hasFetch = /^axios(-1-7)?$/.test(application)
  const adapters = hasFetch ? ['http', 'fetch'] : ['default']

  beforeEach(async () => {
    loaded = loadWith(peer, application)
    server = await listen(({ headers }) => ({ status: headers.authorization === 'Bearer old' ? 401 : 200 }))
  })
  afterEach(() => {
    jest.restoreAllMocks()
    return server.close()
  })

  const create = (adapter: string) =>
    loaded.axios.create({ baseURL: server.origin, ...(adapter !== 'default' && { adapter }) })

  describe.each(adapters)('adapter: %s', adapter => {
    const headers = { 'X-Mine': 'yes' }
    const expectHealed = (response: { status: number }) => {
      expect(response.status).toBe(200)
      expect(server.authorizations()).toEqual(['Bearer old', 'Bearer new1'])
      for (const seen of server.seen) {
        expect(seen).toMatchObject({ method: 'POST', body: '{"a":1}', headers: { 'x-mine': 'yes' } })
        expect(seen.headers['content-type']).toMatch(/^application\/json/)
      }
    }

    it('createInterceptors keeps headers and body, and heals', async () => {
      const api = create(adapter)
      const { request, response, responseError } = loaded.createInterceptors(renewing('old'), {
        allowedOrigins: server.origin,
      })
      api.interceptors.request.use(request, null, { synchronous: true })
      api.interceptors.response.use(response, responseError)
      expectHealed(await api.post('/x', { a: 1 }, { headers }))
    })

    it('createInterceptors leave no credential on what the application holds', async () => {
      const api = create(adapter)
      const { request } = loaded.createInterceptors(renewing('CANARY'), { allowedOrigins: server.origin })
      api.interceptors.request.use(request, null, { synchronous: true })
      const response = await api.post('/x', { a: 1 }, { headers })
      const refused = await api.get('/x', { validateStatus: () => false }).catch((error: unknown) => error)
      for (const held of [response, refused]) {
        expect(inspect(held, { depth: 12, showHidden: true })).not.toContain('CANARY')
        expect(JSON.stringify((held as { config: unknown }).config)).not.toContain('CANARY')
      }
      expect(server.authorizations()).toEqual(['Bearer CANARY', 'Bearer CANARY'])
    })

    it('new axios.Axios() keeps headers and body, and heals', async () => {
      const { Axios, defaults } = loaded.axios as unknown as AxiosStatic & {
        Axios: new (config: object) => AxiosInstance
      }
      const api = new Axios({
        ...defaults,
        baseURL: server.origin,
        ...(adapter !== 'default' && { adapter }),
      })
      loaded.attach(api, renewing('old'))
      expectHealed(await api.post('/x', { a: 1 }, { headers }))
    })

    it('the token endpoint is reached by the way that the instance takes', async () => {
      const api = create(adapter)
      const client = loaded.serverClient()
      client.adopt(api)
      const { status } = await client.send(tokenRequest(server.origin))
      expect(status).toBe(200)
      expect(server.seen).toMatchObject([{ url: '/token', body: 'client_secret=CANARY' }])
    })

    it('an error shows no secret, and is an error of axios to both copies', async () => {
      fasterTimers(20)
      const api = create(adapter)
      loaded.attach(api, renewing('CANARY'))
      await server.close()
      const error = await api.get('/x').catch((error: unknown) => error)
      for (const copy of [peer, application]) expect(require(copy).isAxiosError(error)).toBe(true)
      expect(inspect(error, { depth: 12, showHidden: true })).not.toContain('CANARY')
      expect(JSON.stringify(error)).not.toContain('CANARY')
      const client = loaded.serverClient()
      client.adopt(api)
      const refused = await client.send(tokenRequest(server.origin)).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'OAUTH_SERVER_UNAVAILABLE' })
      expect(inspect(refused, { depth: 12, showHidden: true })).not.toContain('CANARY')
      server = await listen(() => ({}))
    })
  })
})
