import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import axios from 'axios'
import { fetchWith } from '../../src/bridges/fetch.js'
import { dpop } from '../../src/dpop.js'
import { attachOAuth2, createOAuth2Session, isOAuthError, saveToken } from '../../src/index.js'
import { fakeSession } from '../../src/testing.js'
import { listen } from '../servers/http.js'

type Message = Record<string, unknown>
const PREFIX = 'axios-oauth-interceptor:'
const plain = ['request:skipped', 'replay', 'nonce-retry']
const traced = ['renewal', 'request']
const phases = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const

let log: Array<[name: string, message: Message]>
let stops: Array<() => void>
beforeEach(() => {
  log = []
  stops = plain.map(name => {
    const listener = (message: unknown) => void log.push([name, message as Message])
    subscribe(PREFIX + name, listener)
    return () => void unsubscribe(PREFIX + name, listener)
  })
  for (const name of traced) {
    const listeners = Object.fromEntries(
      phases.map(phase => [
        phase,
        (message: unknown) => void log.push([`${name}:${phase}`, message as Message]),
      ]),
    ) as never
    const tracing = tracingChannel(PREFIX + name)
    tracing.subscribe(listeners)
    stops.push(() => tracing.unsubscribe(listeners))
  }
})
afterEach(() => {
  for (const stop of stops) stop()
})

const names = () => log.map(([name]) => name)
const statuses = ({ sends }: Message = {}) => (sends as Message[]).map(({ status }) => status)
const kinds = ({ sends }: Message = {}) => (sends as Message[]).map(({ kind }) => kind)
const messages = (name: string) => log.flatMap(([other, message]) => (other === name ? [message] : []))

function application(options: Parameters<typeof fakeSession>[0] = {}) {
  const session = fakeSession(options)
  const api = axios.create({ baseURL: 'https://api.example.com', adapter: session.server.api() as never })
  return { session, api, attachment: attachOAuth2(api, session) }
}

test('a refused request: two sends, one renewal, one replay, in the order in which they happen', async () => {
  const { session, api } = application()
  session.server.revokeAccessTokens()
  await api.get('/me?code=secret')
  expect(names()).toEqual([
    'request:start',
    'request:end',
    'renewal:start',
    'renewal:end',
    'renewal:asyncStart',
    'renewal:asyncEnd',
    'replay',
    'request:asyncStart',
    'request:asyncEnd',
  ])
  expect(messages('renewal:asyncEnd')).toEqual([
    { protocol: 'oauth2', cause: 'refused', result: { renewed: true } },
  ])
  expect(messages('replay')).toEqual([{ method: 'GET', url: 'https://api.example.com/me' }])
  const [request] = messages('request:asyncEnd')
  const time = expect.any(Number)
  expect(request).toEqual({
    method: 'GET',
    url: 'https://api.example.com/me',
    sends: [
      { kind: 'first', start: time, end: time, status: 401 },
      { kind: 'replay', start: time, end: time, status: 200 },
    ],
    result: { status: 200 },
  })
})

test('a hundred requests that are refused at once share one renewal', async () => {
  const { session, api } = application()
  session.server.revokeAccessTokens()
  await Promise.all(Array.from({ length: 100 }, (_, id) => api.get(`/things/${id}`)))
  expect(messages('renewal:start')).toHaveLength(1)
  expect(messages('replay')).toHaveLength(100)
})

test('a renewal that fails publishes its OAuthError, and the request the same', async () => {
  const { session, api } = application({ status: 'expiring' })
  session.clock.advance(3600)
  session.server.fail('token', { status: 400, body: { error: 'invalid_client' } })
  await expect(api.get('/me')).rejects.toThrow()
  const [renewal] = messages('renewal:error')
  expect(isOAuthError(renewal?.error, 'OAUTH_SERVER_REFUSED')).toBe(true)
  const [request] = messages('request:error')
  expect(request).toMatchObject({ sends: [], error: { code: 'OAUTH_SERVER_REFUSED' } })
})

test.each([
  ['oauth-false', { url: '/me?q=1', oauth: false }, 'https://api.example.com/me'],
  ['origin', { url: 'https://other.example/a' }, 'https://other.example/a'],
  [
    'own-authorization',
    { url: '/me', headers: { Authorization: 'Bearer mine' } },
    'https://api.example.com/me',
  ],
] as const)('a request that is skipped for %s says so', async (reason, config, url) => {
  const { api } = application()
  await api({ ...config, method: 'post', validateStatus: null } as never)
  expect(log).toEqual([['request:skipped', { reason, method: 'POST', url }]])
})

test('a request that is sent although nobody is signed in is skipped for no-token', async () => {
  const { api } = application({ status: 'signed-out', whenUnauthenticated: 'send' })
  await api.get('/me', { validateStatus: null })
  expect(messages('request:skipped')).toEqual([
    { reason: 'no-token', method: 'GET', url: 'https://api.example.com/me' },
  ])
})

test('an instance without an attachment publishes nothing', async () => {
  const { api, attachment } = application()
  attachment.detach()
  await api.get('/me', { validateStatus: null })
  expect(log).toEqual([])
})

