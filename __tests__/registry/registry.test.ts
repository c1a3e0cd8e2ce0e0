import { AsyncLocalStorage } from 'node:async_hooks'
import axios from 'axios'
import {
  clientCredentialsGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  defineStore,
  discover,
  isOAuthError,
  memoryStore,
  type OAuth1Session,
  type OAuth2Session,
  refreshToken,
  saveToken,
} from 'axios-oauth-interceptor'
import { createInspector } from 'axios-oauth-interceptor/inspector'
import { github } from 'axios-oauth-interceptor/providers/github'
import { woocommerce } from 'axios-oauth-interceptor/providers/woocommerce'
import { createRegistry, type Registration, type RegistryOptions } from 'axios-oauth-interceptor/registry'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { listen, type RunningServer } from '../servers/http.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { fasterTimers } from '../support/faster-timers.js'

let as: AuthorizationServer
let api: ResourceServer
beforeAll(async () => {
  as = await startAuthorizationServer({ clients: { app: undefined, worker: 'worker-secret' } })
  api = await startResourceServer({ accepts: token => as.isActive(token) })
})
afterAll(() => Promise.all([as.stop(), api.stop()]))

const person = () => ({ server: as.metadata, client: { client_id: 'app' }, baseURL: api.url })
const machine = () => ({
  server: as.metadata,
  client: { client_id: 'worker', client_secret: 'worker-secret' },
  grant: clientCredentialsGrant({ scope: 'read' }),
  baseURL: api.url,
})
const signIn = async (session: OAuth2Session, subject: string) => saveToken(session, as.issue({ subject }))
const lastSubject = () => as.find(`${api.requests.at(-1)?.token}`)?.subject

const codeOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (isOAuthError(error)) return error.code
    throw error
  }
  throw new Error('did not throw')
}

test('E1, E5: clients by name, each an instance with base URL and authentication, made once', async () => {
  const registry = createRegistry({ clients: { billing: machine(), orders: person() }, environment: {} })
  expect(registry.names).toEqual(['billing', 'orders'])
  expect(registry.sessions().length).toBe(0)
  const billing = registry.client('billing')
  expect((await billing.get('/me')).status).toBe(200)
  expect(registry.client('billing')).toBe(billing)
  expect(registry.session('billing')).toBe(registry.session('billing'))
  expect(registry.sessions().length).toBe(1)
  await registry.close()
})

test('E1: the error for an unknown name lists the known ones, also at compile time', () => {
  const registry = createRegistry({ clients: { billing: machine() }, environment: {} })
  // @ts-expect-error a misspelt name
  expect(() => registry.client('biling')).toThrow(/biling.*billing/)
  // @ts-expect-error a misspelt name
  expect(codeOf(() => registry.session('constructor'))).toBe('OAUTH_INVALID_OPTION')
})

test('E1, E3: a later registration replaces the instance and the session', async () => {
  const registry = createRegistry({ clients: { api: person() }, environment: {} })
  const old = registry.client('api')
  const [session] = [registry.session('api')]
  const next = registry.register('api', { ...machine(), axios: axios.create({ baseURL: api.url }) })
  expect(next.client('api')).not.toBe(old)
  expect(next.session('api')).not.toBe(session)
  expect((await next.client('api').get('/me')).status).toBe(200)
  // an instance of the application's own is attached anew
  next.register('api', { ...machine(), axios: next.client('api') })
  expect((await next.client('api').get('/me')).status).toBe(200)
  const wider = next.register('other', machine())
  expect(wider.names).toEqual(['api', 'other'])
  expect((await wider.client('other').get('/me')).status).toBe(200)
})

test('E2: configuration comes from the environment, the code wins, unless it is told otherwise', () => {
  const environment = {
    GITHUB_CLIENT_ID: 'from-environment',
    GITHUB_CLIENT_SECRET: 'secret',
    MY_API_CLIENT_ID: 'mine',
    MY_API_TOKEN_ENDPOINT: 'https://as.example/token',
    MY_API_BASE_URL: 'https://api.example.com',
    SHOP_CLIENT_ID: 'key',
    SHOP_CLIENT_SECRET: 'shh',
    SHOP_REQUEST_TOKEN_URL: 'https://shop.example/request',
    SHOP_AUTHORIZE_URL: 'https://shop.example/authorize',
    SHOP_ACCESS_TOKEN_URL: 'https://shop.example/access',
    FOUND_ISSUER: 'https://as.example',
    FOUND_CLIENT_ID: 'found',
    UNRELATED_CLIENT_ID: 'x',
  }
  const clients = {
    github: { ...github, client: { client_id: 'from-code' } },
    myApi: {},
    shop: {},
    found: {},
    bare: { client: { client_id: 'b' } },
  }
  const registry = createRegistry({ clients, environment })
  expect(registry.registration('github')).toMatchObject({
    client: { client_id: 'from-code', client_secret: 'secret' },
    server: github.server,
  })
  expect(registry.registration('myApi')).toMatchObject({
    client: { client_id: 'mine' },
    server: { token_endpoint: 'https://as.example/token' },
    baseURL: 'https://api.example.com',
  })
  expect(registry.registration('shop')).toMatchObject({
    client: { key: 'key', secret: 'shh' },
    server: { request_token_url: 'https://shop.example/request' },
  })
  expect('auth' in registry.session('shop')).toBe(true)
  expect(registry.registration('found').server).toHaveProperty('issuer', 'https://as.example')
  expect(typeof registry.registration('found').server).toBe('function')
  expect(registry.registration('bare')).toMatchObject({ client: { client_id: 'b' } })
  expect(createRegistry({ clients, environment, overwrite: true }).registration('github')).toMatchObject({
    client: { client_id: 'from-environment' },
  })
  // what was given is left as it was
  expect(clients.github.client).toEqual({ client_id: 'from-code' })
})

