import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { AxiosInstance, AxiosRequestConfig } from 'axios'
import type { Auth } from '../../src/auth/scheme.js'
import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { inQuery, renewing, urlBound } from './schemes.js'
import { listen, type Seen, type TestServer } from './server.js'

const pem = (name: string) => readFileSync(join(__dirname, '../support/tls', name))
const tls = { key: pem('key.pem'), cert: pem('cert.pem') }
// every name leads to this machine
const lookup: LookupFunction = (_, options, callback) =>
  options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)
const agents = {
  httpAgent: new http.Agent({ lookup }),
  httpsAgent: new https.Agent({ lookup, ca: tls.cert }),
}

let plain: TestServer
let other: TestServer
let secure: TestServer
/** Where `/go` leads, with which status; `/end` and everything else answers what `end` says. */
let to = ''
let status = 302
let end: (request: Seen) => number = () => 200

const answer = (request: Seen) => {
  if (request.url.startsWith('/go')) return { status, headers: { location: to }, body: 'x'.repeat(1e6) }
  if (request.url.startsWith('/loop')) return { status, headers: { location: '/loop' } }
  if (request.url.startsWith('/back')) return { status, headers: { location: back } }
  return { status: end(request), headers: { 'content-type': 'application/json' } }
}
let back = ''

beforeAll(async () => {
  plain = await listen(answer)
  other = await listen(answer)
  secure = await listen(answer, tls)
})
afterAll(() => Promise.all([plain, other, secure].map(server => server.close())))
beforeEach(() => {
  for (const server of [plain, other, secure]) server.seen.length = 0
  status = 302
  end = () => 200
})

const at = (host: string, { port }: TestServer = plain, scheme = 'http') => `${scheme}://${host}:${port}`
const tokens = (server: TestServer = plain) =>
  server.authorizations().map(value => value?.replace(/http.*/, '…'))

