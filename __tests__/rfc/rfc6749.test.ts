import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import axios from 'axios'
import type { AuthorizationOptions } from '../../src/authorization/options.js'
import {
  buildAuthorizationUrl,
  createAuthorizationUrl,
  prepareAuthorization,
} from '../../src/authorization/request.js'
import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.js'
import { implicitGrant } from '../../src/grants/implicit.js'
import { passwordGrant } from '../../src/grants/password.js'
import { attachOAuth2, createOAuth2Session } from '../../src/index.js'
import { formEncode } from '../../src/lib/form.js'
import { authFor, authOf } from '../../src/oauth2/scheme.js'
import { callEndpoint, type ServerRequest } from '../../src/server/call.js'
import { clientSecretBasic } from '../../src/server/client-auth/client-secret-basic.js'
import { clientSecretJwt } from '../../src/server/client-auth/client-secret-jwt.js'
import { clientSecretPost } from '../../src/server/client-auth/client-secret-post.js'
import { noClientAuth } from '../../src/server/client-auth/none.js'
import { tlsClientAuth } from '../../src/server/client-auth/tls-client-auth.js'
import { fetchToken, refreshToken, saveToken } from '../../src/session/fetch-token.js'
import type { OAuth2SessionOptions } from '../../src/session/session.js'
import { memoryStore } from '../../src/stores/memory.js'
import { dpop } from '../../src/token-types/dpop.js'
import { mac } from '../../src/token-types/mac.js'
import { listen } from '../axios/server.js'
import { answer, errorOf, scripted } from '../oauth2/support.js'
import { fakeServer, makeSession, metadata } from '../support/fake-server.js'

const ID = 's6BhdRkqt3'
const SECRET = '7Fjfp0ZBr1KtDRbnfVdmIw'
const confidential = { client_id: ID, client_secret: SECRET }
const redirect_uri = 'https://client.example.com/cb'
const password = passwordGrant({ username: 'johndoe', password: 'A3ddj3w' })

/** A session whose server can be asked for everything here. */
function makeClient(options: Partial<OAuth2SessionOptions> = {}) {
  const as = fakeServer()
  const server = { ...metadata, authorization_endpoint: 'https://as.example/authorize' }
  return { as, ...makeSession(as, { server, ...options }) }
}

/** Begins a sign-in; `back` makes the callback of what the server adds to the redirect URI. */
async function begin(options: AuthorizationOptions = {}, session: Partial<OAuth2SessionOptions> = {}) {
  const client = makeClient(session)
  const { url, transaction } = await createAuthorizationUrl(client.session, { redirect_uri, ...options })
  const back = (parameters: Record<string, string>, mark = '?') =>
    `${redirect_uri}${mark}${new URLSearchParams({ state: transaction.state, ...parameters })}`
  const exchange = (authorizationResponse: string) =>
    fetchToken(client.session, authorizationCodeGrant({ authorizationResponse, transaction }))
  const readImplicit = (authorizationResponse: string) =>
    fetchToken(client.session, implicitGrant({ authorizationResponse, transaction }))
  return { ...client, url: new URL(url), transaction, back, exchange, readImplicit }
}

const last = ({ requests }: { requests: ServerRequest[] }) => requests.at(-1) as ServerRequest

/** Every kind of token request, made by a session with these options. */
async function tokenRequests(options: Partial<OAuth2SessionOptions> = {}) {
  const { as, session, exchange, back } = await begin({}, options)
  await exchange(back({ code: 'SplxlOBeZQQYbYS6WxSbIA' }))
  await fetchToken(session, password)
  await fetchToken(session, clientCredentialsGrant())
  await saveToken(session, { access_token: 'a0', refresh_token: 'r0' })
  await refreshToken(session)
  expect(as.requests.map(({ body }) => body.get('grant_type'))).toEqual([
    'authorization_code',
    'password',
    'client_credentials',
    'refresh_token',
  ])
  return as.requests
}

