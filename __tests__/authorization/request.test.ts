import type { AuthorizationOptions } from '../../src/authorization/options.js'
import {
  buildAuthorizationUrl,
  createAuthorizationUrl,
  prepareAuthorization,
} from '../../src/authorization/request.js'
import { noClientAuth } from '../../src/server/client-auth/none.js'
import type { OAuth2SessionOptions } from '../../src/session/session.js'
import { createSession } from '../../src/session/session.js'
import { errorOf, NOW, scripted } from '../oauth2/support.js'

const redirect_uri = 'https://app.example/cb?x=1'

async function create(options: AuthorizationOptions = {}, session: Partial<OAuth2SessionOptions> = {}) {
  const { send, server, client, clock } = scripted()
  const made = createSession({ server, client, clock, ...session }, { send, http: {} as never })
  const { url, transaction } = await createAuthorizationUrl(made, { redirect_uri, ...options })
  return { url, transaction, query: new URL(url).searchParams, made }
}

it('asks for a code with state and PKCE, in the usual order', async () => {
  const { url, transaction, query } = await create({ scope: 'a b' })
  expect(
    url.startsWith(
      'https://as.example/authorize?response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1&scope=a+b&state=',
    ),
  ).toBe(true)
  expect([...query.keys()]).toEqual([
    'response_type',
    'client_id',
    'redirect_uri',
    'scope',
    'state',
    'code_challenge',
    'code_challenge_method',
  ])
  expect(query.get('state')).toMatch(/^[\w-]{43}$/)
  expect(query.get('code_challenge_method')).toBe('S256')
  expect(transaction).toEqual({
    issuer: 'https://as.example',
    client_id: 'app',
    response_type: 'code',
    state: query.get('state'),
    created_at: NOW,
    redirect_uri,
    scope: 'a b',
    code_verifier: expect.stringMatching(/^[\w-]{43}$/),
  })
  expect(JSON.parse(JSON.stringify(transaction))).toEqual(transaction)
  expect(url).not.toContain(transaction.code_verifier)
})

it('every sign-in has its own secrets', async () => {
  const [one, two] = [await create({ scope: 'openid' }), await create({ scope: 'openid' })]
  for (const name of ['state', 'nonce', 'code_verifier'] as const)
    expect(one.transaction[name]).not.toBe(two.transaction[name])
  expect(new Set([one.transaction.state, one.transaction.nonce, one.transaction.code_verifier]).size).toBe(3)
})

it('a nonce goes with the scope openid, and only with it', async () => {
  for (const scope of ['openid', 'a openid', 'openid b', ['a', 'openid']])
    expect((await create({ scope })).query.get('nonce')).toMatch(/^[\w-]{43}$/)
  for (const scope of ['openidx', 'a', 'x:openid', ''])
    expect((await create({ scope })).query.has('nonce')).toBe(false)
  expect((await create({ nonce: 'mine' })).transaction.nonce).toBe('mine')
})

it('takes what the application says', async () => {
  const { query, transaction } = await create({
    scope: ['a', 'b'],
    state: 'mine',
    code_verifier: 'v'.repeat(50),
    resource: ['https://api/1', 'https://api/2'],
    max_age: 0,
    prompt: 'login',
    login_hint: undefined,
    ui_locales: null,
    claims: '{"a":1}',
    parameters: { zero: 0, no: false, empty: '', none: null, several: ['a', 'b'] },
  })
  expect(query.get('scope')).toBe('a b')
  expect(query.getAll('resource')).toEqual(['https://api/1', 'https://api/2'])
  expect(Object.fromEntries(query)).toMatchObject({
    state: 'mine',
    prompt: 'login',
    max_age: '0',
    claims: '{"a":1}',
    zero: '0',
    no: 'false',
    empty: '',
  })
  for (const name of ['login_hint', 'ui_locales', 'code_verifier', 'pkce'])
    expect(query.has(name)).toBe(false)
  expect(transaction).toMatchObject({
    state: 'mine',
    code_verifier: 'v'.repeat(50),
    resource: ['https://api/1', 'https://api/2'],
    max_age: 0,
  })
})

it('without redirect_uri and scope neither is sent or remembered', async () => {
  const { parameters, transaction } = await prepareAuthorization(scripted(), { scope: '' })
  expect(Object.keys(transaction)).toEqual([
    'issuer',
    'client_id',
    'response_type',
    'state',
    'created_at',
    'code_verifier',
  ])
  expect(buildAuthorizationUrl(scripted(), parameters).search).not.toMatch(
    /redirect_uri|scope|nonce|resource/,
  )
})

