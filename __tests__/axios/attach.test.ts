import { inspect } from 'node:util'
import type { AxiosInstance } from 'axios'
import { axiosVersions, type Loaded, loadAnew, loadWith } from '../support/axios-versions.js'
import { inQuery, renewing } from './schemes.js'
import { listen, type Seen, type TestServer } from './server.js'

const accepting =
  (token: string) =>
  ({ headers }: Seen) => ({
    status: headers.authorization === `Bearer ${token}` ? 200 : 401,
    body: '{"ok":true}',
  })

// every version as the package's peer, and the newest two against a package that found another copy
const setups = [
  ...axiosVersions.map(({ name, module }) => ({ name, peer: module, application: module })),
  { name: '1.21.1 beside the package’s 1.7.9', peer: 'axios-1-7', application: 'axios' },
  { name: '1.2.6 beside the package’s 1.21.1', peer: 'axios', application: 'axios-1-2' },
  { name: '0.21.4 beside the package’s 1.21.1', peer: 'axios', application: 'axios-0-21' },
  { name: '1.21.1 beside the package’s 0.21.4', peer: 'axios-0-21', application: 'axios' },
]

describe.each(setups)('attach on axios $name', ({ peer, application }) => {
  let loaded: Loaded
  let server: TestServer
  let api: AxiosInstance
  let scheme: ReturnType<typeof renewing>

  beforeEach(async () => {
    loaded = loadWith(peer, application)
    server = await listen(accepting('new1'))
    api = loaded.axios.create({ baseURL: server.origin })
    scheme = renewing('old')
  })
  afterEach(() => server.close())

  it('sends the credential, renews it once it is refused, and heals the request unseen', async () => {
    const outcomes: number[] = []
    api.interceptors.response.use(
      response => {
        outcomes.push(response.status)
        return response
      },
      error => {
        outcomes.push(error.response?.status)
        throw error
      },
    )
    loaded.attach(api, scheme)
    const response = await api.post(
      '/things?a=1',
      { x: 1 },
      { params: { b: [2] }, headers: { 'X-Mine': 'yes' } },
    )
    expect(response.data).toEqual({ ok: true })
    expect(outcomes).toEqual([200])
    expect(scheme.renewals).toBe(1)
    expect(server.authorizations()).toEqual(['Bearer old', 'Bearer new1'])
    for (const seen of server.seen) {
      expect(seen).toMatchObject({ method: 'POST', body: '{"x":1}', headers: { 'x-mine': 'yes' } })
      expect(decodeURIComponent(seen.url)).toBe('/things?a=1&b[]=2')
      expect(seen.headers['content-type']).toMatch(/^application\/json/)
    }
    await api.get('/things')
    expect(server.authorizations()).toEqual(['Bearer old', 'Bearer new1', 'Bearer new1'])
  })

  it('leaves no credential on configuration, response or error, nor in their inspection', async () => {
    loaded.attach(api, scheme)
    let held: object | undefined
    api.interceptors.request.use(config => {
      held = config
      return config
    })
    const show = (value: object) => inspect(value, { depth: 12, showHidden: true }) + inspect(value)
    const good = await api.get('/x')
    expect(good.config.headers?.Authorization).toBeUndefined()
    expect(show(good)).not.toMatch(/Bearer/)
    expect(show(held as object)).not.toMatch(/Bearer/)
    expect(JSON.stringify(good.request)).toMatch(/GET http/)
    scheme.renew = async () => 'never'
    scheme.token = 'wrong'
    const bad = await api.get('/x').catch(error => error)
    expect(bad.response.status).toBe(401)
    expect(bad.config).toBe(bad.response.config)
    expect(show(bad) + JSON.stringify(bad) + JSON.stringify(bad.toJSON())).not.toMatch(/Bearer|wrong|never/)
    await server.close()
    const gone = await api.get('/x').catch(error => error)
    expect(gone.response).toBeUndefined()
    expect(loaded.axios.isAxiosError(gone)).toBe(true)
    expect(show(gone) + JSON.stringify(gone.toJSON())).not.toMatch(/Bearer|never/)
  })

  it('leaves a request alone that brings its own Authorization or auth, and replaces the instance’s default', async () => {
    loaded.attach(api, scheme)
    const own = await api.get('/own', { headers: { authorization: 'Mine' } }).catch(error => error)
    expect(own.response.status).toBe(401)
    await api.get('/own', { auth: { username: 'u', password: 'p' } }).catch(() => {})
    expect(server.authorizations()).toEqual(['Mine', 'Basic dTpw'])
    expect(scheme.renewals).toBe(0)

    scheme.token = 'new1'
    api.defaults.headers.common.Authorization = 'Default'
    api.defaults.auth = { username: 'd', password: 'd' }
    const { config } = await api.get('/default')
    expect(server.authorizations().slice(2)).toEqual(['Bearer new1'])
    expect(config.headers?.Authorization).toBe('Default')
    expect(config.auth).toEqual({ username: 'd', password: 'd' })
    await api.get('/default', { headers: { Authorization: 'Mine' } }).catch(() => {})
    expect(server.authorizations().slice(3)).toEqual(['Basic ZDpk']) // axios: auth wins over the header
  })

  it('heeds `oauth: false` and `skip` before anything else', async () => {
    loaded.attach(api, scheme, { skip: config => config.url === '/login' })
    const refused = await api.post('/login', {}).catch(error => error)
    expect(refused.response.status).toBe(401)
    await api.get('/public', { oauth: false } as object).catch(() => {})
    expect(server.authorizations()).toEqual([undefined, undefined])
    expect(scheme.renewals).toBe(0)
  })

  it('is undone wholly by detach; what is in flight finishes', async () => {
    const { interceptors } = api
    const count = () =>
      [interceptors.request, interceptors.response].map(
        manager => (manager as unknown as { handlers: unknown[] }).handlers.filter(Boolean).length,
      )
    expect(count()).toEqual([0, 0])
    const attachment = loaded.attach(api, scheme, { isTokenExpired: () => false })
    expect(count()).toEqual([1, 1])
    let renewed = (_token: string) => {}
    scheme.renew = () =>
      new Promise(resolve => {
        renewed = resolve
      })
    const flying = api.get('/x')
    await until(() => scheme.renewals === 1)
    attachment.detach()
    attachment.detach()
    expect(count()).toEqual([0, 0])
    expect(Object.getOwnPropertySymbols(api)).toEqual([])
    renewed('new1')
    expect((await flying).status).toBe(200)
    const plain = await api.get('/x').catch(error => error)
    expect(plain.response.status).toBe(401)
    expect(server.authorizations()).toEqual(['Bearer old', 'Bearer new1', undefined])
  })

  it('signs once, whoever attached twice', async () => {
    scheme.token = 'new1'
    const attachment = loaded.attach(api, scheme)
    expect(loaded.attach(api, scheme)).toBe(attachment)
    const another = loadAnew(peer, application) // a second copy of this package
    expect(another.attach).not.toBe(loaded.attach)
    expect(another.attach(api, scheme)).toBe(attachment)
    await api.get('/x')
    expect(server.seen).toHaveLength(1)
  })

  it('serves as a pair of interceptors for a wrapper', async () => {
    expect(() => loaded.createInterceptors(scheme, {})).toThrow(/allowedOrigins/)
    const { request, response, responseError } = loaded.createInterceptors(scheme, {
      allowedOrigins: server.origin,
    })
    api.interceptors.request.use(request)
    api.interceptors.response.use(response, responseError)
    expect((await api.get('/x', { params: { q: 1 } })).status).toBe(200)
    expect(server.seen.map(({ url }) => url)).toEqual(['/x?q=1', '/x?q=1'])
  })

  it('fails as axios does where the scheme fails, without a code for axios-retry to act on', async () => {
    scheme.token = ''
    scheme.renew = async () => {
      throw Object.assign(new Error('Request failed with status code 400'), {
        isAxiosError: true,
        config: { data: 'client_secret=s' },
      })
    }
    loaded.attach(api, scheme)
    const error = await api.get('/x').catch(error => error)
    expect(loaded.axios.isAxiosError(error)).toBe(true)
    expect(error).toMatchObject({
      config: { url: '/x' },
      cause: { name: 'OAuthError', code: 'OAUTH_SIGNATURE_FAILED' },
    })
    expect(error.code).toBeUndefined()
    expect(error.response).toBeUndefined()
    expect(Object.keys(error)).not.toContain('cause')
    expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toMatch(
      /client_secret/,
    )
    expect(server.seen).toEqual([])
  })

  it('keeps the original error of a refused request and says why', async () => {
    scheme.renew = async () => 'wrong again'
    loaded.attach(api, scheme)
    const refused = await api.get('/x').catch(error => error)
    expect(refused).toMatchObject({
      message: 'Request failed with status code 401',
      response: { status: 401, data: { ok: true } },
      cause: { code: 'OAUTH_REFUSED', status: 401 },
    })
    expect(server.seen).toHaveLength(2)
    scheme.renew = async () => {
      throw new Error('no network')
    }
    const failed = await api.get('/x').catch(error => error)
    expect(failed).toMatchObject({
      response: { status: 401 },
      cause: { code: 'OAUTH_SIGNATURE_FAILED', cause: { message: 'no network' } },
    })
    expect(server.seen).toHaveLength(3)
  })

  it.each([
    ['null', { validateStatus: null }, false],
    ['always true', { validateStatus: () => true }, false],
    ['never true', { validateStatus: () => false }, true],
    ['the default', {}, true],
  ])('judges by status, not by validateStatus (%s)', async (_, options, rejects) => {
    loaded.attach(api, scheme)
    const settled = await api.get('/x', options).catch(error => error.response)
    expect(settled.status).toBe(200)
    scheme.renew = async () => 'wrong'
    scheme.token = 'wrong'
    const refused = await api.get('/x', options).catch(error => error)
    expect((refused.response ?? refused).status).toBe(401)
    expect(!!refused.response).toBe(rejects)
  })

  it('takes a credential in the query, and shows it to nobody but the server', async () => {
    const query = inQuery()
    loaded.attach(api, query)
    const error = await api.get('/x', { params: { a: '1 2' } }).catch(error => error)
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/x?a=1+2&access_token=secret-in-query',
      '/x?a=1+2&access_token=new1',
    ])
    expect(error.config).toMatchObject({ url: '/x', params: { a: '1 2' }, baseURL: server.origin })
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error.toJSON())).not.toMatch(/secret-in-query|new1/)
  })
})

