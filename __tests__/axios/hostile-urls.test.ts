import dns from 'node:dns'
import net from 'node:net'
import type { AxiosRequestConfig } from 'axios'
import { axiosVersions, loadWith } from '../support/axios-versions.js'
import { isLong } from '../support/long.js'
import { inQuery, renewing, urlBound } from './schemes.js'
import { listen, type TestServer } from './server.js'

const OURS = /Bearer|Signed|access_token/

let trusted: TestServer
let evil: TestServer

const { lookup } = dns

/** Finds this machine alone, so that no name of the hostile URLs waits for a name server. */
function findThisMachine(host: string, ...rest: unknown[]): void {
  const isHere = host === 'localhost' || net.isIP(host) !== 0
  const done = rest.at(-1) as (error: Error) => void
  if (isHere) (lookup as (...values: unknown[]) => void)(host, ...rest)
  else process.nextTick(done, Object.assign(new Error(`no ${host}`), { code: 'ENOTFOUND' }))
}

beforeAll(async () => {
  jest.spyOn(dns, 'lookup').mockImplementation(findThisMachine as never)
  trusted = await listen(() => ({}))
  evil = await listen(() => ({}))
})
afterAll(() => {
  jest.restoreAllMocks()
  return Promise.all([trusted.close(), evil.close()])
})
beforeEach(() => {
  trusted.seen.length = evil.seen.length = 0
})

const hostile = (): string[] => {
  const host = `127.0.0.1:${evil.port}`
  const good = `127.0.0.1:${trusted.port}`
  return [
    `http://${host}/x`,
    `HTTP://${host}/x`,
    `//${host}/x`,
    `///${host}/x`,
    `\\\\${host}/x`,
    `/\\${host}/x`,
    `\\/${host}/x`,
    `http:${host}/x`,
    `http:/${host}/x`,
    `http:\\\\${host}/x`,
    `http:/\\${host}/x`,
    `http://${good}@${host}/x`,
    `http://${good}\\@${host}/x`,
    `http://${good}%2f@${host}/x`,
    `http://${host}#@${good}/x`,
    `http://${host}?@${good}/x`,
    ` http://${host}/x`,
    `\thttp://${host}/x`,
    `\n//${host}/x`,
    `ht\ttp://${host}/x`,
    `http://127.0.0.1\t:${evil.port}/x`,
    `/..//${host}/x`,
    `/.//${host}/x`,
    `/%2e%2e//${host}/x`,
    `@${host}/x`,
    `:${evil.port}/x`,
    `.${host}/x`,
    `data:text/plain,x`,
    `javascript:alert(1)`,
    `http://[${host}/x`,
    `http://`,
  ]
}

describe.each(axiosVersions)('hostile URLs on axios $name', ({ module, has }) => {
  const adapters: AxiosRequestConfig[] = has.fetch ? [{}, { adapter: 'fetch' } as AxiosRequestConfig] : [{}]

  it.each([
    ['a base URL', 0, () => ({ baseURL: trusted.origin })],
    ['a base URL with a path', 1, () => ({ baseURL: `${trusted.origin}/v1/` })],
    ['no base URL', 2, () => ({})],
    ['a base URL of another', 0, () => ({ baseURL: evil.origin })],
    [
      'a base URL and allowAbsoluteUrls off',
      1,
      () => ({ baseURL: trusted.origin, allowAbsoluteUrls: false }),
    ],
  ])('no credential reaches a stranger, with %s', async (_, square, base) => {
    const { axios, attach } = loadWith(module)
    const ways: ((url: string) => [string, AxiosRequestConfig?])[] = [
      url => [url],
      url => ['/', { baseURL: url }],
      url => ['/', { baseURL: trusted.origin, url }],
    ]
    for (const [row, scheme] of [renewing('t'), urlBound(), inQuery('t')].entries())
      for (const adapter of adapters) {
        const api = axios.create({ timeout: 2000, proxy: false, ...base(), ...adapter } as AxiosRequestConfig)
        attach(api, scheme, { allowedOrigins: trusted.origin })
        // the sample is a Latin square: each URL in each way, and under each scheme
        for (const [column, url] of hostile().entries())
          for (const [way, asked] of ways.entries())
            if (isLong || (way + row + column + square) % 3 === 0)
              await api.get(...asked(url)).catch(() => {})
      }
    const leaked = evil.seen.filter(({ headers, url }) => OURS.test(`${headers.authorization} ${url}`))
    expect(leaked).toEqual([])
    expect(evil.seen.length + trusted.seen.length).toBeGreaterThan(10)
  })

  it('lets the short way open only to what stays at the base URL', async () => {
    const { axios, attach } = loadWith(module)
    const api = axios.create({ baseURL: trusted.origin, proxy: false })
    attach(api, renewing('t'))
    await api.get('/first') // the base URL has been checked now
    for (const url of ['/x', 'x', '', '?q=1', 'http:x', '/a/../b', '/a?next=https://evil.example', '/a#b'])
      await api.get(url).catch(() => {})
    expect(new Set(trusted.authorizations())).toEqual(new Set(['Bearer t']))
    for (const url of hostile()) await api.get(url).catch(() => {})
    expect(evil.authorizations().filter(value => OURS.test(value ?? ''))).toEqual([])
  })

  it.each([
    ['a prefix', () => `${trusted.origin}/api`],
    [
      'a function',
      () =>
        ({ pathname }: URL) =>
          pathname.startsWith('/api/'),
    ],
  ])('does not take one allowed request for the permission of the next, with %s', async (kind, rule) => {
    const { axios, attach } = loadWith(module)
    const api = axios.create({ baseURL: trusted.origin, proxy: false })
    attach(api, renewing('t'), { allowedOrigins: rule() })
    for (const url of [
      '/api/1',
      '/other',
      '/api/2',
      '/apis',
      '/api/../other',
      '/api/%2e%2e/other',
      '/api/..%2fother',
    ])
      await api.get(url)
    expect(trusted.authorizations().map(value => !!value)).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
      kind === 'a function',
    ])
  })

  it('strips a user from the base URL, and takes one in the request’s URL for its own credential', async () => {
    const { axios, attach } = loadWith(module)
    const withUser = trusted.origin.replace('//', '//u:p@')
    const api = axios.create({ baseURL: withUser, proxy: false })
    attach(api, renewing('t'))
    await api.get('/x')
    await api.get('/x')
    await api.get(`${withUser}/x`)
    expect(trusted.authorizations()).toEqual(['Bearer t', 'Bearer t', 'Basic dTpw'])
  })

  it('trusts a local socket only where it was vouched for', async () => {
    const { axios, attach } = loadWith(module)
    const seen: unknown[] = []
    const adapter = (async (config: AxiosRequestConfig) => {
      seen.push((config.headers as Record<string, unknown>).Authorization)
      return { status: 200, statusText: '', headers: {}, data: '', config }
    }) as never
    const options = { baseURL: 'http://localhost', socketPath: '/run/api.sock', adapter }
    const api = axios.create(options)
    attach(api, renewing('t'))
    await api.get('/x')
    const vouched = axios.create(options)
    attach(vouched, renewing('t'), { allowedOrigins: 'http://localhost' })
    await vouched.get('/x')
    expect(seen).toEqual([undefined, 'Bearer t'])
  })
})