it('a session for one API asks for it', async () => {
  const { made } = await create()
  const target = made.for({ resource: 'https://api/1', scope: 'read' })
  const { url, transaction } = await createAuthorizationUrl(target, { redirect_uri })
  expect(transaction).toMatchObject({ resource: 'https://api/1', scope: 'read' })
  expect(new URL(url).searchParams.get('resource')).toBe('https://api/1')
  expect((await createAuthorizationUrl(target, { scope: 'mine' })).transaction.scope).toBe('mine')
})

it('the endpoint’s own query is kept', async () => {
  const { url } = await create({}, { server: { authorization_endpoint: 'https://as.example/a?p=x%20y&q' } })
  expect(url.startsWith('https://as.example/a?p=x%20y&q&response_type=code&')).toBe(true)
})

it('without an issuer the transaction is bound to the endpoint', async () => {
  const { transaction } = await create({}, { server: { authorization_endpoint: 'https://as.example/a' } })
  expect(transaction.issuer).toBe('https://as.example/a')
})

describe('PKCE', () => {
  const secret = { client: { client_id: 'app', client_secret: 's' } }

  it('only a confidential client may do without', async () => {
    for (const session of [
      {},
      { clientAuth: noClientAuth() },
      { clientAuth: { token: noClientAuth() } },
      { clientAuth: {} },
    ])
      expect((await errorOf(() => create({ pkce: false }, session))).code).toBe('OAUTH_INVALID_OPTION')
    for (const session of [secret, { clientAuth: () => {} }, { clientAuth: { token: () => {} } }]) {
      const { query, transaction } = await create({ pkce: false }, session)
      expect(query.has('code_challenge')).toBe(false)
      expect(transaction).not.toHaveProperty('code_verifier')
    }
  })

  it('is used by a confidential client too', async () => {
    expect((await create({}, secret)).query.get('code_challenge_method')).toBe('S256')
  })

  it('is plain only when the application says so', async () => {
    const { query, transaction } = await create({ pkce: 'plain' })
    expect(query.get('code_challenge_method')).toBe('plain')
    expect(query.get('code_challenge')).toBe(transaction.code_verifier)
  })

  it('is not weakened by what the server says', async () => {
    const { server } = scripted()
    const plainOnly = { server: { ...server, code_challenge_methods_supported: ['plain'] } }
    const error = await errorOf(() => create({}, plainOnly))
    expect(error.code).toBe('OAUTH_INVALID_OPTION')
    expect(error.message).toContain('S256')
    expect((await create({ pkce: 'S256' }, plainOnly)).query.get('code_challenge_method')).toBe('S256')
    expect((await create({ pkce: 'plain' }, plainOnly)).query.get('code_challenge_method')).toBe('plain')
    const both = { server: { ...server, code_challenge_methods_supported: ['plain', 'S256'] } }
    expect((await create({}, both)).query.get('code_challenge_method')).toBe('S256')
    expect(
      (await errorOf(() => create({}, { server: { ...server, code_challenge_methods_supported: [] } }))).code,
    ).toBe('OAUTH_INVALID_OPTION')
  })

  it('goes with a code only', async () => {
    expect((await create({ response_type: 'token' })).query.has('code_challenge')).toBe(false)
    expect((await create({ response_type: 'id_token token' })).query.has('code_challenge')).toBe(false)
    expect((await create({ response_type: 'code id_token' })).query.has('code_challenge')).toBe(true)
  })

  it('refuses a verifier that a server would refuse', async () => {
    expect((await errorOf(() => create({ code_verifier: 'short' }))).code).toBe('OAUTH_INVALID_OPTION')
  })
})

describe('the URL', () => {
  it('passes through the hooks, and must then still be https', async () => {
    const { url } = await create(
      {},
      {
        hooks: {
          authorizationUrl: [url => url.searchParams.set('a', '1'), () => new URL('https://other.example/b')],
        },
      },
    )
    expect(url).toBe('https://other.example/b')
    for (const authorizationUrl of [
      () => new URL('http://other.example/b'),
      (url: URL) => {
        url.protocol = 'http:'
      },
    ])
      expect((await errorOf(() => create({}, { hooks: { authorizationUrl } }))).code).toBe(
        'OAUTH_INSECURE_URL',
      )
  })

  it('must be known, and https', async () => {
    expect((await errorOf(() => create({}, { server: {} }))).message).toContain('authorization_endpoint')
    expect(
      (await errorOf(() => create({}, { server: { authorization_endpoint: 'http://as.example/a' } }))).code,
    ).toBe('OAUTH_INSECURE_URL')
    const { url } = await create(
      { redirect_uri: 'http://127.0.0.1:1234/cb' },
      { server: { authorization_endpoint: 'http://localhost:1/a' } },
    )
    expect(new URL(url).searchParams.get('redirect_uri')).toBe('http://127.0.0.1:1234/cb')
  })
})
