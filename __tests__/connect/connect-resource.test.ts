import axios from 'axios'
import {
  clientCredentialsGrant,
  createAuthorizationUrl,
  defineStore,
  isOAuthError,
  memoryStore,
} from 'axios-oauth-interceptor'
import { type ConnectOptions, connectResource } from 'axios-oauth-interceptor/connect'
import type { RegisteredClient } from 'axios-oauth-interceptor/protocol'
import { beginSignIn, finishSignIn, memoryTransactions } from 'axios-oauth-interceptor/sign-in'
import { json, listen, type RunningServer, readBody } from '../servers/http.js'

const redirect_uri = 'https://app.example.com/callback'

/** An API and its authorization server, as they describe themselves. */
interface World {
  api: RunningServer
  as: RunningServer
  /** What the API's description and the server's metadata say beside the necessary. */
  description: Record<string, unknown>
  metadata: Record<string, unknown>
  challenge: string
  /** The scope that the API misses in every token. */
  wants: string | undefined
  registrations: Record<string, unknown>[]
  tokenRequests: URLSearchParams[]
  stop(): Promise<unknown>
}

async function startWorld(): Promise<World> {
  const tokens = new Set<string>()
  const as = await listen(async (request, response) => {
    const body = (await readBody(request)).toString()
    if (request.url === '/register') {
      const metadata = JSON.parse(body)
      world.registrations.push(metadata)
      return json(response, 201, { ...metadata, client_id: `client-${world.registrations.length}` })
    }
    if (request.url === '/token') {
      world.tokenRequests.push(new URLSearchParams(body))
      const access_token = `t${tokens.size}`
      tokens.add(access_token)
      return json(response, 200, { access_token, token_type: 'Bearer', refresh_token: 'r', expires_in: 3600 })
    }
    return json(response, 200, {
      issuer: as.url,
      authorization_endpoint: `${as.url}/authorize`,
      token_endpoint: `${as.url}/token`,
      code_challenge_methods_supported: ['S256'],
      ...world.metadata,
    })
  })
  const api = await listen((request, response) => {
    if (request.url?.startsWith('/.well-known/'))
      return json(response, 200, {
        resource: `${api.url}/v1`,
        authorization_servers: [as.url],
        ...world.description,
      })
    const token = `${request.headers.authorization}`.replace('Bearer ', '')
    if (tokens.has(token) && world.wants) {
      const challenge = `Bearer error="insufficient_scope", scope="${world.wants}"`
      response.setHeader('WWW-Authenticate', challenge)
      return json(response, 403, {})
    }
    if (tokens.has(token)) return json(response, 200, { ok: true, token })
    response.setHeader('WWW-Authenticate', `Bearer ${world.challenge}`)
    return json(response, 401, {})
  })
  const world: World = {
    api,
    as,
    wants: undefined,
    description: {},
    metadata: {},
    challenge: `resource_metadata="${api.url}/.well-known/oauth-protected-resource/v1"`,
    registrations: [],
    tokenRequests: [],
    stop: () => Promise.all([api.stop(), as.stop()]),
  }
  return world
}

let world: World
beforeEach(async () => {
  world = await startWorld()
})
afterEach(() => world.stop())

const connect = (options: ConnectOptions = {}) => connectResource(`${world.api.url}/v1`, options)
const knownHere = () => ({ clients: { [world.as.url]: { client_id: 'known' } } })
const registering = { registration: { client_name: 'Desk', redirect_uris: [redirect_uri] } }
const registers = () => {
  world.metadata.registration_endpoint = `${world.as.url}/register`
}
const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.catch((reason: unknown) => reason)
  return isOAuthError(error) ? error.code : error
}

test('from an address to an answer of the API: registers, signs in, asks for its own token', async () => {
  registers()
  world.description.scopes_supported = ['read', 'write']
  const { session, attach, client, issuer, resource, scope } = await connect(registering)
  expect({ client: client.client_id, issuer, resource, scope }).toEqual({
    client: 'client-1',
    issuer: world.as.url,
    resource: `${world.api.url}/v1`,
    scope: 'read write',
  })
  const transactions = memoryTransactions()
  const { url, state } = await beginSignIn(session, { redirect_uri }, { transactions })
  const asked = new URL(url).searchParams
  expect([asked.get('resource'), asked.get('scope'), asked.get('client_id')]).toEqual([
    resource,
    scope,
    'client-1',
  ])
  await finishSignIn(session, {
    authorizationResponse: `${redirect_uri}?code=c&state=${state}`,
    transactions,
  })
  expect(world.tokenRequests[0]?.get('resource')).toBe(resource)
  const http = axios.create({ baseURL: `${world.api.url}/v1` })
  attach(http)
  expect((await http.get('/tools')).data.ok).toBe(true)
})

test('a request that needs more scope later says so, and a sign-in for it steps up', async () => {
  const { session, attach } = await connect(knownHere())
  const transactions = memoryTransactions()
  const signInFor = async (scope?: string) => {
    const options = { redirect_uri, ...(scope && { scope }) }
    const { url, state } = await beginSignIn(session, options, { transactions })
    await finishSignIn(session, {
      authorizationResponse: `${redirect_uri}?code=c&state=${state}`,
      transactions,
    })
    return new URL(url).searchParams
  }
  await signInFor()
  const http = axios.create({ baseURL: `${world.api.url}/v1` })
  attach(http)
  const wanted: (string | undefined)[] = []
  session.on('challenge', ({ scope }) => void wanted.push(scope))
  world.wants = 'admin'
  await http.get('/users', { validateStatus: () => true })
  expect(wanted).toEqual(['admin'])
  world.wants = undefined
  const asked = await signInFor(wanted[0])
  expect([asked.get('scope'), asked.get('resource')]).toEqual(['admin', `${world.api.url}/v1`])
  expect((await http.get('/users')).status).toBe(200)
})