test('E2: renewals go to another address, with parameters of their own, where the row says so', async () => {
  const elsewhere = await listen((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ access_token: 'next', token_type: 'Bearer' }))
  })
  const asked: string[] = []
  const bodies: string[] = []
  const registry = createRegistry({
    clients: {
      orders: {
        ...person(),
        hooks: {
          refreshRequest(request) {
            request.body.set('audience', 'orders')
            bodies.push(`${request.body}`)
            return { ...request, url: new URL(`${elsewhere.url}/refresh`) }
          },
        },
      },
    },
    environment: {},
  })
  const session = registry.session('orders', { user: 'anna' })
  await signIn(session, 'anna')
  expect(await refreshToken(session)).toMatchObject({ access_token: 'next' })
  await elsewhere.stop()
  expect(asked).toEqual(['POST /refresh'])
  expect(bodies[0]).toMatch(/grant_type=refresh_token.*audience=orders/)
})

test('E5: one request has a token of its own, or none; a whole address is taken as it is', async () => {
  const registry = createRegistry({ clients: { orders: person() }, environment: {} })
  await signIn(registry.session('orders', { user: 'anna' }), 'anna')
  const orders = registry.client('orders', { user: 'anna' })
  await orders.get(`${api.url}/whole`)
  expect([api.requests.at(-1)?.target, lastSubject()]).toEqual(['/whole', 'anna'])
  const { access_token } = as.issue({ subject: 'ben' })
  await orders.post('/one', {}, { oauth: { token: { access_token } } })
  expect(lastSubject()).toBe('ben')
  await orders.delete('/none', { oauth: false }).catch(() => undefined)
  expect(api.requests.at(-1)).toMatchObject({ method: 'DELETE', target: '/none', token: undefined })
})

test('E6: the server’s metadata are read once for all people', async () => {
  const registry = createRegistry({
    clients: { orders: { ...person(), server: discover(as.metadata.issuer) } },
    environment: {},
  })
  const before = as.counts.metadata
  for (const user of ['anna', 'ben', 'carl'])
    await createAuthorizationUrl(registry.session('orders', { user }), {
      redirect_uri: 'https://app.example.com/',
    })
  expect(as.counts.metadata).toBe(before + 1)
})

test('E4: one instance serves many people, each request with the token of its person', async () => {
  const served = new AsyncLocalStorage<string>()
  const registry = createRegistry({
    clients: { orders: person(), billing: machine() },
    user: () => served.getStore(),
    environment: {},
  })
  const orders = registry.client('orders')
  for (const name of ['anna', 'ben']) await signIn(registry.session('orders', { user: name }), name)
  const seen: Record<string, number> = {}
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      served.run(index % 2 ? 'anna' : 'ben', async () => {
        const { config } = await orders.get(`/me?who=${index % 2 ? 'anna' : 'ben'}`)
        seen[`${config.url}`] = (seen[`${config.url}`] ?? 0) + 1
      }),
    ),
  )
  for (const { target, token } of api.requests.slice(-20))
    expect(as.find(`${token}`)?.subject).toBe(new URL(target, api.url).searchParams.get('who'))
  expect(seen).toEqual({ '/me?who=anna': 10, '/me?who=ben': 10 })
  // a client that needs nobody has one session for all
  await served.run('anna', () => registry.client('billing').get('/me'))
  expect(registry.sessions().length).toBe(3)
})

