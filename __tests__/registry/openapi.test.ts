import {
  clientCredentialsGrant,
  createAuthorizationUrl,
  type OAuth2Session,
  saveToken,
} from 'axios-oauth-interceptor'
import { clientsFromOpenApi, registryFromOpenApi, scopeOf } from 'axios-oauth-interceptor/registry/openapi'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'

let as: AuthorizationServer
let api: ResourceServer
beforeAll(async () => {
  as = await startAuthorizationServer({ clients: { app: undefined, worker: 'worker-secret' } })
  api = await startResourceServer({ accepts: token => as.isActive(token) })
})
afterAll(() => Promise.all([as.stop(), api.stop()]))

/** One document, as OpenAPI 3.0 and 3.1 write it. */
const documentOf = (openapi: string) => ({
  openapi,
  servers: [{ url: `http://127.0.0.1:{port}/`, variables: { port: { default: new URL(api.url).port } } }],
  security: [{ login: ['read'] }],
  components: {
    securitySchemes: {
      login: {
        type: 'oauth2',
        flows: {
          authorizationCode: {
            authorizationUrl: `${as.url}/authorize`,
            tokenUrl: `${as.url}/token`,
            refreshUrl: `${as.url}/token?refresh`,
            scopes: { read: 'Reads', write: 'Writes', admin: 'Nobody asks for it' },
          },
        },
      },
      machine: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: `${as.url}/token`, scopes: { jobs: 'Runs jobs' } } },
      },
      people: { type: 'openIdConnect', openIdConnectUrl: `${as.url}/.well-known/openid-configuration` },
      other: { type: 'http', scheme: 'Bearer' },
      unknown: { type: 'http', scheme: 'bearer' },
      key: { type: 'apiKey', name: 'X-Key', in: 'header' },
      plain: { type: 'http', scheme: 'basic' },
      alias: { $ref: '#/components/securitySchemes/machine' },
    },
  },
  paths: {
    '/orders': { get: {}, post: { security: [{ login: ['read', 'write'] }] } },
    '/jobs': { post: { security: [{ machine: ['jobs'] }] } },
    '/status': { get: { security: [] } },
  },
})

const options = () => ({
  clients: {
    login: { client: { client_id: 'app' } },
    machine: { client: { client_id: 'worker', client_secret: 'worker-secret' } },
    people: { client: { client_id: 'app' } },
    other: {
      server: as.metadata,
      client: { client_id: 'worker', client_secret: 'worker-secret' },
      grant: clientCredentialsGrant(),
    },
  },
  environment: {},
})

describe.each(['3.0.4', '3.1.1'])('a document of OpenAPI %s', version => {
  test('makes a client of every scheme that is OAuth, and names the others', () => {
    const { registry, ignored } = registryFromOpenApi(documentOf(version), options())
    expect([...registry.names].sort()).toEqual(['alias', 'login', 'machine', 'other', 'people'])
    expect(ignored).toEqual([
      { name: 'unknown', type: 'http bearer' },
      { name: 'key', type: 'apiKey' },
      { name: 'plain', type: 'http basic' },
    ])
  })

  test('has people sign in with the scopes of the operations, and refresh where it says', async () => {
    const { registry } = registryFromOpenApi(documentOf(version), options())
    const session = registry.session('login', { user: 'anna' }) as OAuth2Session
    const { authorization } = registry.registration('login')
    const { url } = await createAuthorizationUrl(session, {
      ...(authorization as object),
      redirect_uri: 'https://app.example.com/',
    })
    expect(new URL(url).searchParams.get('scope')).toBe('read write')
    await saveToken(session, { ...as.issue(), expires_in: 0 })
    expect((await registry.client('login', { user: 'anna' }).get('/orders')).status).toBe(200)
    expect(as.requests.at(-1)).toMatchObject({ grantType: 'refresh_token', url: '/token?refresh' })
  })

  test.each(['machine', 'alias', 'other'])('gets a token for %s without a person', async name => {
    const clients = { ...options().clients, alias: options().clients.machine }
    const { registry } = registryFromOpenApi(documentOf(version), { ...options(), clients })
    expect((await registry.client(name).get('/jobs')).status).toBe(200)
    const scope = as.requests.at(-1)?.parameters.get('scope')
    expect(scope).toBe(name === 'machine' ? 'jobs' : null)
  })

  test('discovers what an openIdConnect scheme names', async () => {
    const { registry } = registryFromOpenApi(documentOf(version), options())
    const { url } = await createAuthorizationUrl(
      registry.session('people', { user: 'anna' }) as OAuth2Session,
      {
        redirect_uri: 'https://app.example.com/',
      },
    )
    expect(url).toContain(as.metadata.authorization_endpoint)
  })
})

