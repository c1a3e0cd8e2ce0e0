import type { AxiosAdapter, AxiosInstance } from 'axios'
import type { OAuth2Session, OAuth2SessionOptions } from '../../src/index.js'
import { loadVersion, type Version } from '../scenarios/versions.js'
import { axiosVersions } from '../support/axios-versions.js'
import { listen, type TestServer } from './server.js'

const tested = axiosVersions.filter(({ module }) => ['axios-0-27', 'axios'].includes(module))

/** A function in place of the session: asked for every request, on a server that works for many people. */
describe.each(tested)('attachOAuth2(api, () => session) on axios $name', ({ name, module }) => {
  let version: Version
  let server: TestServer
  let api: AxiosInstance
  let served: OAuth2Session | undefined
  let answer: (authorization: string | undefined) => { status?: number; data?: unknown }

  beforeEach(async () => {
    version = loadVersion({ version: name, module })
    answer = () => ({})
    server = await listen(({ url, headers, body }) => {
      const renewed = {
        access_token: `new-${new URLSearchParams(body).get('refresh_token')}`,
        token_type: 'Bearer',
      }
      const { status = 200, data = {} } = url === '/token' ? { data: renewed } : answer(headers.authorization)
      const isText = typeof data === 'string'
      return {
        status,
        headers: { 'content-type': isText ? 'text/plain' : 'application/json' },
        body: isText ? data : JSON.stringify(data),
      }
    })
    api = version.axios.create({ baseURL: server.origin })
    served = undefined
  })
  afterEach(() => server.close())

  /** The session of a person who is signed in. */
  async function sessionOf(
    person: string,
    options: Partial<OAuth2SessionOptions> = {},
  ): Promise<OAuth2Session> {
    const { createOAuth2Session, saveToken } = version.oauth
    const session = createOAuth2Session({
      server: { token_endpoint: `${server.origin}/token` },
      client: { client_id: 'web' },
      ...options,
    })
    await saveToken(session, { access_token: person, refresh_token: person })
    return session
  }
  const calls = () =>
    server.seen.filter(({ url }) => url !== '/token').map(({ headers }) => headers.authorization)

  it('sends the request of nobody as it is, and says so when the API refuses it', async () => {
    const attachment = version.oauth.attachOAuth2(api, () => served)
    served = await sessionOf('ann')
    await api.get('/a')
    served = undefined
    await api.get('/b')
    expect(calls()).toEqual(['Bearer ann', undefined])
    answer = () => ({ status: 401 })
    const error = await api.get('/c').catch(error => error)
    expect(error.response.status).toBe(401)
    expect(error.cause).toMatchObject({ code: 'OAUTH_NOT_AUTHENTICATED' })
    expect(attachment.explain({ url: '/c' })).toMatchObject({ attached: false, reason: 'no-token' })
  })

  it('takes the session of the request itself also where nobody is served', async () => {
    version.oauth.attachOAuth2(api, () => served)
    await api.get('/', { oauth: { session: await sessionOf('machine') } })
    await api.get('/', { oauth: { scope: 'read' } })
    const error = await api.get('/', { oauth: { token: { access_token: 't' } } }).catch(error => error)
    expect(error.cause).toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
    expect(calls()).toEqual(['Bearer machine', undefined])
  })

  it('refuses a token of a request that has no access_token, and sends nothing', async () => {
    version.oauth.attachOAuth2(api, await sessionOf('ann'))
    const error = await api
      .get('/', { oauth: { token: { accessToken: 't' } } } as never)
      .catch(error => error)
    expect(error.cause).toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
    expect(error.cause.message).toContain('oauth.token.access_token')
    expect(calls()).toEqual([])
  })

  it('judges expiry by the body as the session of each request does', async () => {
    version.oauth.attachOAuth2(api, () => served)
    answer = authorization =>
      authorization?.includes('new') ? { data: { ok: true } } : { data: { error: 'token_expired' } }
    const isTokenExpired = ({ data }: { data: unknown }) =>
      (data as { error?: string }).error === 'token_expired'
    served = await sessionOf('ann', { isTokenExpired })
    expect((await api.get('/')).data).toEqual({ ok: true })
    served = await sessionOf('bob')
    expect((await api.get('/')).data).toEqual({ error: 'token_expired' })
    expect(calls()).toEqual(['Bearer ann', 'Bearer new-ann', 'Bearer bob'])
  })

  it('judges what only the application’s own transform made readable', async () => {
    const unseal = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString())
    const seal = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64')
    api.defaults.transformResponse = [unseal]
    version.oauth.attachOAuth2(api, () => served)
    answer = authorization => ({ data: seal({ expired: !authorization?.includes('new') }) })
    served = await sessionOf('ann', {
      isTokenExpired: ({ data }) => !!(data as { expired?: boolean }).expired,
    })
    expect((await api.get('/')).data).toEqual({ expired: false })
    served = await sessionOf('bob')
    expect((await api.get('/')).data).toEqual({ expired: true })
  })

  it('renews over the transport of the instance', async () => {
    const { adapter: own } = api.defaults
    const through: string[] = []
    const adapter: AxiosAdapter = config => {
      through.push(`${config.url}`)
      const plain = version.axios.create({ adapter: own as AxiosAdapter })
      return plain.request({
        ...config,
        adapter: own as AxiosAdapter,
        transformRequest: [],
        transformResponse: [],
      })
    }
    api = version.axios.create({ baseURL: server.origin, adapter })
    version.oauth.attachOAuth2(api, () => served)
    served = await sessionOf('ann')
    answer = authorization => ({ status: authorization === 'Bearer ann' ? 401 : 200 })
    await api.get('/me')
    expect(through).toEqual(['/me', `${server.origin}/token`, '/me'])
  })

  it('is refused where the function answers something else than a session', async () => {
    version.oauth.attachOAuth2(api, (async () => served) as never)
    const error = await api.get('/').catch(error => error)
    expect(error.cause).toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
    expect(calls()).toEqual([])
  })

  it('works through interceptors that somebody else registers', async () => {
    const { request, response, responseError } = version.oauth.createInterceptors(() => served, {
      allowedOrigins: server.origin,
    })
    api.interceptors.request.use(request, undefined, { synchronous: true })
    api.interceptors.response.use(response, responseError)
    await api.get('/')
    served = await sessionOf('ann')
    await api.get('/')
    expect(calls()).toEqual([undefined, 'Bearer ann'])
  })
})