test('E4: nobody gets nobody’s token: not without a person, not with an empty one', async () => {
  const registry = createRegistry({ clients: { orders: person() }, user: () => undefined, environment: {} })
  expect(codeOf(() => registry.session('orders'))).toBe('OAUTH_INTERACTION_REQUIRED')
  for (const user of [undefined, ''])
    expect(codeOf(() => registry.client('orders', { user }))).toBe('OAUTH_INVALID_OPTION')
  const before = api.counts.requests
  await expect(registry.client('orders').get('/me')).rejects.toMatchObject({
    cause: { code: 'OAUTH_INTERACTION_REQUIRED' },
  })
  expect(api.counts.requests).toBe(before)
})

test('people are kept apart in the store, with any names', async () => {
  const store = memoryStore()
  const keys: string[] = []
  const watched = defineStore({
    ...store,
    set: (key: string, next: never) => store.set(keys[keys.push(key) - 1] as string, next),
  })
  const registry = createRegistry({
    clients: { a: person(), 'a/b': person() },
    store: watched,
    environment: {},
  })
  await signIn(registry.session('a', { user: 'b/c' }), 'one')
  await signIn(registry.session('a/b', { user: 'c' }), 'two')
  await signIn(registry.session('a/b'), 'three')
  expect(keys).toEqual(['a/b%2Fc', 'a%2Fb/c', 'a%2Fb'])
  await registry.client('a', { user: 'b/c' }).get('/me')
  expect(lastSubject()).toBe('one')
})

test('E4: one event stream for all clients, also for sessions that are made later', async () => {
  const registry = createRegistry({ clients: { orders: person() }, environment: {} })
  const told: object[] = []
  await signIn(registry.session('orders', { user: 'anna' }), 'anna')
  const stop = registry.on('token', ({ client, user, session }) =>
    told.push({ client, user, isTheirs: session === registry.session('orders', { user: `${user}` }) }),
  )
  for (const user of ['anna', 'ben']) await signIn(registry.session('orders', { user }), user)
  stop()
  await signIn(registry.session('orders', { user: 'anna' }), 'anna')
  expect(told).toEqual([
    { client: 'orders', user: 'anna', isTheirs: true },
    { client: 'orders', user: 'ben', isTheirs: true },
  ])
})

test('idle sessions are closed; their grants stay in the store', async () => {
  let now = 1e9
  const closed: string[] = []
  const registry = createRegistry({
    clients: { orders: person() },
    environment: {},
    idle: 60,
    clock: () => now,
  })
  await signIn(registry.session('orders', { user: 'anna' }), 'anna')
  const first = registry.session('orders', { user: 'anna' })
  const { close } = first
  first.close = async () => {
    closed.push('anna')
    return close.call(first)
  }
  for (let count = 0; count < 2000; count++) {
    registry.session('orders', { user: `visitor-${count}` })
    now += 0.1
  }
  expect(closed).toEqual(['anna'])
  expect(registry.sessions().length).toBeLessThan(610)
  expect(registry.session('orders', { user: 'anna' })).not.toBe(first)
  await registry.client('orders', { user: 'anna' }).get('/me')
  expect(lastSubject()).toBe('anna')
})

test('a session that has something to store yet is not let go', async () => {
  let now = 1e9
  let isAway = false
  const inner = memoryStore()
  const store = defineStore({
    ...inner,
    set(key: string, next: never) {
      if (isAway) throw new Error('the store is away')
      return inner.set(key, next)
    },
  })
  const registry = createRegistry({
    clients: { orders: person() },
    store,
    environment: {},
    idle: 60,
    clock: () => now,
  })
  const session = registry.session('orders', { user: 'anna' })
  isAway = true
  fasterTimers(50)
  await signIn(session, 'anna').catch(() => undefined)
  jest.restoreAllMocks()
  now += 100
  registry.session('orders', { user: 'ben' })
  await new Promise(resolve => setImmediate(resolve))
  isAway = false
  expect(registry.session('orders', { user: 'anna' })).toBe(session)
})

test('closing finishes and stores what is under way, for every client and person', async () => {
  const store = memoryStore()
  const stored: string[] = []
  const watched = defineStore({
    ...store,
    set(key: string, next: never) {
      stored.push(key)
      return store.set(key, next)
    },
  })
  const registry = createRegistry({
    clients: { orders: person(), billing: machine() },
    store: watched,
    environment: {},
  })
  const anna = registry.session('orders', { user: 'anna' })
  await signIn(anna, 'anna')
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  as.latency = () => held
  const before = as.counts.token
  const [renewal, first] = [refreshToken(anna), registry.session('billing').token()]
  while (as.counts.token < before + 2) await new Promise(resolve => setImmediate(resolve))
  stored.length = 0
  const closing = registry.close()
  expect(stored).toEqual([])
  release()
  await closing
  as.latency = undefined
  expect(stored.sort()).toEqual(['billing', 'orders/anna'])
  expect(await store.get('orders/anna')).toMatchObject({
    tokens: { '': { access_token: (await renewal).access_token } },
  })
  expect(await store.get('billing')).toMatchObject({
    tokens: { '': { access_token: (await first).access_token } },
  })
})