describe.each(axiosVersions)('redirects on axios $name', ({ module, has }) => {
  let loaded: Loaded
  beforeAll(() => {
    loaded = loadWith(module)
  })
  const attached = (
    scheme: Auth,
    base: string,
    options: object = {},
    defaults: AxiosRequestConfig = {},
  ): AxiosInstance => {
    const api = loaded.axios.create({ baseURL: base, ...agents, proxy: false, ...defaults })
    loaded.attach(api, scheme as Auth, { allowInsecure: true, ...options })
    return api
  }

  describe.each([
    ['a token in a header', () => renewing('t'), 'Bearer t'],
    ['a signature of the URL', urlBound, 'Signed GET …'],
  ] as const)('%s', (_, make, shown) => {
    it('follows to the same origin', async () => {
      to = '/end?x=1'
      const scheme = make()
      const response = await attached(scheme, at('api.test')).get('/go')
      expect(response.status).toBe(200)
      expect(tokens()).toEqual([shown, shown])
      expect(response.request.res.responseUrl).toBe(`${at('api.test')}/end?x=1`)
      if ('signed' in scheme)
        expect(scheme.signed).toEqual([`${at('api.test')}/go`, `${at('api.test')}/end?x=1`])
    })

    it.each([
      ['a subdomain', () => at('api.test'), () => [plain, at('evil.api.test')] as const],
      ['the parent domain', () => at('v1.api.test'), () => [plain, at('api.test')] as const],
      ['another port', () => at('api.test'), () => [other, at('api.test', other)] as const],
      ['http, from https', () => at('api.test', secure, 'https'), () => [plain, at('api.test')] as const],
      [
        'a user of another host',
        () => at('api.test'),
        () => [other, at('api.test@127.0.0.1', other)] as const,
      ],
    ])('does not follow to %s', async (_, base, target) => {
      const [server, origin] = target()
      to = `${origin}/end`
      const response = await attached(make(), base(), {}, { headers: { Cookie: 'c=1' } }).get('/go')
      expect(response.status).toBe(200)
      const [last] = server.seen.slice(-1)
      expect(last).toMatchObject({ url: '/end' })
      expect(last?.headers.authorization ?? '').not.toMatch(/Bearer|Signed/)
      expect((base().startsWith('https') ? secure : plain).authorizations()[0]).toBeTruthy()
      expect(response.config.headers?.Authorization).toBeUndefined()
    })

    it('follows to another origin that is allowed, also over one that is not', async () => {
      const options = { allowedOrigins: [at('api.test'), at('www.test')] }
      to = `${at('www.test')}/end`
      await attached(make(), at('api.test'), options).get('/go')
      expect(tokens()).toEqual([shown, shown])
      plain.seen.length = 0
      to = `${at('stranger.test', other)}/back`
      back = `${at('www.test')}/end`
      await attached(make(), at('api.test'), options).get('/go')
      expect(tokens()).toEqual([shown, shown])
      expect(tokens(other)).toEqual([undefined])
    })

    it('stays under an allowed prefix', async () => {
      const api = attached(make(), at('api.test'), { allowedOrigins: `${at('api.test')}/go` })
      to = '/elsewhere'
      await api.get('/go/1').catch(() => {})
      expect(tokens().slice(0, 1)).toEqual([shown])
      expect(plain.seen.filter(({ url }) => url === '/elsewhere')).toMatchObject([
        { headers: { host: expect.anything() } },
      ])
      expect(plain.seen.find(({ url }) => url === '/elsewhere')?.headers.authorization).toBeUndefined()
    })

    it.each([
      [301, 'POST', 'GET'],
      [302, 'POST', 'GET'],
      [303, 'POST', 'GET'],
      [303, 'PUT', 'GET'],
      [301, 'PUT', 'PUT'],
      [307, 'POST', 'POST'],
      [308, 'POST', 'POST'],
    ])('%d turns %s into %s', async (code, before, after) => {
      status = code
      to = '/end'
      await attached(make(), at('api.test')).request({ url: '/go', method: before as 'POST', data: { a: 1 } })
      expect(plain.seen.map(({ method, body }) => [method, body])).toEqual([
        [before, '{"a":1}'],
        [after, before === after ? '{"a":1}' : ''],
      ])
      expect(plain.seen[1]?.headers['content-type']).toEqual(
        before === after ? expect.stringMatching(/json/) : undefined,
      )
      expect(tokens()[1]).toBe(shown.replace('GET', after))
    })

    it('heeds the caller’s maxRedirects', async () => {
      to = '/end'
      const api = attached(make(), at('api.test'))
      const none = await api.get('/go', { maxRedirects: 0 }).catch(error => error)
      expect(none.response.status).toBe(302)
      expect(none.config.maxRedirects).toBe(0)
      plain.seen.length = 0
      const error = await api.get('/loop', { maxRedirects: 2 }).catch(error => error)
      expect(error).toMatchObject({
        isAxiosError: true,
        code: 'ERR_FR_TOO_MANY_REDIRECTS',
        config: { maxRedirects: 2 },
      })
      expect(error.message).toMatch(/maximum number of redirects/i)
      expect(plain.seen).toHaveLength(3)
    })

    if (has.beforeRedirect)
      it('calls the caller’s beforeRedirect, which may change headers or throw', async () => {
        to = '/end'
        const hrefs: string[] = []
        const api = attached(make(), at('api.test'))
        const beforeRedirect = (options: { href: string; headers: Record<string, string> }) => {
          hrefs.push(options.href)
          options.headers['X-Hop'] = '1'
        }
        const { config } = await api.get('/go', { beforeRedirect } as object)
        expect(hrefs).toEqual([`${at('api.test')}/end`])
        expect(plain.seen[1]?.headers['x-hop']).toBe('1')
        expect((config as unknown as Record<string, unknown>).beforeRedirect).toBe(beforeRedirect)
        expect(tokens()[1]).toBe(shown)
        plain.seen.length = 0
        const stop = () => {
          throw new Error('no further')
        }
        const error = await api.get('/go', { beforeRedirect: stop } as object).catch(error => error)
        expect(error).toMatchObject({ isAxiosError: true, message: 'Redirected request failed: no further' })
        expect(plain.seen).toHaveLength(1)
      })
  })

  it('takes a 401 from a place that got no credential for no refusal', async () => {
    end = () => 401
    to = `${at('evil.api.test')}/end`
    for (const scheme of [renewing('t'), inQuery('t')]) {
      const error = await attached(scheme, at('api.test'))
        .get('/go')
        .catch(error => error)
      expect(error.response.status).toBe(401)
      expect(error.cause?.code).toBeUndefined()
      expect(scheme.renewals).toBe(0)
    }
    expect(plain.seen.map(({ url }) => url)).toEqual(['/go', '/end', '/go?access_token=t', '/end'])
  })

  it('asks no scheme about the answer of such a place', async () => {
    to = `${at('evil.api.test')}/end`
    const asked: number[] = []
    for (const boundToUrl of [false, true]) {
      const refused: Auth['refused'] = ({ status }) => !!asked.push(status) && status !== 302
      const scheme = Object.assign(renewing('t'), { refused, boundToUrl })
      await attached(scheme, at('api.test')).get('/go')
      expect(scheme.renewals).toBe(0)
    }
    // a redirect that we follow came from a place that the scheme may learn from
    expect(asked).toEqual(has.beforeRedirect ? [302] : [302, 302])
  })

  it('ends the stream of a redirect that nobody reads', async () => {
    to = '/end'
    const httpAgent = new http.Agent({ lookup, maxSockets: 1 }) // the next hop has to wait for it
    const response = await attached(urlBound(), at('api.test'), {}, { httpAgent }).get('/go', {
      responseType: 'stream',
    })
    expect(response.status).toBe(200)
    response.data.destroy()
  })

  it('renews where a later hop refuses', async () => {
    end = ({ headers, url }) => (/new1/.test(`${headers.authorization} ${url}`) ? 200 : 401)
    to = '/end'
    for (const scheme of [renewing('t'), inQuery('t')]) {
      const response = await attached(scheme, at('api.test')).get('/go')
      expect(response.status).toBe(200)
      expect(scheme.renewals).toBe(1)
    }
  })

  it('does not send a stream twice, and says so', async () => {
    status = 307
    to = '/end'
    const data = Readable.from(['once'])
    const error = await attached(urlBound(), at('api.test'))
      .post('/go', data, { maxBodyLength: 1000 })
      .catch(error => error)
    expect(error).toMatchObject({ response: { status: 307 }, cause: { code: 'OAUTH_NOT_REPLAYABLE' } })
    expect(plain.seen.map(({ body }) => body)).toEqual(['once'])
  })

  it('keeps cookies, default credentials and what the caller calls sensitive from other origins', async () => {
    to = `${at('127.0.0.1', other)}/end`
    const api = attached(urlBound(), at('api.test'))
    api.defaults.auth = { username: 'u', password: 'p' }
    await api.get('/go', {
      headers: { Cookie: 'c=1', 'X-Key': 'k', 'X-Other': 'o' },
      sensitiveHeaders: ['x-key'],
    } as object)
    expect(plain.seen[0]?.headers).toMatchObject({ cookie: 'c=1', 'x-key': 'k' })
    expect(other.seen[0]?.headers).not.toHaveProperty('cookie')
    expect(other.seen[0]?.headers).not.toHaveProperty('x-key')
    expect(other.seen[0]?.headers).not.toHaveProperty('authorization')
    expect(other.seen[0]?.headers).toMatchObject({ 'x-other': 'o' })
  })

  if (has.fetch)
    describe('over fetch', () => {
      const fetching = { adapter: 'fetch', httpAgent: undefined, httpsAgent: undefined } as AxiosRequestConfig
      it.each([
        ['a token in a header', () => renewing('t'), 'Bearer t'],
        ['a signature of the URL', urlBound, 'Signed GET …'],
      ] as const)('checks every hop for %s', async (_, make, shown) => {
        const home = at('127.0.0.1')
        to = '/end'
        const api = attached(make(), home, {}, fetching)
        const response = await api.get('/go')
        expect(response.status).toBe(200)
        expect(response.config).not.toHaveProperty('fetchOptions')
        expect(tokens()).toEqual([shown, shown])
        to = `${at('localhost')}/end`
        await api.get('/go')
        expect(tokens()).toEqual([shown, shown, shown, undefined])
        to = `${at('127.0.0.1', other)}/back`
        back = `${home}/end`
        await api.get('/go')
        expect(tokens(other)).toEqual([undefined])
        expect(tokens().slice(4)).toEqual([shown, shown])
        const none = await api
          .get('/go', { fetchOptions: { redirect: 'manual' } } as object)
          .catch(error => error)
        expect(none.response.status).toBe(302)
        const zero = await api.get('/go', { maxRedirects: 0 }).catch(error => error)
        expect(zero.response.status).toBe(302)
        const error = await api.get('/loop', { maxRedirects: 1 }).catch(error => error)
        expect(error.code).toBe('ERR_FR_TOO_MANY_REDIRECTS')
      })
    })
})

it('does not follow what a mock answers', async () => {
  const { axios, attach } = loadWith('axios')
  const calls: unknown[] = []
  const adapter = async (config: AxiosRequestConfig) => {
    calls.push(config.url)
    return {
      status: 302,
      statusText: '',
      headers: { location: '/end' },
      data: '',
      config,
      request: {},
    } as never
  }
  const api = axios.create({ baseURL: 'https://api.test', adapter })
  attach(api, urlBound())
  expect((await api.get('/go')).status).toBe(302)
  expect(calls).toEqual(['https://api.test/go'])
})