describe('RFC 6749 The OAuth 2.0 Authorization Framework: the client', () => {
  test.each([
    ['client_secret_basic', clientSecretBasic(), 'Authorization'],
    ['client_secret_post', clientSecretPost(), 'client_secret'],
    ['client_secret_jwt', clientSecretJwt(), 'client_assertion'],
    ['tls_client_auth', tlsClientAuth({ agent: {} }), 'agent'],
    ['none', noClientAuth(), undefined],
  ])(
    'section 2.3: MUST NOT use more than one authentication method in each request: %s',
    async (_, clientAuth, one) => {
      for (const { headers, body, agent } of await tokenRequests({
        client: { client_id: ID, client_secret: `${SECRET}0123456789` },
        clientAuth,
      })) {
        const proofs = {
          Authorization: headers.Authorization,
          client_secret: body.get('client_secret'),
          client_assertion: body.get('client_assertion'),
          agent,
        }
        expect(Object.entries(proofs).flatMap(([name, value]) => (value ? [name] : []))).toEqual(
          one ? [one] : [],
        )
      }
    },
  )

  test.each(['Authorization', 'authorization', 'AUTHORIZATION'])(
    'section 2.3: an %s header that the application gives is the one method',
    async name => {
      const context = scripted([answer(200, {})], { client: confidential })
      await callEndpoint(context, 'token', { grant_type: 'x' }, { headers: { [name]: 'Custom proof' } })
      const { headers } = context.sent[0] as ServerRequest
      expect(Object.entries(headers).filter(([key]) => /^authorization$/i.test(key))).toEqual([
        [name, 'Custom proof'],
      ])
    },
  )

  test('section 2.3.1: identifier and password are the user and the password of HTTP Basic (the example)', async () => {
    for (const { headers, body } of await tokenRequests({ client: confidential })) {
      expect(headers.Authorization).toBe('Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3')
      expect(body.has('client_secret')).toBe(false)
    }
  })

  test('section 2.3.1: both are form-encoded first', async () => {
    const context = scripted([answer(200, {})], { client: { client_id: 'a:b c', client_secret: ' %&+£€:' } })
    await callEndpoint(context, 'token', {})
    const [, credentials = ''] = context.sent[0]?.headers.Authorization?.split(' ') ?? []
    expect(atob(credentials)).toBe('a%3Ab+c:+%25%26%2B%C2%A3%E2%82%AC%3A')
  })

  test('section 2.3.1: the client’s credentials MUST NOT be in the request URI', async () => {
    for (const clientAuth of [clientSecretBasic(), clientSecretPost()])
      for (const request of await tokenRequests({ client: confidential, clientAuth }))
        expect(request.url.href).toBe(metadata.token_endpoint)
    const { url } = await begin({}, { client: confidential })
    expect(url.href).not.toContain(SECRET)
  })

  test('section 2.3.1: in the body, where it is asked for, stand identifier and password', async () => {
    const clientAuth = clientSecretPost()
    for (const { body } of await tokenRequests({ client: confidential, clientAuth })) {
      expect(body.getAll('client_id')).toEqual([ID])
      expect(body.getAll('client_secret')).toEqual([SECRET])
    }
  })

  test('section 3.1: the query of the authorization endpoint MUST be retained', async () => {
    const server = {
      ...metadata,
      authorization_endpoint: 'https://as.example/authorize?tenant=a%20b&x=%27&y',
    }
    const { url } = await begin({}, { server })
    expect(url.href.startsWith(`${server.authorization_endpoint}&response_type=code&`)).toBe(true)
  })

  test('section 3.1: parameters MUST NOT be included more than once', async () => {
    const { url } = await begin({
      scope: ['a', 'b'],
      state: 'mine',
      response_type: 'code',
      nonce: 'n',
      prompt: 'none',
    })
    const names = [...url.searchParams.keys()]
    expect(names).toEqual([...new Set(names)])
  })

  test.each(['code=1&code=2', 'state=x', 'error=a&error=b'])(
    'section 3.1: a response that has a parameter twice is refused: %s',
    async twice => {
      const { as, exchange, back } = await begin()
      expect((await errorOf(() => exchange(`${back({})}&${twice}`))).code).toBe('OAUTH_INVALID_RESPONSE')
      expect(as.requests).toEqual([])
    },
  )

  test('section 3.1: a response parameter without a value MUST be treated as omitted', async () => {
    const one = await begin()
    expect((await errorOf(() => one.exchange(one.back({ code: '' })))).code).toBe('OAUTH_CODE_MISSING')
    const two = await begin()
    await two.exchange(two.back({ code: 'c', error: '' }))
    expect(last(two.as).body.get('code')).toBe('c')
    const three = await begin()
    expect((await errorOf(() => three.exchange(three.back({ code: 'c', state: '' })))).code).toBe(
      'OAUTH_STATE_MISMATCH',
    )
  })

  test.each(['http://as.example/authorize', 'ftp://as.example/authorize', '/authorize'])(
    'section 3.1: requests to the authorization endpoint use TLS: %s is refused',
    async authorization_endpoint => {
      const refused = await errorOf(() => begin({}, { server: { ...metadata, authorization_endpoint } }))
      expect(refused.code).toBe('OAUTH_INSECURE_URL')
      expect(
        (await errorOf(() => buildAuthorizationUrl({ server: { authorization_endpoint } }, {}))).code,
      ).toBe('OAUTH_INSECURE_URL')
    },
  )

  test.each([
    '/cb',
    'client.example.com/cb',
    '//client.example.com/cb',
    `${redirect_uri}#part`,
    `${redirect_uri}#`,
    '',
  ])(
    'section 3.1.2: the redirection URI MUST be absolute and MUST NOT have a fragment: %p is refused',
    async wrong => {
      expect((await errorOf(() => begin({ redirect_uri: wrong }))).code).toBe('OAUTH_INVALID_OPTION')
      expect((await errorOf(() => prepareAuthorization(scripted(), { redirect_uri: wrong }))).code).toBe(
        'OAUTH_INVALID_OPTION',
      )
    },
  )

  test.each([
    'https://client.example.com/cb?a=b&c=%20',
    'com.example.app:/cb',
    'http://127.0.0.1:1234/cb',
    'urn:ietf:wg:oauth:2.0:oob',
  ])('section 3.1.2: any other is sent as it is, its query retained: %s', async uri => {
    const { url, transaction } = await begin({ redirect_uri: uri })
    expect(url.searchParams.getAll('redirect_uri')).toEqual([uri])
    expect(transaction.redirect_uri).toBe(uri)
  })

  test('section 3.1.2.3: the redirection URI MUST be included where more than one may be registered', async () => {
    expect((await begin()).url.searchParams.get('redirect_uri')).toBe(redirect_uri)
  })

  test('section 3.2: the query of the token endpoint MUST be retained', async () => {
    const token_endpoint = 'https://as.example/token?tenant=a%20b&x=%27'
    for (const { url } of await tokenRequests({
      server: { ...metadata, authorization_endpoint: 'https://as.example/authorize', token_endpoint },
    }))
      expect(url.href).toBe(token_endpoint)
  })

  test('section 3.2: the client MUST use POST for access token requests, its parameters in the body', async () => {
    for (const { method, url, body } of await tokenRequests()) {
      expect(method).toBe('POST')
      expect(url.search).toBe('')
      const names = [...body.keys()]
      expect(names).toEqual([...new Set(names)])
    }
  })

  test('section 3.2: requests to the token endpoint use TLS', async () => {
    const { as, session } = makeClient({ server: { token_endpoint: 'http://as.example/token' } })
    expect((await errorOf(() => fetchToken(session, password))).code).toBe('OAUTH_INSECURE_URL')
    expect(as.requests).toEqual([])
  })

  test('section 3.2: a member of the answer without a value MUST be treated as omitted', async () => {
    const { as, session } = makeClient()
    const empty = { token_type: '', expires_in: '', refresh_token: '', scope: '', id_token: '' }
    as.answers.push({ body: { access_token: 'a', ...empty } })
    expect(Object.keys(await fetchToken(session, password))).toEqual(['access_token'])
    as.answers.push({ body: { access_token: '', token_type: 'Bearer' } })
    expect((await errorOf(() => fetchToken(session, password))).code).toBe('OAUTH_INVALID_RESPONSE')
  })

  test('section 3.2.1: a client that was issued credentials MUST authenticate at the token endpoint', async () => {
    for (const { headers } of await tokenRequests({ client: confidential }))
      expect(headers.Authorization).toMatch(/^Basic /)
  })

  test('section 3.2.1: an unauthenticated client MUST send its client_id', async () => {
    for (const { headers, body } of await tokenRequests({ client: { client_id: ID } })) {
      expect(body.getAll('client_id')).toEqual([ID])
      expect(headers.Authorization).toBeUndefined()
    }
  })

  test('section 3.3: scope is a list with spaces between, as it is written', async () => {
    const { url } = await begin({ scope: ['Read', 'https://api.example/write'] })
    expect(url.searchParams.get('scope')).toBe('Read https://api.example/write')
  })

  test('section 3.3: a scope other than the one asked for is told; order does not matter, case does', async () => {
    const { as, session, events } = makeClient({ grant: clientCredentialsGrant({ scope: 'a B c' }) })
    const grant = clientCredentialsGrant({ scope: 'a B c' })
    for (const scope of ['c a B', 'a b c']) {
      as.answers.push({ body: { access_token: scope, token_type: 'Bearer', scope } })
      expect((await fetchToken(session, grant)).scope).toBe(scope)
    }
    expect(events.map(([, detail]) => (detail as { scopeChanged?: object }).scopeChanged)).toEqual([
      undefined,
      { missing: ['B'], added: ['b'] },
    ])
  })

  test('section 4.1.1: the authorization request: response_type MUST be code, client_id, redirect_uri, scope, state', async () => {
    const { url, transaction } = await begin({ scope: 'read' }, { client: { client_id: ID } })
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: ID,
      redirect_uri,
      scope: 'read',
      state: transaction.state,
    })
    expect(url.href).toContain('redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb')
  })

  test('section 4.1.2: MUST NOT use a code more than once', async () => {
    const { as, exchange, back } = await begin()
    await exchange(back({ code: 'once' }))
    expect((await errorOf(() => exchange(back({ code: 'once' })))).code).toBe('OAUTH_TRANSACTION_USED')
    expect(as.requests).toHaveLength(1)
  })

  test('section 4.1.2: MUST NOT use a code more than once, also where its exchange failed or is under way', async () => {
    const { as, exchange, back } = await begin()
    as.answers.push({ status: 400, body: { error: 'invalid_grant' } })
    const both = await Promise.allSettled([
      exchange(back({ code: 'once' })),
      exchange(back({ code: 'once' })),
    ])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect((await errorOf(() => exchange(back({ code: 'once' })))).code).toBe('OAUTH_TRANSACTION_USED')
    expect(as.requests).toHaveLength(1)
  })

  test('section 4.1.2: MUST ignore unrecognized response parameters; a code of any size', async () => {
    const { as, exchange, back } = await begin()
    const code = 'c/+ =&'.repeat(2000)
    await exchange(
      back({ code, session_state: 'x', grant_type: 'evil', redirect_uri: 'https://evil.example' }),
    )
    const { code_verifier: _, ...sent } = Object.fromEntries(last(as).body)
    expect(sent).toEqual({ grant_type: 'authorization_code', code, redirect_uri, client_id: 'app' })
  })

  test('section 4.1.2: state is the exact value that was sent', async () => {
    for (const change of [(text: string) => `${text} `, (text: string) => text.toUpperCase(), () => 'x']) {
      const { as, exchange, back, transaction } = await begin({ state: 'AbcD-state' })
      const callback = back({ code: 'c', state: change(transaction.state) })
      expect((await errorOf(() => exchange(callback))).code).toBe('OAUTH_STATE_MISMATCH')
      expect(as.requests).toEqual([])
    }
  })

  test('section 4.1.2.1: an error is told, and nothing is asked of the token endpoint', async () => {
    const { as, exchange, back } = await begin()
    const said = { error: 'access_denied', error_description: 'No.', error_uri: 'https://as.example/no' }
    expect(await errorOf(() => exchange(back({ ...said, code: 'c' })))).toMatchObject({
      code: 'OAUTH_AUTHORIZATION_FAILED',
      ...said,
    })
    expect(as.requests).toEqual([])
  })

  test('section 4.1.3: the token request: grant_type, code, redirect_uri identical, client_id, in a form of UTF-8', async () => {
    const uri = 'https://client.example.com:443/cb/../cb?x=%c3%a4&y'
    const { as, exchange, back } = await begin({ redirect_uri: uri })
    // the server adds to the query of the redirect URI, as section 3.1.2 has it
    await exchange(back({ code: 'ä' }).replace(/^[^?]+\?/, `${uri}&`))
    const { headers, body } = last(as)
    expect(headers['Content-Type']).toBe('application/x-www-form-urlencoded')
    expect(body.getAll('redirect_uri')).toEqual([uri])
    expect(`${body}`).toMatch(/^grant_type=authorization_code&code=%C3%A4&redirect_uri=https%3A%2F%2F/)
    expect(body.get('client_id')).toBe('app')
  })

  test('section 4.1.3: without redirect_uri in the authorization request there is none in the token request', async () => {
    const { session, as } = makeClient()
    const { transaction } = await createAuthorizationUrl(session, {})
    const authorizationResponse = `${redirect_uri}?code=c&state=${transaction.state}`
    await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
    expect(last(as).body.has('redirect_uri')).toBe(false)
  })

  test('section 4.2.1: an implicit request: response_type MUST be token, with client_id and state', async () => {
    const { url, transaction } = await begin({ response_type: 'token', scope: 'read' })
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'token',
      client_id: 'app',
      redirect_uri,
      scope: 'read',
      state: transaction.state,
    })
  })

  test('section 4.2.2: the token is read from the fragment; MUST ignore unrecognized parameters', async () => {
    const { as, readImplicit, back } = await begin({ response_type: 'token', scope: 'read' })
    const parameters = { access_token: '2YotnFZFEjr1zCsicMWpAA', token_type: 'BEARER', expires_in: '3600' }
    expect(await readImplicit(back({ ...parameters, example: 'x', constructor: 'y' }, '#'))).toMatchObject({
      access_token: '2YotnFZFEjr1zCsicMWpAA',
      expires_in: 3600,
      expires_at: as.now + 3600,
      scope: 'read',
    })
    expect(as.requests).toEqual([])
  })

  test('section 4.2.2.1: an error in the fragment is told', async () => {
    const { readImplicit, back } = await begin({ response_type: 'token' })
    expect(
      await errorOf(() => readImplicit(back({ error: 'access_denied', access_token: 'a' }, '#'))),
    ).toMatchObject({
      code: 'OAUTH_AUTHORIZATION_FAILED',
      error: 'access_denied',
    })
  })

  test('section 4.3.1: MUST discard the user’s credentials once a token was obtained', async () => {
    const store = memoryStore()
    const { as, session } = makeClient({ store, key: 'k' })
    as.answers.push({ body: { access_token: 'a0', refresh_token: 'r0', token_type: 'Bearer' } })
    const token = await fetchToken(session, password)
    await session.token({ rejected: token })
    expect(JSON.stringify([token, await store.get('k')])).not.toMatch(/johndoe|A3ddj3w/)
    expect(`${last(as).body}`).toBe('grant_type=refresh_token&refresh_token=r0&client_id=app')
  })

  test('section 4.3.2: the request: grant_type MUST be password, username, password, in a form of UTF-8', async () => {
    const { as, session } = makeClient()
    await fetchToken(session, passwordGrant({ username: 'jöhn', password: 'a b', scope: 'x y' }))
    expect(`${last(as).body}`).toBe(
      'grant_type=password&username=j%C3%B6hn&password=a+b&scope=x+y&client_id=app',
    )
  })

  test('section 4.4.2: the request: grant_type MUST be client_credentials, and the client MUST authenticate', async () => {
    const { as, session } = makeClient({
      client: confidential,
      grant: clientCredentialsGrant({ scope: 'x' }),
    })
    await session.token()
    expect(`${last(as).body}`).toBe('grant_type=client_credentials&scope=x')
    expect(last(as).headers.Authorization).toMatch(/^Basic /)
  })

  test('section 5.1: MUST ignore unrecognized members; values of any size', async () => {
    const { as, session } = makeClient()
    const access_token = 'x'.repeat(100_000)
    const unknown = {
      example_parameter: 'example_value',
      error_description: null,
      nested: { error: 'no' },
      status: 400,
    }
    as.answers.push({ body: { ...unknown, access_token, token_type: 'Bearer', expires_in: 3600 } })
    const token = await fetchToken(session, password)
    expect(token).toMatchObject({ access_token, expires_at: as.now + 3600 })
    expect(session.current()?.access_token).toBe(access_token)
  })

  test('section 5.1: token_type is case insensitive; an answer without scope grants what was asked for', async () => {
    for (const token_type of ['bearer', 'Bearer', 'BEARER']) {
      const { as, session } = makeClient()
      as.answers.push({ body: { access_token: 'a', token_type } })
      expect((await fetchToken(session, clientCredentialsGrant({ scope: 'a b' }))).scope).toBe('a b')
    }
  })

  test('section 5.1: a token is used no longer than expires_in says', async () => {
    const { as, session } = makeClient({ grant: clientCredentialsGrant() })
    await session.token()
    as.now += 3600
    expect(session.current()).toBeUndefined()
  })

  test.each([400, 401, 200])('section 5.2: an error is reported with any status: %i', async status => {
    const { as, session } = makeClient()
    const said = { error: 'invalid_scope', error_description: 'Too much.', error_uri: 'https://as.example/e' }
    as.answers.push({ status, body: { ...said, access_token: 'a' } })
    expect(await errorOf(() => fetchToken(session, password))).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      ...said,
    })
    expect(session.current()).toBeUndefined()
  })

  test('section 6: the request: grant_type MUST be refresh_token, with the token that was issued', async () => {
    const { as, session } = makeClient()
    await saveToken(session, { access_token: 'a0', refresh_token: 'r0', scope: 'read' })
    await refreshToken(session)
    expect(`${last(as).body}`).toBe('grant_type=refresh_token&refresh_token=r0&client_id=app')
  })

  test('section 6: MUST NOT ask for scope that was not granted: by itself it names none, and the granted one stays', async () => {
    const { as, session } = makeClient({ grant: clientCredentialsGrant({ scope: 'read write admin' }) })
    as.answers.push({
      body: { access_token: 'a0', refresh_token: 'r0', token_type: 'Bearer', scope: 'read' },
    })
    const { access_token } = await session.token()
    const renewed = await session.token({ rejected: { access_token } })
    expect(last(as).body.get('grant_type')).toBe('refresh_token')
    expect(last(as).body.has('scope')).toBe(false)
    expect(renewed.scope).toBe('read')
  })

  test('section 6: MUST discard the old refresh token and replace it with the new one', async () => {
    const store = memoryStore()
    const { as, session } = makeClient({ store, key: 'k' })
    await saveToken(session, { access_token: 'a0', refresh_token: 'r0' })
    for (const next of ['r1', 'r2']) {
      await refreshToken(session)
      expect(await store.get('k')).toMatchObject({ refresh_token: next })
    }
    expect(JSON.stringify(await store.get('k'))).not.toMatch(/"r[01]"/)
    expect(as.requests.map(({ body }) => body.get('refresh_token'))).toEqual(['r0', 'r1'])
    expect(as.reuse).toBe(0)
  })

  test('section 6: without a new refresh token the old one stays', async () => {
    const { as, session } = makeClient()
    await saveToken(session, { access_token: 'a0', refresh_token: 'r0' })
    for (const access_token of ['a1', 'a2']) {
      as.answers.push({ body: { access_token, token_type: 'Bearer' } })
      await refreshToken(session)
    }
    expect(as.requests.map(({ body }) => body.get('refresh_token'))).toEqual(['r0', 'r0'])
  })

  test.each(['mac', 'DPoP', 'example'])(
    'section 7.1: MUST NOT use a token of a type that it does not understand: %s, answered by the server',
    async token_type => {
      const { as, session, back, readImplicit } = await begin({ response_type: 'token' })
      as.answers.push({ body: { access_token: 'a', token_type } })
      expect((await errorOf(() => fetchToken(session, password))).code).toBe('OAUTH_UNSUPPORTED_TOKEN_TYPE')
      expect((await errorOf(() => readImplicit(back({ access_token: 'a', token_type }, '#')))).code).toBe(
        'OAUTH_UNSUPPORTED_TOKEN_TYPE',
      )
      expect(session.current()).toBeUndefined()
    },
  )

  test.each([
    ['mac', undefined],
    ['DPoP', undefined],
    ['bearer', mac()],
    ['bearer', dpop()],
  ])('section 7.1: … nor one that came another way: %s', async (token_type, tokenType) => {
    const { session } = makeClient(tokenType && { tokenType })
    const token = { access_token: 'a', token_type, mac_key: 'k', mac_algorithm: 'hmac-sha-256' }
    await saveToken(session, token)
    const written: string[] = []
    const request = {
      method: 'GET',
      url: 'https://api.example/',
      data: undefined,
      signal: undefined,
      header: () => undefined,
      setHeader: (name: string) => written.push(name),
    }
    for (const auth of [authOf(session), authFor({ token }, session)]) {
      const open = async () => auth.open?.(request) ?? (await auth.flow(request).next())
      expect((await errorOf(open)).code).toBe('OAUTH_UNSUPPORTED_TOKEN_TYPE')
      expect((await errorOf(() => auth.flow(request).next())).code).toBe('OAUTH_UNSUPPORTED_TOKEN_TYPE')
    }
    expect(written).toEqual([])
  })

  test('section 10.3: access tokens MUST only be transmitted using TLS', async () => {
    const sent: unknown[] = []
    const adapter = async (config: object) => {
      sent.push(config)
      return { status: 200, data: '', headers: {}, statusText: '', config } as never
    }
    const { session } = makeClient()
    await saveToken(session, { access_token: 'a0' })
    expect(
      (await errorOf(() => attachOAuth2(axios.create({ baseURL: 'http://api.example', adapter }), session)))
        .code,
    ).toBe('OAUTH_INSECURE_URL')
    const api = axios.create({ adapter })
    attachOAuth2(api, session, { allowedOrigins: () => true })
    await expect(api.get('http://api.example/')).rejects.toMatchObject({
      cause: { code: 'OAUTH_INSECURE_URL' },
    })
    expect(sent).toEqual([])
    await api.get('https://api.example/')
    expect(sent).toHaveLength(1)
  })

  test.each(['authorization_code', 'password', 'client_credentials', 'refresh_token'])(
    'section 10.8: tokens, passwords and client credentials MUST NOT be transmitted in the clear: %s',
    async grant_type => {
      const context = scripted([answer(200, {})], {
        client: confidential,
        server: { token_endpoint: 'http://as.example/' },
      })
      expect((await errorOf(() => callEndpoint(context, 'token', { grant_type }))).code).toBe(
        'OAUTH_INSECURE_URL',
      )
      const changed = scripted([answer(200, {})], {
        client: confidential,
        hooks: { tokenRequest: hook, refreshRequest: hook },
      })
      function hook(request: ServerRequest) {
        request.url = new URL('http://as.example/token')
      }
      expect((await errorOf(() => callEndpoint(changed, 'token', { grant_type }))).code).toBe(
        'OAUTH_INSECURE_URL',
      )
      expect([...context.sent, ...changed.sent]).toEqual([])
    },
  )

  test('section 10.9: MUST validate the certificate of the authorization server', async () => {
    const [key, cert] = ['key', 'cert'].map(name =>
      readFileSync(join(__dirname, `../support/tls/${name}.pem`)),
    )
    const server = await listen(() => ({ body: '{"access_token":"a","token_type":"Bearer"}' }), { key, cert })
    const session = createOAuth2Session({
      server: { token_endpoint: `${server.origin}/token` },
      client: confidential,
      grant: clientCredentialsGrant(),
    })
    expect((await errorOf(() => session.token())).code).toBe('OAUTH_SERVER_UNAVAILABLE')
    expect(server.seen).toEqual([])
    await server.close()
  })

  test('section 10.12: MUST protect its redirection URI: state cannot be guessed (section 10.10: 2^-160 or less)', async () => {
    const sizes: number[] = []
    const states = new Set<string>()
    for (let count = 0; count < 20; count++) {
      const random = (bytes: number) => {
        sizes.push(bytes)
        return globalThis.crypto.getRandomValues(new Uint8Array(bytes))
      }
      const { url, transaction } = await begin({}, { random })
      expect(url.searchParams.get('state')).toBe(transaction.state)
      expect(transaction.state.length * 6).toBeGreaterThanOrEqual(160)
      states.add(transaction.state)
    }
    expect(states.size).toBe(20)
    expect(Math.min(...sizes) * 8).toBeGreaterThanOrEqual(160)
  })

  test('section 10.12: a response without the state of this user agent is not used', async () => {
    const attacker = await begin()
    const victim = await begin()
    for (const callback of [`${redirect_uri}?code=evil`, attacker.back({ code: 'evil' })])
      expect((await errorOf(() => victim.exchange(callback))).code).toBe('OAUTH_STATE_MISMATCH')
    for (const transaction of [undefined, {}, { state: '' }, { state: undefined }]) {
      const grant = authorizationCodeGrant({
        authorizationResponse: `${redirect_uri}?code=evil&state=`,
        transaction,
      } as never)
      expect((await errorOf(() => fetchToken(victim.session, grant))).code).toBe('OAUTH_STATE_MISMATCH')
    }
    const token = victim.back({ access_token: 'evil', state: 'other' }, '#')
    expect((await errorOf(() => victim.readImplicit(token))).code).toBe('OAUTH_STATE_MISMATCH')
    expect(victim.as.requests).toEqual([])
  })

  test('section 10.14: MUST sanitize what it received: no line break or control character gets into a message', async () => {
    const evil = 'a\r\nfake: line\u001b[2J\u0000\u009b1m\u2028\u202eb'
    const { as, session, exchange, back } = await begin()
    as.answers.push({ status: 400, body: { error: evil, error_description: evil } })
    as.answers.push({ body: { access_token: 'a', token_type: evil } })
    for (const run of [
      () => exchange(back({ error: evil, error_description: evil })),
      () => fetchToken(session, password),
      () => fetchToken(session, password),
    ]) {
      const { message } = await errorOf(run)
      expect(message).toContain('fake: line')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is about them
      expect(message).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/)
    }
  })

  test('section 10.16: an implicit answer without a verified ID token does not identify the person', async () => {
    const { back, readImplicit } = await begin({ response_type: 'id_token token', scope: 'openid' })
    const callback = back({ access_token: 'evil', token_type: 'bearer', id_token: 'e30.e30.e30' }, '#')
    expect((await errorOf(() => readImplicit(callback))).code).toBe('OAUTH_ID_TOKEN_INVALID')
  })

  test('appendix B: names and values MUST be UTF-8 (the example), on the wire', async () => {
    const value = ' %&+£€'
    expect(formEncode(value)).toBe('+%25%26%2B%C2%A3%E2%82%AC')
    const server = await listen(() => ({ body: '{"access_token":"a","token_type":"Bearer"}' }))
    const session = createOAuth2Session({
      server: { token_endpoint: `${server.origin}/token` },
      client: { client_id: ID },
    })
    await fetchToken(session, passwordGrant({ username: 'u', password: value, parameters: { '€': 'ß' } }))
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        url: '/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `grant_type=password&username=u&password=+%25%26%2B%C2%A3%E2%82%AC&%E2%82%AC=%C3%9F&client_id=${ID}`,
      },
    ])
    await server.close()
  })
})
