import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { ServerRequest } from '../../src/server/call.js'
import { axiosVersions, type Loaded, loadAnew, loadWith } from '../support/axios-versions.js'
import { fasterTimers } from '../support/faster-timers.js'
import { listen, type TestServer } from './server.js'

const call = (url: string, more: Partial<ServerRequest> = {}): ServerRequest => ({
  endpoint: 'token',
  method: 'POST',
  url: new URL(url),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
  body: new URLSearchParams({ client_secret: 'canary', a: '1 2' }),
  ...more,
})

const bomb = gzipSync(Buffer.alloc(20_000_000, ' '))

describe.each(axiosVersions)('calls to the authorization server on axios $name', ({ module, has }) => {
  let loaded: Loaded
  let server: TestServer
  let answers: Parameters<typeof listen>[0]

  beforeEach(async () => {
    loaded = loadWith(module)
    answers = () => ({})
    server = await listen((request, index) => answers(request, index))
  })
  afterEach(() => {
    jest.restoreAllMocks()
    return server.close()
  })

  const adapters = has.fetch ? ['http', 'fetch'] : ['http']
  describe.each(adapters)('over %s', adapter => {
    const client = () => {
      const client = loaded.serverClient()
      const model = loaded.axios.create(has.namedAdapters ? { adapter } : {})
      client.adopt(model)
      return client
    }

    it('sends the form and answers any status as text', async () => {
      answers = () => ({
        status: 400,
        headers: { 'content-type': 'text/html', 'DPoP-Nonce': 'n' },
        body: '<html>{"a":1}',
      })
      const response = await client().send(call(`${server.origin}/token`))
      expect(response).toMatchObject({ status: 400, body: '<html>{"a":1}' })
      expect(response.header('dpop-nonce')).toBe('n')
      expect(server.seen).toMatchObject([
        { method: 'POST', url: '/token', body: 'client_secret=canary&a=1+2' },
      ])
      expect(server.seen[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
      answers = () => ({ body: '{"a":1}' })
      expect((await client().send(call(`${server.origin}/token`))).body).toBe('{"a":1}')
    })

    it('sends JSON, and GET without a body', async () => {
      await client().send(call(`${server.origin}/register`, { json: { a: 1 }, headers: {} }))
      await client().send(
        call(`${server.origin}/x?y=%20`, { method: 'GET', body: new URLSearchParams(), headers: {} }),
      )
      expect(server.seen).toMatchObject([
        { method: 'POST', body: '{"a":1}' },
        { method: 'GET', url: '/x?y=%20', body: '' },
      ])
      expect(server.seen[0]?.headers['content-type']).toMatch(/^application\/json/)
    })

    it('follows no redirect', async () => {
      answers = () => ({ status: 307, headers: { location: `${server.origin}/elsewhere` } })
      expect((await client().send(call(`${server.origin}/token`))).status).toBe(307)
      expect(server.seen).toHaveLength(1)
    })

    it('tries again after 503 and 429 as the server asks, twice at most; never when it asks for long', async () => {
      fasterTimers(20)
      answers = (_, index) =>
        index === 0 ? { status: 503, headers: { 'retry-after': '0' } } : { status: 200 }
      expect((await client().send(call(`${server.origin}/token`))).status).toBe(200)
      expect(server.seen).toHaveLength(2)
      expect(server.seen[1]).toMatchObject({ body: server.seen[0]?.body, method: 'POST' })
      answers = () => ({ status: 429, headers: { 'retry-after': '0' } })
      expect((await client().send(call(`${server.origin}/token`))).status).toBe(429)
      expect(server.seen).toHaveLength(5)
      answers = () => ({ status: 503, headers: { 'retry-after': '11' } })
      const response = await client().send(call(`${server.origin}/token`))
      expect(response.status).toBe(503)
      expect(response.header('Retry-After')).toBe('11')
      expect(server.seen).toHaveLength(6)
    })

    it.each(['device', 'backchannel'] as const)('does not: for %s polls', async endpoint => {
      answers = () => ({ status: 503 })
      expect((await client().send(call(`${server.origin}/token`, { endpoint }))).status).toBe(503)
      expect(server.seen).toHaveLength(1)
    })

    it('does not: for 500, a reset or a timeout, which may have spent the refresh token', async () => {
      answers = () => ({ status: 500 })
      expect((await client().send(call(`${server.origin}/token`))).status).toBe(500)
      expect(server.seen).toHaveLength(1)

      answers = ({ url }) => {
        if (url === '/reset') server.hangUp()
        return new Promise(() => {})
      }
      for (const [path, timeout] of [
        ['/reset', 20],
        ['/silent', 0.1],
      ] as const) {
        server.seen.length = 0
        const error = await client()
          .send(call(`${server.origin}${path}`, { timeout }))
          .catch(error => error)
        expect(error).toMatchObject({ name: 'OAuthError', code: 'OAUTH_SERVER_UNAVAILABLE' })
        expect(server.seen).toHaveLength(1)
        expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toMatch(/canary/)
        expect(error.cause).toBeUndefined()
      }
    })

    it('says who did not answer, and with which code', async () => {
      fasterTimers(20)
      const { port } = server
      await server.close()
      const error = await client()
        .send(call(`http://127.0.0.1:${port}/token`, { timeout: 10 }))
        .catch(error => error)
      expect(error).toMatchObject({ code: 'OAUTH_SERVER_UNAVAILABLE' })
      expect(error.message).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} .*(ECONNREFUSED|ERR_NETWORK)`))
      server = await listen(() => ({}))
    })

    it('gives up a server that sends a byte now and then, when the total time is over', async () => {
      const dripping = http.createServer((_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const drip = setInterval(() => response.write(' '), 10)
        response.on('close', () => clearInterval(drip))
      })
      await new Promise<void>(resolve => dripping.listen(0, '127.0.0.1', resolve))
      const { port } = dripping.address() as AddressInfo
      const error = await client()
        .send(call(`http://127.0.0.1:${port}/token`, { timeout: 0.1 }))
        .catch(error => error)
      expect(error).toMatchObject({ code: 'OAUTH_SERVER_UNAVAILABLE' })
      expect(error.message).toBe(
        `127.0.0.1:${port} did not answer within 0.1 s: try again, or raise \`timeout\`.`,
      )
      dripping.closeAllConnections()
      await new Promise(resolve => dripping.close(resolve))
    })

    it('is not shortened by the timeout of the attached instance', async () => {
      let late: () => void = () => {}
      answers = () =>
        new Promise(resolve => {
          late = () => resolve({ body: '{"a":1}' })
          setTimeout(late, 60)
        })
      const made = loaded.serverClient()
      made.adopt(loaded.axios.create({ timeout: 20, ...(has.namedAdapters && { adapter }) }))
      expect((await made.send(call(`${server.origin}/token`))).body).toBe('{"a":1}')
    })

    it('reads no more than a megabyte, counted after decompression', async () => {
      answers = () => ({ headers: { 'content-encoding': 'gzip' }, body: bomb })
      const error = await client()
        .send(call(`${server.origin}/token`))
        .catch(error => error)
      expect(error).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
      expect(error.message).toMatch(/more than 1000000 bytes/)
      answers = () => ({ body: ' '.repeat(999_998) })
      expect((await client().send(call(`${server.origin}/token`))).body).toHaveLength(999_998)
    })

    if (has.signal)
      it('is aborted by the signal', async () => {
        const controller = new AbortController()
        answers = () => {
          controller.abort()
          return new Promise(() => {})
        }
        const error = await client()
          .send(call(`${server.origin}/token`, { signal: controller.signal }))
          .catch(error => error)
        expect(error).toMatchObject({ code: 'OAUTH_ABORTED' })
      })
  })

  it.each([
    ['ECONNREFUSED', 3],
    ['ENOTFOUND', 3],
    ['EAI_AGAIN', 3],
    ['ECONNRESET', 1],
    ['ECONNABORTED', 1],
    ['ETIMEDOUT', 1],
    ['EPIPE', 1],
  ])('after %s makes %d tries: another only where no connection was made', async (code, tries) => {
    jest.useFakeTimers()
    let calls = 0
    const instance = loaded.axios.create({
      adapter: config => {
        calls++
        return Promise.reject(Object.assign(new Error(code), { code, config, isAxiosError: true }))
      },
    })
    const sent = loaded
      .serverClient(undefined, instance)
      .send(call('https://as.example.com/token'))
      .catch(error => error)
    await jest.advanceTimersByTimeAsync(10_000)
    jest.useRealTimers()
    expect(await sent).toMatchObject({
      code: 'OAUTH_SERVER_UNAVAILABLE',
      message: `as.example.com did not answer (${code}): check the address and the network.`,
    })
    expect(calls).toBe(tries)
  })

  it('has nothing of the user’s: no headers, parameters, transforms, interceptors, base URL', async () => {
    const { axios, serverClient } = loadAnew(module)
    axios.defaults.headers.common.Authorization = 'theirs'
    axios.defaults.headers.common['X-Theirs'] = 'theirs'
    axios.defaults.headers.post['X-Post'] = 'theirs'
    Object.assign(axios.defaults, {
      baseURL: 'http://127.0.0.1:1/theirs',
      params: { theirs: 1 },
      auth: { username: 'theirs', password: 'x' },
      maxRedirects: 5,
      transformRequest: [() => 'theirs'],
      transformResponse: [() => 'theirs'],
      validateStatus: () => false,
      withCredentials: true,
    })
    const instance = axios.create()
    instance.interceptors.request.use(config => {
      config.headers.set?.('X-Theirs', 'theirs')
      return config
    })
    const client = serverClient(undefined, instance)
    expect((await client.send(call(`${server.origin}/token`))).body).toBe('{}')
    const { headers, url, body } = server.seen[0] as (typeof server.seen)[0]
    expect(JSON.stringify([headers, url, body])).not.toMatch(/theirs/)
    expect(headers.authorization).toBeUndefined()
    expect(body).toBe('client_secret=canary&a=1+2')
  })

  it('takes over the instance’s agents, proxy and adapter, also those that were set later', async () => {
    const instance = loaded.axios.create({ baseURL: 'http://api.example.com' })
    const client = loaded.serverClient()
    client.adopt(instance)
    client.adopt(loaded.axios.create({ adapter: () => Promise.reject(new Error('the first one counts')) }))
    const configs: Record<string, unknown>[] = []
    const agent = new http.Agent()
    instance.defaults.httpAgent = agent
    instance.defaults.proxy = false
    instance.defaults.timeout = 7000
    instance.defaults.adapter = async config => {
      configs.push({ ...config })
      return { status: 200, statusText: '', headers: {}, data: 'mine', config }
    }
    expect((await client.send(call('http://127.0.0.1/token', { agent: 'tls' }))).body).toBe('mine')
    expect(configs[0]).toMatchObject({
      httpAgent: agent,
      httpsAgent: 'tls',
      proxy: false,
      timeout: 30_000,
      maxRedirects: 0,
    })
    expect(configs[0]).toMatchObject({ withCredentials: false, responseType: 'text' })
    instance.defaults.timeout = 120_000
    await client.send(call('http://127.0.0.1/token'))
    await client.send(call('http://127.0.0.1/token', { timeout: 50 }))
    instance.defaults.timeout = 0
    await client.send(call('http://127.0.0.1/token'))
    expect(configs.map(({ timeout }) => timeout)).toEqual([30_000, 30_000, 50_000, 30_000])
  })

  it('holds the user’s own instance to the same rules', async () => {
    const theirs = loaded.axios.create({ baseURL: 'http://127.0.0.1:1', validateStatus: () => false })
    theirs.defaults.headers.common['X-Theirs'] = 'kept'
    const client = loaded.serverClient(theirs as never)
    expect(client.http).toBe(theirs)
    answers = () => ({
      status: 302,
      headers: { location: '/elsewhere', 'content-type': 'application/json' },
      body: '{"a":1}',
    })
    // what its own validateStatus made of it does not matter
    expect(await client.send(call(`${server.origin}/token`))).toMatchObject({ status: 302, body: '{"a":1}' })
    expect(server.seen).toHaveLength(1)
    expect(server.seen[0]?.headers['x-theirs']).toBe('kept')
  })

  it('keeps a user’s axios-retry from spending a refresh token twice', async () => {
    const theirs = loaded.axios.create()
    require('axios-retry').default(theirs, { retries: 3, retryCondition: () => true })
    answers = () => ({ status: 500 })
    expect((await loaded.serverClient(theirs as never).send(call(`${server.origin}/token`))).status).toBe(500)
    expect(server.seen).toHaveLength(1)
  })

  it('cannot wait for itself on an attached instance', async () => {
    const api = loaded.axios.create({ baseURL: server.origin })
    loaded.attach(api, {
      flow: () =>
        (async function* () {
          await new Promise(() => {})
          yield* []
        })() as never,
    })
    expect((await loaded.serverClient(api as never).send(call(`${server.origin}/token`))).status).toBe(200)
  })
})