test('another path of the host gets no token', async () => {
  const { attach } = await connect({ ...knownHere(), grant: clientCredentialsGrant() })
  const http = axios.create()
  attach(http)
  expect((await http.get(`${world.api.url}/v1/tools`)).status).toBe(200)
  expect((await http.get(`${world.api.url}/other`, { validateStatus: () => true })).status).toBe(401)
  expect((await http.get(`${world.api.url}/v1evil`, { validateStatus: () => true })).status).toBe(401)
})

test('works without a person where there is a grant for that', async () => {
  const { attach } = await connect({ ...knownHere(), grant: clientCredentialsGrant(), scope: 'jobs' })
  const http = axios.create()
  attach(http)
  await http.get(`${world.api.url}/v1`)
  expect(Object.fromEntries(world.tokenRequests[0] ?? [])).toMatchObject({
    grant_type: 'client_credentials',
    resource: `${world.api.url}/v1`,
    scope: 'jobs',
  })
})

test.each([
  ['what was given', 'given', 'challenged', 'given'],
  ['what the challenge asks for', undefined, 'challenged', 'challenged'],
  ['what the API describes', undefined, undefined, 'read write'],
])('asks for %s', async (_, given, challenged, wanted) => {
  world.description.scopes_supported = ['read', 'write']
  if (challenged) world.challenge += `, scope="${challenged}"`
  const { scope } = await connect({ ...knownHere(), ...(given && { scope: given }) })
  expect(scope).toBe(wanted)
})

describe('the client', () => {
  const document = { clientIdMetadata: { client_id: 'https://app.example.com/client.json' } }

  test('is the one that the server knows, before all others', async () => {
    registers()
    world.metadata.client_id_metadata_document_supported = true
    expect((await connect({ ...knownHere(), ...document, ...registering })).client.client_id).toBe('known')
    expect(world.registrations).toEqual([])
  })

  test('is the address of its document, where the server takes that', async () => {
    registers()
    expect((await connect({ ...document, ...registering })).client.client_id).toBe('client-1')
    world.metadata.client_id_metadata_document_supported = true
    expect((await connect({ ...document, ...registering })).client.client_id).toBe(
      document.clientIdMetadata.client_id,
    )
  })

  test('is registered once where registrations are kept, and again when its secret is over', async () => {
    registers()
    let now = 1e9
    const kept = new Map<string, RegisteredClient>()
    const registrations = {
      get: (issuer: string) => kept.get(issuer),
      set: (issuer: string, client: RegisteredClient) => kept.set(issuer, client),
    }
    const options = { ...registering, registrations, clock: () => now }
    const ids = [(await connect(options)).client.client_id, (await connect(options)).client.client_id]
    expect(ids).toEqual(['client-1', 'client-1'])
    kept.set(world.as.url, {
      ...(kept.get(world.as.url) as RegisteredClient),
      client_secret_expires_at: now + 10,
    })
    expect((await connect(options)).client.client_id).toBe('client-1')
    now += 11
    expect((await connect(options)).client.client_id).toBe('client-2')
  })

  test.each([
    ['the server registers nobody', registering],
    ['nothing says who the client is', {}],
  ])('is missed when %s', async (_, options) => {
    expect(await codeOf(connect(options))).toBe('OAUTH_DISCOVERY_FAILED')
  })

  test('is missed when only another server knows it', async () => {
    expect(await codeOf(connect({ clients: { 'https://other.example': { client_id: 'x' } } }))).toBe(
      'OAUTH_DISCOVERY_FAILED',
    )
  })
})

test.each([
  ['describes another API', { resource: 'https://evil.example/' }],
  ['names no server', { authorization_servers: [] }],
  ['names a server in the clear', { authorization_servers: ['http://as.example'] }],
])('an API that %s is refused', async (_, description) => {
  world.description = description
  expect(await codeOf(connect(knownHere()))).toMatch(/^OAUTH_(DISCOVERY_FAILED|INSECURE_URL)$/)
})

test('a server that calls itself otherwise is refused', async () => {
  world.metadata.issuer = 'https://other.example'
  expect(await codeOf(connect(knownHere()))).toBe('OAUTH_ISSUER_MISMATCH')
})

test('two APIs of one server share the grant; a store that people share needs a key', async () => {
  const store = memoryStore()
  const [one, other] = [await connect({ ...knownHere(), store }), await connect({ ...knownHere(), store })]
  const transactions = memoryTransactions()
  const { state } = await beginSignIn(one.session, { redirect_uri }, { transactions })
  await finishSignIn(one.session, {
    authorizationResponse: `${redirect_uri}?code=c&state=${state}`,
    transactions,
  })
  expect(await other.session.authorized()).toBe(true)
  expect(await codeOf(connect({ ...knownHere(), store: defineStore({ ...store, shared: true }) }))).toBe(
    'OAUTH_INVALID_OPTION',
  )
  const { session } = await connect({
    ...knownHere(),
    store: defineStore({ ...store, shared: true }),
    key: 'anna',
  })
  expect(await createAuthorizationUrl(session, { redirect_uri })).toBeDefined()
})
