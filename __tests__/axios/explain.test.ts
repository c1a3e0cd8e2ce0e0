import type { AxiosInstance, AxiosStatic } from 'axios'
import { oauthError } from '../../src/errors.js'
import { axiosVersions } from '../support/axios-versions.js'
import { listen, type TestServer } from './server.js'

type OAuth2 = typeof import('../../src/axios/attach-oauth2.js')

function load(module: string): OAuth2 & { axios: AxiosStatic } {
  let loaded: (OAuth2 & { axios: AxiosStatic }) | undefined
  jest.isolateModules(() => {
    jest.doMock('axios', () => jest.requireActual(module))
    loaded = { axios: require('axios'), ...require('../../src/axios/attach-oauth2.js') }
    jest.dontMock('axios')
  })
  return loaded as OAuth2 & { axios: AxiosStatic }
}

const tested = axiosVersions.filter(({ module }) => ['axios-0-27', 'axios'].includes(module))

describe.each(tested)('why a request has no token, on axios $name', ({ module }) => {
  let loaded: ReturnType<typeof load>
  let server: TestServer
  let stranger: TestServer
  let api: AxiosInstance
  const token = { access_token: 'good', token_type: 'Bearer' }
  const server_ = { issuer: 'https://auth.example.com', token_endpoint: 'https://auth.example.com/token' }
  const createSession = (options: object = {}) =>
    loaded.createOAuth2Session({ server: server_, client: { client_id: 'c' }, ...options })

  beforeEach(async () => {
    loaded = load(module)
    server = await listen(({ headers }) => ({ status: headers.authorization === 'Bearer good' ? 200 : 401 }))
    stranger = await listen(() => ({ status: 401 }))
    api = loaded.axios.create({ baseURL: server.origin })
  })
  afterEach(() => Promise.all([server.close(), stranger.close()]))

  /** A session with a token, without a call to any server. */
  const signedIn = () => createSession({ grant: async () => token })
  const failure = (request: Promise<unknown>) => request.then(() => undefined).catch(error => error)

  it('says that a request is attached, before and after it is sent', async () => {
    const attachment = loaded.attachOAuth2(api, signedIn())
    expect(attachment.explain({ url: '/x' })).toEqual({
      attached: true,
      message: expect.any(String),
      url: `${server.origin}/x`,
      allowedOrigins: [server.origin],
    })
    const { config } = await api.get('/x?secret=1')
    expect(attachment.explain(config as never)).toMatchObject({ attached: true, url: `${server.origin}/x` })
  })

  it('origin: a base URL that changed after attaching, in the cause of the 401 too', async () => {
    const attachment = loaded.attachOAuth2(api, signedIn())
    api.defaults.baseURL = stranger.origin
    const error = await failure(api.get('/x'))
    expect(error.response.status).toBe(401)
    expect(error.cause).toMatchObject({ code: 'OAUTH_NOT_AUTHENTICATED' })
    expect(error.cause.message).toContain(`${stranger.origin}/x is outside allowedOrigins (${server.origin})`)
    for (const config of [error.config, { url: '/x' }])
      expect(attachment.explain(config)).toMatchObject({
        attached: false,
        reason: 'origin',
        message: error.cause.message,
        allowedOrigins: [server.origin],
      })
  })

  it('own-authorization: an interceptor that was left over', async () => {
    const attachment = loaded.attachOAuth2(api, signedIn())
    api.interceptors.request.use(config =>
      Object.assign(config, { headers: { Authorization: 'Bearer SECRET' } }),
    )
    const error = await failure(api.get('/x'))
    expect(error.cause.message).toMatch(/has an Authorization or auth of its own/)
    expect(error.cause.message).not.toContain('SECRET')
    expect(attachment.explain(error.config)).toMatchObject({ attached: false, reason: 'own-authorization' })
    const auth = { username: 'u', password: 'p' }
    expect(attachment.explain({ url: '/x', auth })).toMatchObject({ reason: 'own-authorization' })
  })

  it('an Authorization that is the default of the instance gives way, and is no reason', () => {
    api.defaults.headers.common.Authorization = 'Bearer old'
    const attachment = loaded.attachOAuth2(api, signedIn())
    expect(attachment.explain({ url: '/x', headers: { Authorization: 'Bearer old' } }).attached).toBe(true)
  })

  it('oauth-false and skip: chosen by the application', async () => {
    const attachment = loaded.attachOAuth2(api, signedIn(), { skip: ({ url }) => url === '/login' })
    const left = await failure(api.get('/x', { oauth: false }))
    expect(left.cause).toMatchObject({ code: 'OAUTH_NOT_AUTHENTICATED' })
    expect(attachment.explain(left.config)).toMatchObject({ attached: false, reason: 'oauth-false' })
    const login = await failure(api.get('/login'))
    expect(attachment.explain(login.config)).toMatchObject({ attached: false, reason: 'skip' })
  })

  it('insecure: a request to the plain twin of an allowed origin, or one that a function allows', () => {
    const attachment = loaded.attachOAuth2(loaded.axios.create(), signedIn(), {
      allowedOrigins: 'https://api.example.com',
    })
    expect(attachment.explain({ url: 'http://api.example.com/x' })).toMatchObject({ reason: 'insecure' })
    const other = loaded.attachOAuth2(loaded.axios.create(), signedIn(), { allowedOrigins: () => true })
    expect(other.explain({ url: 'http://api.example.com/x' })).toMatchObject({ reason: 'insecure' })
  })

  it('no-token: nobody is signed in', async () => {
    const attachment = loaded.attachOAuth2(api, createSession({ whenUnauthenticated: 'send' }))
    const sent = await failure(api.get('/x'))
    expect(sent.response.status).toBe(401)
    expect(sent.cause).toMatchObject({ code: 'OAUTH_NOT_AUTHENTICATED' })
    expect(sent.cause.message).toContain(`no token for ${server.origin}/x`)
    expect(attachment.explain(sent.config)).toMatchObject({ attached: false, reason: 'no-token' })
    expect(attachment.explain({ url: '/y' })).toMatchObject({ attached: false, reason: 'no-token' })
    expect(attachment.explain({ url: '/y', oauth: { token } })).toMatchObject({ attached: true })
    const rejecting = loaded.axios.create({ baseURL: server.origin })
    const second = loaded.attachOAuth2(rejecting, createSession())
    const unsent = await failure(rejecting.get('/x'))
    expect(second.explain(unsent.config)).toMatchObject({ attached: false, reason: 'no-token' })
  })

  it('user-changed: what a request failed with is remembered by its configuration', async () => {
    const session = createSession({
      grant: async () => {
        throw oauthError('OAUTH_SESSION_CHANGED', 'notSentAgain')
      },
    })
    const attachment = loaded.attachOAuth2(api, session)
    const error = await failure(api.get('/x'))
    expect(error.cause).toMatchObject({ code: 'OAUTH_SESSION_CHANGED' })
    expect(attachment.explain(error.config)).toMatchObject({ attached: false, reason: 'user-changed' })
  })

  it('not-this-instance: detached, or its interceptors were cleared; attaching again mends it', async () => {
    const session = signedIn()
    const attachment = loaded.attachOAuth2(api, session)
    const { handlers } = api.interceptors.request as unknown as { handlers: unknown[] }
    handlers.length = 0 // what clear() does, which old versions lack
    expect(attachment.explain({ url: '/x' })).toMatchObject({ attached: false, reason: 'not-this-instance' })
    expect(await failure(api.get('/x'))).toMatchObject({ response: { status: 401 } })
    expect(loaded.attachOAuth2(api, session)).toBe(attachment)
    expect(attachment.explain({ url: '/x' })).toMatchObject({ attached: true })
    expect((await api.get('/x')).status).toBe(200)
    attachment.detach()
    expect(attachment.explain({ url: '/x' })).toMatchObject({ attached: false, reason: 'not-this-instance' })
  })

  it('is told once for each reason: to the listeners of the session, and as a warning while developing', async () => {
    const session = signedIn()
    const told: string[] = []
    session.on('error', ({ error }) => told.push(error.code))
    loaded.attachOAuth2(api, session)
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const mode = process.env.NODE_ENV
    process.env.NODE_ENV = 'development'
    try {
      for (const url of ['/1', '/2']) await failure(api.get(stranger.origin + url))
      await failure(api.get('/x', { oauth: false }))
    } finally {
      process.env.NODE_ENV = mode
    }
    expect(warnings.mock.calls).toEqual([
      [
        expect.stringMatching(/outside allowedOrigins/),
        { type: 'AxiosOAuthWarning', code: 'OAUTH_NOT_AUTHENTICATED' },
      ],
    ])
    expect(told).toEqual(['OAUTH_NOT_AUTHENTICATED'])
    warnings.mockRestore()
  })
})