test('a request that is sent again for its nonce is a nonce-retry and no replay', async () => {
  const server = await listen(async (request, response) => {
    const [, payload = ''] = `${request.headers.dpop}`.split('.')
    const { nonce } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    response.setHeader('DPoP-Nonce', 'n1')
    if (nonce !== 'n1') response.setHeader('WWW-Authenticate', 'DPoP error="use_dpop_nonce"')
    response.writeHead(nonce === 'n1' ? 200 : 401).end()
  })
  const session = createOAuth2Session({
    server: { token_endpoint: 'https://auth.example.com/token' },
    client: { client_id: 'app' },
    tokenType: dpop(),
  })
  await saveToken(session, { access_token: 'a', token_type: 'DPoP' })
  const api = axios.create({ baseURL: server.url })
  attachOAuth2(api, session)
  await api.get('/x')
  await server.stop()
  expect(messages('nonce-retry')).toEqual([{ method: 'GET', url: `${server.url}/x` }])
  expect(messages('replay')).toEqual([])
  expect(kinds(messages('request:asyncEnd')[0])).toEqual(['first', 'nonce-retry'])
})

test('a body that can be sent once only is not published as a replay', async () => {
  const { session, api } = application()
  session.server.revokeAccessTokens()
  const data = new (await import('node:stream')).Readable({ read() {} })
  await expect(api.post('/upload', data)).rejects.toThrow()
  expect(messages('replay')).toEqual([])
})

test('fetchWith publishes the same', async () => {
  const session = fakeSession()
  const authorized = fetchWith(session, {
    allowedOrigins: 'https://api.example.com',
    fetch: async input => {
      const authorization = (input as Request).headers.get('authorization') ?? ''
      return new Response(null, { status: session.server.isActive(authorization.slice(7)) ? 200 : 401 })
    },
  })
  session.server.revokeAccessTokens()
  await authorized('https://api.example.com/me')
  await authorized('https://other.example/me')
  expect(messages('replay')).toEqual([{ method: 'GET', url: 'https://api.example.com/me' }])
  expect(statuses(messages('request:asyncEnd')[0])).toEqual([401, 200])
  expect(messages('request:skipped')).toEqual([
    { reason: 'origin', method: 'GET', url: 'https://other.example/me' },
  ])
})

test('no message holds a secret, nor what the application sent or received', async () => {
  const { session, api } = application({ token: 'token-secret' })
  session.server.revokeAccessTokens()
  await api.post('/me?secret=query', { password: 'body-secret' }, { headers: { 'X-Key': 'header-secret' } })
  await api.post('https://user:url-secret@other.example/', undefined, { validateStatus: null })
  session.server.revokeEverything()
  await api.post('/me', { password: 'body-secret' }).catch(() => {})
  expect(log.length).toBeGreaterThan(10)
  const shown = inspect(log, { depth: 20, showHidden: false }) + JSON.stringify(log)
  expect(shown).not.toMatch(/secret|access-\d|refresh-\d/)
})

test('what the transport throws is reduced to its name and code', async () => {
  const session = fakeSession()
  const api = axios.create({
    baseURL: 'https://api.example.com',
    adapter: () =>
      Promise.reject(Object.assign(new Error('secret'), { code: 'ECONNRESET', config: { data: 'secret' } })),
  })
  attachOAuth2(api, session)
  await expect(api.get('/me')).rejects.toThrow('secret')
  expect(messages('request:error')).toMatchObject([{ error: { name: 'Error', code: 'ECONNRESET' } }])
  expect(inspect(log, { depth: 20 })).not.toContain('secret')
})

describe('without listeners', () => {
  beforeEach(() => {
    for (const stop of stops.splice(0)) stop()
  })

  test('no message is made: neither the URL nor the reason is asked for', async () => {
    const { session } = application()
    const skip = jest.fn(() => true)
    const api = axios.create({ baseURL: 'https://api.example.com', adapter: session.server.api() as never })
    attachOAuth2(api, session, { skip })
    await api.get('/me', { validateStatus: null })
    expect(skip).toHaveBeenCalledTimes(1)
    expect(log).toEqual([])
  })
})

describe('runtimes that imitate Node in part', () => {
  /**
   * Loads the package where `node:diagnostics_channel` is what is given; answers how many renewals were
   * traced.
   */
  async function renewalsWith(module: object | undefined): Promise<number> {
    const { getBuiltinModule } = process
    Reflect.set(process, 'getBuiltinModule', (id: string) =>
      id.endsWith('nostics_channel') ? module : undefined,
    )
    try {
      let send: () => Promise<unknown> = async () => {}
      jest.isolateModules(() => {
        const { fakeSession: fake } = require('../../src/testing.js') as typeof import('../../src/testing.js')
        const { attachOAuth2: attach } = require('../../src/index.js') as typeof import('../../src/index.js')
        const { default: client } = require('axios') as typeof import('axios')
        const session = fake()
        const api = client.create({
          baseURL: 'https://api.example.com',
          adapter: session.server.api() as never,
        })
        attach(api, session)
        session.server.revokeAccessTokens()
        send = () => api.get('/me')
      })
      await send()
    } finally {
      Reflect.set(process, 'getBuiltinModule', getBuiltinModule)
    }
    return messages('renewal:start').length
  }

  test('without diagnostics channels, or without tracing channels, requests go as ever', async () => {
    expect(await renewalsWith(undefined)).toBe(0)
    expect(await renewalsWith({ channel: () => ({ hasSubscribers: false }) })).toBe(0)
  })

  test('Bun does not say whether a tracing channel has subscribers: its parts are asked', async () => {
    const real = require('node:diagnostics_channel')
    const tracingChannelOfBun = (name: string) => {
      const tracing = real.tracingChannel(name)
      return {
        start: tracing.start,
        asyncEnd: tracing.asyncEnd,
        tracePromise: (run: () => unknown, context: object) => tracing.tracePromise(run, context),
      }
    }
    expect(await renewalsWith({ channel: real.channel, tracingChannel: tracingChannelOfBun })).toBe(1)
  })
})