test('an inspector sees the requests of sessions that are made later', async () => {
  const registry = createRegistry({ clients: { billing: machine() }, environment: {} })
  const inspector = createInspector(registry)
  await registry.client('billing').get('/invoices')
  const { requests, renewals } = inspector.timeline()
  expect([requests.map(({ url }) => url), renewals.length]).toEqual([[`${api.url}/invoices`], 1])
  inspector.stop()
})

describe('many APIs on one grant', () => {
  const apis = () => [
    { match: `${api.url}/graph`, resource: 'https://graph.example' },
    { match: `${api.url}/graph/beta`, resource: 'https://beta.example', scope: 'beta' },
    { match: `${api.url}/mail`, scope: 'mail' },
  ]
  const asked = () => as.requests.slice(-1)[0]?.parameters
  const make = () => createRegistry({ clients: { suite: { ...machine(), apis: apis() } }, environment: {} })

  test.each([
    ['/graph/me', 'https://graph.example', 'read'],
    ['/graph/beta/me', 'https://beta.example', 'beta'],
    ['/mail', null, 'mail'],
  ])('%s gets the token of the longest prefix', async (path, resource, scope) => {
    await make().client('suite').get(path)
    expect(asked()?.get('resource')).toBe(resource)
    expect(asked()?.get('scope')).toBe(scope)
  })

  test('a URL in no row gets no token', async () => {
    await make()
      .client('suite')
      .get('/other')
      .catch(() => undefined)
    expect(api.requests.at(-1)).toMatchObject({ target: '/other', token: undefined })
  })

  test('the same prefix twice is refused', () => {
    const twice = [...apis(), { match: `${api.url}/mail/` }]
    const registry = createRegistry({ clients: { suite: { ...machine(), apis: twice } }, environment: {} })
    expect(codeOf(() => registry.client('suite'))).toBe('OAUTH_INVALID_OPTION')
  })
})

describe('OAuth 1.0a in the table', () => {
  let server: RunningServer
  const seen: string[] = []
  beforeAll(async () => {
    server = await listen((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization ?? ''}`)
      response.end('{}')
    })
  })
  afterAll(() => server.stop())

  test('a client that signs with its key alone has no session', async () => {
    const registry = createRegistry({
      clients: { shop: { ...woocommerce, client: { key: 'k', secret: 's' }, baseURL: server.url } },
      environment: {},
      user: () => undefined,
    })
    await registry.client('shop').get('/products')
    expect(seen.at(-1)).toMatch(/oauth_consumer_key=k/)
    expect(registry.client('shop')).toBe(registry.client('shop'))
    expect(codeOf(() => registry.session('shop'))).toBe('OAUTH_INVALID_OPTION')
  })

  test('each person has credentials', async () => {
    const { saveOAuth1Token } = await import('axios-oauth-interceptor')
    const registry = createRegistry({
      clients: {
        tweets: {
          client: { key: 'k', secret: 's' },
          server: {
            request_token_url: 'https://a.example/1',
            authorize_url: 'https://a.example/2',
            access_token_url: 'https://a.example/3',
          },
          baseURL: server.url,
        },
      },
      environment: {},
    })
    const session: OAuth1Session = registry.session('tweets', { user: 'anna' })
    await saveOAuth1Token(session, { oauth_token: 'of-anna', oauth_token_secret: 's' })
    await registry.client('tweets', { user: 'anna' }).get('/me')
    expect(seen.at(-1)).toMatch(/oauth_token="of-anna"/)
    await expect(registry.client('tweets', { user: 'ben' }).get('/me')).rejects.toMatchObject({
      cause: { code: 'OAUTH_INTERACTION_REQUIRED' },
    })
  })
})

test('two other APIs of one session attach to one instance', async () => {
  const { attachOAuth2 } = await import('axios-oauth-interceptor')
  const session = createOAuth2Session(
    (({ baseURL: _, ...rest }) => rest)(machine()) as Parameters<typeof createOAuth2Session>[0],
  )
  const http = axios.create()
  const one = attachOAuth2(http, session.for({ scope: 'one' }), { allowedOrigins: `${api.url}/one` })
  const other = attachOAuth2(http, session.for({ scope: 'other' }), { allowedOrigins: `${api.url}/other` })
  expect(other).not.toBe(one)
  for (const scope of ['one', 'other']) {
    await http.get(`${api.url}/${scope}`)
    expect(as.requests.at(-1)?.parameters.get('scope')).toBe(scope)
  }
})

test('types: every registration is one of the two', () => {
  const options: RegistryOptions<Record<string, Registration>> = { clients: {} }
  expect(createRegistry(options).names).toEqual([])
})
