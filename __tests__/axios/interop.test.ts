import type { AxiosInstance, InternalAxiosRequestConfig } from 'axios'
import { OAuthError } from '../../src/errors.js'
import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

type AxiosRetry = (instance: AxiosInstance, options?: object) => void
const retries: [string, AxiosRetry][] = [
  ['axios-retry 3', require('axios-retry-3').default],
  ['axios-retry 4', require('axios-retry').default],
]

describe.each(axiosVersions)('beside other plugins, on axios $name', ({ module }) => {
  let loaded: Loaded
  let server: TestServer
  let api: AxiosInstance
  let statuses: number[]
  const scheme = () => renewing('old')

  beforeEach(async () => {
    loaded = loadWith(module)
    statuses = []
    server = await listen(({ headers }) => {
      const planned = statuses.shift()
      return { status: planned ?? (headers.authorization === 'Bearer new1' ? 200 : 401) }
    })
    api = loaded.axios.create({ baseURL: server.origin })
  })
  afterEach(() => server.close())

  describe.each(retries)('%s', (_, axiosRetry) => {
    describe.each([
      ['before', [true, false]],
      ['after', [false, true]],
    ])('attached %s us', (_, [first, last]) => {
      const attach = (auth: ReturnType<typeof renewing>, options: object = {}) => {
        if (first) axiosRetry(api, { retries: 3, retryDelay: () => 1, ...options })
        loaded.attach(api, auth)
        if (last) axiosRetry(api, { retries: 3, retryDelay: () => 1, ...options })
      }

      it('does not have the person asked again and again', async () => {
        let asked = 0
        attach({
          ...scheme(),
          open: () => undefined,
          // biome-ignore lint/correctness/useYield: it ends before it sends
          async *flow() {
            asked++
            throw new OAuthError('OAUTH_INTERACTION_REQUIRED', 'There is no token: sign in.')
          },
        })
        const error = await api.get('/x').catch((error: unknown) => error)
        expect(error).toMatchObject({ config: { url: '/x' }, cause: { code: 'OAUTH_INTERACTION_REQUIRED' } })
        expect(asked).toBe(1)
        expect(server.seen).toEqual([])
      })

      it('heals 503 by it and 401 by us, with the token that is current each time', async () => {
        statuses = [503, 401, 503]
        const auth = scheme()
        attach(auth)
        const transformed: unknown[] = []
        const response = await api.put(
          '/x',
          { a: 1 },
          {
            transformRequest: (data: unknown) => {
              transformed.push(data)
              return JSON.stringify(data)
            },
          },
        )
        expect(response.status).toBe(200)
        expect(server.authorizations()).toEqual(['Bearer old', 'Bearer old', 'Bearer new1', 'Bearer new1'])
        expect(new Set(server.seen.map(({ body }) => body))).toEqual(new Set(['{"a":1}']))
        expect(transformed).toHaveLength(1)
        expect(auth.renewals).toBe(1)
      })

      it('does not act on our errors: a POST whose token failed is not run again', async () => {
        const auth = renewing('')
        let calls = 0
        auth.renew = async () => {
          calls++
          throw new Error('ended')
        }
        attach(auth)
        await expect(api.post('/x', {})).rejects.toMatchObject({ isAxiosError: true })
        expect(calls).toBe(1)
        expect(server.seen).toEqual([])
      })

      it('may send every response through its error path', async () => {
        attach(scheme(), { validateResponse: ({ status }: { status: number }) => status < 400 })
        expect((await api.get('/x')).status).toBe(200)
        expect(server.authorizations()).toEqual(['Bearer old', 'Bearer new1'])
      })
    })
  })

  it('axios-mock-adapter answers, and sees the credential in its reply functions', async () => {
    const MockAdapter = require('axios-mock-adapter')
    for (const late of [false, true]) {
      const instance = loaded.axios.create({ baseURL: 'https://api.example.com' })
      const auth = scheme()
      const make = () => new MockAdapter(instance)
      const early = late ? undefined : make()
      loaded.attach(instance, auth)
      const mock = early ?? make()
      const seen: unknown[] = []
      mock.onGet('/x').reply((config: InternalAxiosRequestConfig) => {
        seen.push(config.headers.Authorization)
        return config.headers.Authorization === 'Bearer new1' ? [200, { ok: true }] : [401]
      })
      mock.onGet('/moved').reply(302, '', { location: '/elsewhere' })
      const response = await instance.get('/x')
      expect(response.data).toEqual({ ok: true })
      expect(seen).toEqual(['Bearer old', 'Bearer new1'])
      expect(mock.history.get[0].headers?.Authorization).toBeUndefined()
      expect(auth.renewals).toBe(1)
      const moved = await instance.get('/moved').catch(error => error)
      expect(moved.response.status).toBe(302)
    }
  })

  it('axios-mock-adapter finds its handlers for the second send too, by relative URL and parameters', async () => {
    const MockAdapter = require('axios-mock-adapter')
    const instance = loaded.axios.create({ baseURL: 'https://api.example.com/v1' })
    const auth = scheme()
    const { flow } = auth
    const urls: string[] = []
    auth.flow = (request, sent) => {
      urls.push(request.url) // looking must not change what is sent
      return flow(request, sent)
    }
    loaded.attach(instance, auth, { allowedOrigins: 'https://api.example.com/v1' })
    const mock = new MockAdapter(instance)
    mock.onGet('/x', { params: { a: 1 } }).replyOnce(401)
    mock.onGet('/x', { params: { a: 1 } }).replyOnce(200, 'found')
    expect((await instance.get('/x', { params: { a: 1 } })).data).toBe('found')
    expect(urls).toEqual(['https://api.example.com/v1/x?a=1'])
  })

  it('a function adapter gets the credential on a copy, and only while it runs', async () => {
    const held: InternalAxiosRequestConfig[] = []
    const values: unknown[] = []
    let intercepted: InternalAxiosRequestConfig | undefined
    const inFlight: unknown[] = []
    const adapter = async (config: InternalAxiosRequestConfig) => {
      held.push(config)
      inFlight.push(intercepted?.headers.Authorization)
      values.push(config.headers.Authorization)
      await new Promise(resolve => setImmediate(resolve))
      values.push(config.headers.Authorization)
      return { status: 200, statusText: '', headers: {}, data: '', config }
    }
    const instance = loaded.axios.create({ baseURL: 'https://api.example.com', adapter })
    loaded.attach(instance, scheme())
    instance.interceptors.request.use(config => {
      intercepted = config
      return config
    })
    const { config } = await instance.get('/x', { params: { a: 1 } })
    expect(values).toEqual(['Bearer old', 'Bearer old'])
    // a logger of slow requests prints what an interceptor saw while the request is in flight
    expect(inFlight).toEqual([undefined])
    expect(held[0]).not.toBe(config)
    expect(held[0]?.headers.Authorization).toBeUndefined()
    expect(config.headers.Authorization).toBeUndefined()
    expect(config.adapter).toBe(adapter)
    expect(config).toMatchObject({ url: '/x', params: { a: 1 }, baseURL: 'https://api.example.com' })
    expect(Object.keys(config)).not.toContain('beforeRedirect')
    expect(Object.keys(config)).not.toContain('fetchOptions')
  })

  it('an adapter that throws, or answers what is no response, changes nothing', async () => {
    const instance = loaded.axios.create({ baseURL: 'https://api.example.com' })
    loaded.attach(instance, scheme())
    const adapter = () => {
      throw new Error('broken adapter')
    }
    await expect(instance.get('/x', { adapter })).rejects.toThrow('broken adapter')
    const rejecting = () => Promise.reject(undefined)
    await expect(instance.get('/x', { adapter: rejecting })).rejects.toBeUndefined()
  })

  it('an interceptor that came later may change the request, and runs once', async () => {
    let runs = 0
    loaded.attach(api, scheme())
    api.interceptors.request.use(async config => {
      runs++
      config.url = `/v1${config.url}`
      config.params = { ...config.params, added: runs }
      return config
    })
    expect((await api.get('/x')).status).toBe(200)
    expect(server.seen.map(({ url }) => url)).toEqual(['/v1/x?added=1', '/v1/x?added=1'])
    expect(runs).toBe(1)
  })
})