describe('several attachments of one instance', () => {
  const { axios, attach } = loadWith('axios')
  let a: TestServer
  let b: TestServer
  beforeAll(async () => {
    a = await listen(() => ({}))
    b = await listen(() => ({}))
  })
  afterAll(() => Promise.all([a.close(), b.close()]))

  it('lets the origin pick', async () => {
    const api = axios.create()
    attach(api, renewing('for-a'), { allowedOrigins: a.origin })
    attach(api, renewing('for-b'), { allowedOrigins: [`${b.origin}/v1`] })
    await api.get(`${a.origin}/x`)
    await api.get(`${b.origin}/v1/x`)
    await api.get(`${b.origin}/v10`)
    expect(a.authorizations()).toEqual(['Bearer for-a'])
    expect(b.authorizations()).toEqual(['Bearer for-b', undefined])
  })

  it('refuses two that claim the same, when attaching or at the request', async () => {
    const api = axios.create()
    attach(api, renewing(), { allowedOrigins: `${a.origin}/v1` })
    const overlap = { code: 'OAUTH_ORIGIN_CONFLICT' }
    expect(() => attach(api, renewing(), { allowedOrigins: a.origin })).toThrow(
      expect.objectContaining(overlap),
    )
    expect(() => attach(api, renewing(), { allowedOrigins: `${a.origin}/v1/sub` })).toThrow(
      expect.objectContaining(overlap),
    )
    attach(api, renewing(), { allowedOrigins: `${a.origin}/v10` })
    attach(api, renewing(), { allowedOrigins: ({ pathname }) => pathname.endsWith('both') })
    const before = a.seen.length
    const error = await api.get(`${a.origin}/v1/both`).catch(error => error)
    expect(error).toMatchObject({ isAxiosError: true, cause: overlap })
    expect(a.seen).toHaveLength(before)
  })
})