describe('the URL on the wire is the one that was signed', () => {
  const inputs: AxiosRequestConfig[] = [
    { url: '/x', params: { a: 'b c', d: ['e', 'f'], 'g+h': 'ü', i: "it's", j: '[k]', l: 'm:n$o,p@q' } },
    { url: "/it's/a b/%7e/ü?x=1&y=a b#hash", params: { z: '|^`{}"<>' } },
    { url: '/x?', params: new URLSearchParams('a=1&a=2&b=%20') },
    { url: '/x', params: { when: new Date(0), no: null, un: undefined, deep: { b: 1 } } },
    { url: '', params: { only: 1 } },
    { url: 'relative/../path' },
  ]
  describe.each(axiosVersions)('axios $name', ({ module, has }) => {
    it.each(has.fetch ? ['http', 'fetch'] : ['http'])('over %s', async adapter => {
      const { axios, attach } = loadWith(module)
      const options = {
        baseURL: `${trusted.origin}/v1`,
        params: { always: 'here' },
        proxy: false,
      } as AxiosRequestConfig
      const api = axios.create(has.namedAdapters ? { ...options, adapter } : options)
      const scheme = urlBound()
      attach(api, scheme)
      for (const input of inputs) await api.request(input)
      expect(trusted.seen.map(({ url }) => trusted.origin + url)).toEqual(scheme.signed)
      // once, though `getUri` would add it again; and URLSearchParams replace default parameters
      expect(trusted.seen.map(({ url }) => url.match(/always=here/g)?.length ?? 0)).toEqual(
        inputs.map(({ params }) => (params instanceof URLSearchParams ? 0 : 1)),
      )
      expect(api.defaults.params).toEqual({ always: 'here' })
    })

    it('is without a default parameter that an interceptor took away', async () => {
      const { axios, attach } = loadWith(module)
      const api = axios.create({ baseURL: trusted.origin, params: { always: 'here' }, proxy: false })
      api.interceptors.request.use(config => {
        config.params = { only: 'this' }
        return config
      })
      attach(api, urlBound())
      await api.get('/x')
      expect(trusted.seen[0]?.url).toBe('/x?only=this')
    })

    it('is what axios alone would send', async () => {
      const { axios, attach } = loadWith(module)
      const api = axios.create({ baseURL: `${trusted.origin}/v1`, proxy: false })
      const input = { url: '/x', params: { a: 'b c', d: ['e', 'f'], g: 'ü', j: '[k]', l: 'm:n$o,p' } }
      await api.request(input)
      attach(api, urlBound())
      await api.request(input)
      expect(trusted.seen[1]?.url).toBe(trusted.seen[0]?.url)
    })
  })
})
