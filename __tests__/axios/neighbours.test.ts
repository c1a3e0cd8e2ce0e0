import type { AxiosInstance } from 'axios'
import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { type Renewing, renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

const tested = axiosVersions.filter(({ module }) => ['axios-0-27', 'axios-1-7', 'axios'].includes(module))

/** A neighbour that is put on an instance, and what it must not do when a token is renewed. */
type Neighbour = (instance: AxiosInstance, world: World) => void

interface World {
  server: TestServer
  /** What the neighbour did, in order. */
  did: string[]
}

/**
 * The interceptors that most applications carry: one renewal, and a queue of the requests that were refused
 * meanwhile.
 */
const failedQueue: Neighbour = (instance, { did }) => {
  let isRefreshing = false
  let queue: (() => void)[] = []
  // biome-ignore lint/suspicious/noExplicitAny: an error of any version
  instance.interceptors.response.use(undefined, async (error: any) => {
    const { config, response } = error
    if (response?.status !== 401 || config.retried) throw error
    config.retried = true
    if (isRefreshing) {
      await new Promise<void>(resolve => queue.push(resolve))
    } else {
      isRefreshing = true
      did.push('refreshed')
      await Promise.resolve()
      for (const go of queue) go()
      queue = []
      isRefreshing = false
    }
    config.headers.Authorization = 'Bearer by-hand'
    return instance(config)
  })
}

const toLogin: Neighbour = (instance, { did }) => {
  // biome-ignore lint/suspicious/noExplicitAny: an error of any version
  instance.interceptors.response.use(undefined, (error: any) => {
    if (error.response?.status === 401) did.push('to the login page')
    throw error
  })
}

/** At most one request at a time: the next one waits until the answer to the one before is in. */
const oneAtATime: Neighbour = instance => {
  let last = Promise.resolve()
  const ends = new WeakMap<object, () => void>()
  instance.interceptors.request.use(config => {
    const turn = last
    last = new Promise(resolve => ends.set(config, resolve))
    return turn.then(() => config)
  })
  const end = (config: object) => ends.get(config)?.()
  instance.interceptors.response.use(
    response => {
      end(response.config)
      return response
    },
    error => {
      end(error.config)
      throw error
    },
  )
}

const rateLimit: Neighbour = instance =>
  require('axios-rate-limit')(instance, { maxRequests: 2, perMilliseconds: 1 })

const logger: Neighbour = (instance, { did }) => {
  const { requestLogger, responseLogger, errorLogger } = require('axios-logger')
  const options = { headers: true, params: true, logger: (line: string) => did.push(line) }
  instance.interceptors.request.use(
    config => requestLogger(config, options),
    error => errorLogger(error, options),
  )
  instance.interceptors.response.use(
    response => responseLogger(response, options),
    error => errorLogger(error, options),
  )
}

const neighbours: [string, Neighbour][] = [
  ['isRefreshing and failedQueue', failedQueue],
  ['a 401 → login handler', toLogin],
  ['a queue of one request at a time', oneAtATime],
  ['axios-rate-limit', rateLimit],
  ['axios-logger', logger],
]

describe.each(tested)('neighbours on axios $name', ({ module }) => {
  let loaded: Loaded
  let world: World
  let good: string[]

  beforeEach(async () => {
    loaded = loadWith(module)
    good = ['new1']
    const server = await listen(({ headers }) => ({
      status: good.some(token => headers.authorization === `Bearer ${token}`) ? 200 : 401,
    }))
    world = { server, did: [] }
  })
  afterEach(() => world.server.close())

  describe.each(neighbours)('%s', (name, neighbour) => {
    describe.each(['before', 'after'])('%s us', order => {
      const create = (scheme: Renewing) => {
        const instance = loaded.axios.create({ baseURL: world.server.origin })
        if (order === 'before') neighbour(instance, world)
        loaded.attach(instance, scheme)
        if (order === 'after') neighbour(instance, world)
        return instance
      }

      it('five refused requests are healed by one renewal, unseen by it', async () => {
        const scheme = renewing('old')
        const api = create(scheme)
        const responses = await Promise.all([1, 2, 3, 4, 5].map(n => api.get(`/${n}`)))
        expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
        expect(scheme.renewals).toBe(1)
        if (name !== 'axios-logger') expect(world.did).toEqual([])
        expect(world.did.join()).not.toMatch(/Bearer|new1/)
      })

      it('a request whose renewal does not help fails once, and nothing hangs', async () => {
        good = []
        const scheme = renewing('old')
        const api = create(scheme)
        const outcomes = await Promise.allSettled([api.get('/1'), api.get('/2')])
        expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
        expect(scheme.renewals).toBeLessThanOrEqual(2)
        expect(world.did.join()).not.toMatch(/Bearer|new1/)
        if (name === 'isRefreshing and failedQueue') expect([...new Set(world.did)]).toEqual(['refreshed'])
        if (name === 'a 401 → login handler')
          expect(world.did).toEqual(['to the login page', 'to the login page'])
      })
    })
  })

  it('failedQueue may still renew by hand what we could not: its token wins and is not renewed again', async () => {
    good = ['by-hand']
    const scheme = renewing('old')
    const api = loaded.axios.create({ baseURL: world.server.origin })
    loaded.attach(api, scheme)
    failedQueue(api, world)
    expect((await api.get('/1')).status).toBe(200)
    expect(world.server.authorizations()).toEqual(['Bearer old', 'Bearer new1', 'Bearer by-hand'])
    expect(scheme.renewals).toBe(1)
  })

  it('axios-auth-refresh sees no 401 that was healed, and acts once on one that was not', async () => {
    if (module === 'axios-0-27') return // it asks for axios 1
    const { createAuthRefresh } = require('axios-auth-refresh')
    for (const order of ['before', 'after']) {
      let refreshed = 0
      const refresh = async () => {
        refreshed += 1
      }
      const scheme = renewing('old')
      const api = loaded.axios.create({ baseURL: world.server.origin })
      if (order === 'before') createAuthRefresh(api, refresh, { maxRetries: 1 })
      loaded.attach(api, scheme)
      if (order === 'after') createAuthRefresh(api, refresh, { maxRetries: 1 })
      expect((await api.get('/1')).status).toBe(200)
      expect([order, refreshed, scheme.renewals]).toEqual([order, 0, 1])
      good = []
      await expect(api.get('/2')).rejects.toMatchObject({ response: { status: 401 } })
      expect([order, refreshed]).toEqual([order, 1])
      good = ['new1']
    }
  })

  it.each(['before', 'after'])('axios-mock-adapter %s us answers both sends', async order => {
    const MockAdapter = require('axios-mock-adapter')
    const sent: unknown[] = []
    const mock = (instance: AxiosInstance) =>
      new MockAdapter(instance).onAny('/me').reply((config: { headers: Record<string, string> }) => {
        sent.push(config.headers.Authorization)
        return config.headers.Authorization === 'Bearer new1' ? [200, { name: 'Anna' }] : [401]
      })
    const scheme = renewing('old')
    const api = loaded.axios.create({ baseURL: 'https://api.example.com' })
    if (order === 'before') mock(api)
    loaded.attach(api, scheme)
    if (order === 'after') mock(api)
    const answers = await Promise.all([api.get('/me'), api.post('/me', { a: 1 })])
    expect(answers.map(({ data }) => data)).toEqual([{ name: 'Anna' }, { name: 'Anna' }])
    expect([sent, scheme.renewals]).toEqual([['Bearer old', 'Bearer old', 'Bearer new1', 'Bearer new1'], 1])
  })

  it.each(['before', 'after'])('msw that listens %s we attach answers the second send', async order => {
    const { setupServer } = require('msw/node')
    const { http, HttpResponse } = require('msw')
    const sent: (string | null)[] = []
    const mock = setupServer(
      http.post('https://api.example.com/orders', async ({ request }: { request: Request }) => {
        const authorization = request.headers.get('authorization')
        sent.push(`${authorization} ${await request.text()}`)
        return authorization === 'Bearer new1'
          ? HttpResponse.json({ name: 'Anna' })
          : new HttpResponse(null, { status: 401 })
      }),
    )
    const scheme = renewing('old')
    const api = loaded.axios.create({ baseURL: 'https://api.example.com' })
    if (order === 'before') mock.listen({ onUnhandledRequest: 'error' })
    loaded.attach(api, scheme)
    if (order === 'after') mock.listen({ onUnhandledRequest: 'error' })
    try {
      expect((await api.post('/orders', { a: 1 })).data).toEqual({ name: 'Anna' })
      expect(sent).toEqual(['Bearer old {"a":1}', 'Bearer new1 {"a":1}'])
      expect(scheme.renewals).toBe(1)
    } finally {
      mock.close()
    }
  })

  it('nock answers the second send as it answered the first', async () => {
    const nock = require('nock')
    if (!nock.isActive()) nock.activate()
    nock('https://api.example.com').get('/me').matchHeader('authorization', 'Bearer old').reply(401)
    nock('https://api.example.com')
      .get('/me')
      .matchHeader('authorization', 'Bearer new1')
      .reply(200, { name: 'Anna' })
    try {
      const api = loaded.axios.create({ baseURL: 'https://api.example.com' })
      loaded.attach(api, renewing('old'))
      expect((await api.get('/me')).data).toEqual({ name: 'Anna' })
      expect(nock.isDone()).toBe(true)
    } finally {
      nock.cleanAll()
      nock.restore()
    }
  })
})