it('asks a function for the scheme of each request, and sends plainly where it has none', async () => {
  const { axios, attach } = loadWith('axios')
  const server = await listen(() => ({}))
  const api = axios.create({ baseURL: server.origin })
  const schemes = [renewing('one'), undefined, renewing('two')]
  attach(api, () => schemes.shift())
  await api.get('/')
  await api.get('/')
  await api.get('/')
  expect(server.authorizations()).toEqual(['Bearer one', undefined, 'Bearer two'])
  await server.close()
})

it('checks again where a scheme or a hook moved the request to', async () => {
  const { axios, attach } = loadWith('axios')
  const server = await listen(() => ({}))
  const other = await listen(() => ({}))
  let destination = `${server.origin}/moved?to=here`
  const api = axios.create({ baseURL: server.origin })
  const scheme = renewing('t', (request, token) => {
    request.setHeader('Authorization', `Bearer ${token}`)
    request.url = destination
  })
  attach(api, scheme)
  const { config } = await api.get('/x')
  expect(config.url).toBe('/x')
  expect(server.seen).toMatchObject([{ url: '/moved?to=here', headers: { authorization: 'Bearer t' } }])
  for (destination of [
    `${other.origin}/x`,
    `http://${server.origin.slice(7)}\\@${other.origin.slice(7)}/`,
    'nonsense',
    '//x',
  ]) {
    const error = await api.get('/x').catch(error => error)
    if (error.isAxiosError) expect(error.cause).toMatchObject({ code: 'OAUTH_ORIGIN_REQUIRED' })
  }
  expect(other.seen).toEqual([])
  await Promise.all([server.close(), other.close()])
})

it('survives an interceptor that freezes the configuration or forgets to return it', async () => {
  const { axios, attach } = loadWith('axios')
  const server = await listen(() => ({}))
  const api = axios.create({ baseURL: server.origin })
  attach(api, renewing('t'))
  const id = api.interceptors.request.use(config => Object.freeze(config))
  await api.get('/')
  expect(server.authorizations()).toEqual(['Bearer t'])
  api.interceptors.request.eject(id)
  api.interceptors.request.use(() => undefined as never)
  await expect(api.get('/')).rejects.toBeInstanceOf(Error)
  await server.close()
})

async function until(condition: () => boolean) {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}
