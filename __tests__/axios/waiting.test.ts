import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AxiosInstance, AxiosStatic } from 'axios'
import type { Auth } from '../../src/auth/scheme.js'
import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

describe.each(axiosVersions)('waiting for a token, on axios $name', ({ module, has }) => {
  let loaded: Loaded
  let server: TestServer
  let api: AxiosInstance

  beforeEach(async () => {
    loaded = loadWith(module)
    server = await listen(({ headers }) => ({ status: headers.authorization === 'Bearer new1' ? 200 : 401 }))
    api = loaded.axios.create({ baseURL: server.origin })
  })
  afterEach(() => server.close())

  it('takes no longer than the timeout of the request, and the renewal goes on for the others', async () => {
    const scheme = renewing('')
    let renewed = (_: string) => {}
    scheme.renew = () => new Promise(resolve => (renewed = resolve))
    loaded.attach(api, scheme)
    const patient = api.get('/patient')
    const error = await api.get('/hurried', { timeout: 20 }).catch(error => error)
    expect(loaded.axios.isAxiosError(error)).toBe(true)
    expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 20ms exceeded' })
    expect(error.config.url).toBe('/hurried')
    renewed('new1')
    expect((await patient).status).toBe(200)
    expect(scheme.renewals).toBe(1)
    expect(server.seen.map(({ url }) => url)).toEqual(['/patient'])
  })

  it('ends with the code and the text that the request asks for', async () => {
    const scheme = renewing('')
    scheme.renew = () => new Promise(() => {})
    loaded.attach(api, scheme)
    const asked = {
      timeout: 10,
      timeoutErrorMessage: 'too slow',
      transitional: { clarifyTimeoutError: true },
    }
    const error = await api.get('/x', asked).catch(error => error)
    expect(error).toMatchObject({ code: has.signal ? 'ETIMEDOUT' : expect.any(String), message: 'too slow' })
  })

  it('bounds the wait for a renewal after a refusal as well', async () => {
    const scheme = renewing('old')
    scheme.renew = () => new Promise(() => {})
    loaded.attach(api, scheme)
    await expect(api.get('/x', { timeout: 300 })).rejects.toMatchObject({ code: 'ECONNABORTED' })
    expect(server.authorizations()).toEqual(['Bearer old'])
  })
})

describe('a request that waits until its scheme can sign', () => {
  /** A scheme whose `open` waits, and whose flow never ends. */
  function slow() {
    let sign = () => {}
    const scheme: Auth = {
      open: request =>
        new Promise(resolve => {
          sign = () => {
            request.setHeader('Authorization', 'Bearer late')
            resolve({})
          }
        }),
      async *flow() {
        await new Promise(() => {})
      },
    }
    const { axios, attach } = loadWith('axios')
    const sent: unknown[] = []
    const api = axios.create({
      baseURL: 'https://api.example.com',
      adapter: async config => {
        sent.push(config.url)
        const response = { status: 401, statusText: '', headers: {}, data: '', config }
        throw Object.assign(new Error('401'), { response, config })
      },
    })
    attach(api, scheme)
    return { api, axios, sent, sign: () => sign() }
  }

  it.each([
    ['a signal', (axios: AxiosStatic) => ({ give: new AbortController(), axios })],
    ['a cancel token', (axios: AxiosStatic) => ({ give: axios.CancelToken.source(), axios })],
  ])('is free as soon as %s ends it, and is never sent', async (_name, ways) => {
    const { api, axios, sent, sign } = slow()
    const { give } = ways(axios)
    const by = 'abort' in give ? { signal: give.signal } : { cancelToken: give.token }
    const request = api.get('/x', by).catch(error => error)
    await new Promise(setImmediate)
    if ('abort' in give) give.abort()
    else give.cancel()
    expect(axios.isCancel(await request)).toBe(true)
    sign()
    await new Promise(setImmediate)
    expect(sent).toEqual([])
  })

  it('is not sent when it was given up before it began', async () => {
    const { api, axios, sent } = slow()
    const error = await api.get('/x', { signal: AbortSignal.abort() }).catch(error => error)
    expect(axios.isCancel(error)).toBe(true)
    expect(sent).toEqual([])
  })

  it('has one timeout for all its waits together', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
    try {
      const { api, sent, sign } = slow()
      let error: unknown
      const request = api.get('/x', { timeout: 100 }).catch(caught => {
        error = caught
      })
      await jest.advanceTimersByTimeAsync(60)
      sign()
      await jest.advanceTimersByTimeAsync(39)
      expect(sent).toEqual(['/x'])
      expect(error).toBeUndefined()
      await jest.advanceTimersByTimeAsync(1)
      await request
      expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 100ms exceeded' })
      expect(jest.getTimerCount()).toBe(0)
    } finally {
      jest.useRealTimers()
    }
  })

  it('leaves no timer and no listener behind', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
    try {
      const { api, sign } = slow()
      const { signal } = new AbortController()
      const removed = jest.spyOn(signal, 'removeEventListener')
      api.get('/x', { timeout: 100, signal }).catch(() => {})
      await jest.advanceTimersByTimeAsync(1)
      expect(jest.getTimerCount()).toBe(1)
      sign()
      await jest.advanceTimersByTimeAsync(0)
      // the flow after the refusal waits with a timer of its own
      expect(removed).toHaveBeenCalledTimes(1)
      expect(jest.getTimerCount()).toBe(1)
      await jest.advanceTimersByTimeAsync(100)
      expect(removed.mock.calls.length).toBeGreaterThan(1)
      expect(jest.getTimerCount()).toBe(0)
    } finally {
      jest.useRealTimers()
    }
  })
})

/** The whole package with one version of axios. */
function load(module: string) {
  let loaded: { axios: AxiosStatic; oauth: typeof import('../../src/index.js') } | undefined
  jest.isolateModules(() => {
    jest.doMock('axios', () => jest.requireActual(module))
    loaded = { axios: require('axios'), oauth: require('../../src/index.js') }
    jest.dontMock('axios')
  })
  return loaded as NonNullable<typeof loaded>
}

describe.each(axiosVersions)('refused downloads, on axios $name', ({ module }) => {
  it('give their sockets back before the renewal that needs one of them', async () => {
    const { axios, oauth } = load(module)
    const { attachOAuth2, createOAuth2Session, saveToken } = oauth
    let open = 0
    const refused: http.ServerResponse[] = []
    const server = http.createServer((request, response) => {
      if (request.url === '/token') {
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('{"access_token":"a1","token_type":"bearer","refresh_token":"r1"}')
        return
      }
      if (request.headers.authorization === 'Bearer a1') {
        response.end('the file')
        return
      }
      open++
      response.on('close', () => open--)
      refused.push(response.writeHead(401))
      response.write('a body that never ends')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    // one pool of two sockets for the API and for the token endpoint
    const httpAgent = new http.Agent({ keepAlive: true, maxSockets: 2 })
    const api = axios.create({ baseURL: origin, httpAgent, responseType: 'stream' })
    const session = createOAuth2Session({
      server: { token_endpoint: `${origin}/token` },
      client: { client_id: 'app' },
      timeout: 5,
    })
    await saveToken(session, { access_token: 'a0', refresh_token: 'r0', token_type: 'bearer' })
    attachOAuth2(api, session)
    try {
      const answers = await Promise.all([api.get('/1'), api.get('/2')])
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
      expect(refused).toHaveLength(2)
      expect(open).toBe(0)
      for (const { data } of answers) data.destroy()
    } finally {
      httpAgent.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  })
})