describe('axios-cache-interceptor', () => {
  it('caches what we authenticated, and renews what was refused', async () => {
    const { axios, attach } = loadWith('axios')
    const { setupCache } = require('axios-cache-interceptor')
    const server = await listen(({ headers }) => ({
      status: headers.authorization === 'Bearer new1' ? 200 : 401,
      headers: { 'cache-control': 'max-age=60', 'content-type': 'application/json' },
    }))
    for (const before of [true, false]) {
      server.seen.length = 0
      const plain = axios.create({ baseURL: server.origin })
      const auth = renewing('old')
      if (before) attach(plain, auth)
      const api = setupCache(plain)
      if (!before) attach(plain, auth)
      const [one, two] = await Promise.all([api.get('/x'), api.get('/x')])
      expect([one.status, two.status]).toEqual([200, 200])
      await api.get('/x')
      expect(server.authorizations()).toEqual(['Bearer old', 'Bearer new1'])
      const failing = axios.create({ baseURL: server.origin })
      const never = renewing('')
      never.renew = () => Promise.reject(new Error('no'))
      const cached = setupCache(failing)
      attach(failing, never)
      // the second waits for the first
      const both = await Promise.allSettled([cached.get('/y'), cached.get('/y')])
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    }
    await server.close()
  })
})