test('the scope of one operation goes into its request', async () => {
  const document = documentOf('3.1.1')
  const { security } = document.paths['/orders'].post
  expect([scopeOf(security, 'login'), scopeOf(security, 'machine'), scopeOf(undefined, 'login')]).toEqual([
    'read write',
    undefined,
    undefined,
  ])
  const { registry } = registryFromOpenApi(document, options())
  const scope = scopeOf([{ machine: ['special'] }], 'machine') as string
  await registry.client('machine').get('/jobs', { oauth: { scope } })
  expect(as.requests.at(-1)?.parameters.get('scope')).toBe('special')
})

test('addresses are relative to the document', () => {
  const flows = { authorizationCode: { authorizationUrl: '/authorize', tokenUrl: 'token', scopes: {} } }
  const document = {
    servers: [{ url: '/v1' }],
    components: { securitySchemes: { login: { type: 'oauth2', flows } } },
  }
  const { clients } = clientsFromOpenApi(document, {
    documentUrl: 'https://api.example.com/docs/openapi.json',
  })
  expect(clients.login).toMatchObject({
    baseURL: 'https://api.example.com/v1',
    server: {
      authorization_endpoint: 'https://api.example.com/authorize',
      token_endpoint: 'https://api.example.com/docs/token',
    },
  })
  expect(() => clientsFromOpenApi(document)).toThrow(/documentUrl/)
})

test('whole addresses of the flows need no address of the document, also beside a relative server', () => {
  const flows = { clientCredentials: { tokenUrl: 'https://a.example/token', scopes: {} } }
  const document = {
    servers: [{ url: '/v1' }],
    components: { securitySchemes: { login: { type: 'oauth2', flows } } },
  }
  expect(clientsFromOpenApi(document).clients.login).toMatchObject({
    baseURL: '/v1',
    server: { token_endpoint: 'https://a.example/token' },
  })
})

test.each(['a text', {}, null])('an extension of the flows (%j) is no flow', extension => {
  const flows = {
    'x-note': extension,
    clientCredentials: { tokenUrl: 'https://a.example/token', scopes: {} },
  }
  const document = { components: { securitySchemes: { login: { type: 'oauth2', flows } } } }
  expect(clientsFromOpenApi(document).clients.login).toMatchObject({
    server: { token_endpoint: 'https://a.example/token' },
    grant: expect.any(Function),
  })
})

test.each(['__proto__', 'constructor', 'toString'])('a scheme may be called %s', name => {
  const flows = { clientCredentials: { tokenUrl: 'https://a.example/token', scopes: {} } }
  const securitySchemes = JSON.parse(JSON.stringify({ X: { type: 'oauth2', flows } }).replace('X', name))
  const { clients } = clientsFromOpenApi({ security: [{}], components: { securitySchemes } })
  expect(Object.keys(clients)).toEqual([name])
  expect(scopeOf([{}], name)).toBeUndefined()
})

test.each([
  ['no object', 'text'],
  ['schemes that are a list', { components: { securitySchemes: [] } }],
  ['a scheme that is none', { components: { securitySchemes: { a: null } } }],
  ['flows that are none', { components: { securitySchemes: { a: { type: 'oauth2' } } } }],
  ['a reference elsewhere', { components: { securitySchemes: { a: { $ref: 'other.json#/a' } } } }],
  ['a reference to nothing', { components: { securitySchemes: { a: { $ref: '#/constructor/name' } } } }],
  ['a reference that is no text', { components: { securitySchemes: { a: { $ref: '#/components/%E0' } } } }],
  ['a server with an open variable', { servers: [{ url: 'https://{region}.api.example' }] }],
  ['a server that is no address', { servers: [{ url: 'https://{host' }] }],
  [
    'a reference to itself',
    { components: { securitySchemes: { a: { $ref: '#/components/securitySchemes/a' } } } },
  ],
])('%s is refused', (_, document) => {
  expect(() => clientsFromOpenApi(document as object)).toThrow(
    expect.objectContaining({ code: 'OAUTH_INVALID_OPTION' }),
  )
})

test('a document without schemes has no clients', () => {
  expect(clientsFromOpenApi({ openapi: '3.1.0' })).toEqual({ clients: {}, ignored: [] })
})
