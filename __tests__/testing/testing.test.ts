import axios from 'axios'
import MockAdapter from 'axios-mock-adapter'
import {
  attachOAuth2,
  authorizationCodeGrant,
  clientCredentialsGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  deviceCodeGrant,
  discover,
  fetchToken,
  introspectToken,
  isOAuthError,
  revokeToken,
} from 'axios-oauth-interceptor'
import {
  fakeAuthorizationServer,
  fakeClock,
  fakeSession,
  lastAuthorization,
  recordAuthorizations,
  signedInState,
} from 'axios-oauth-interceptor/testing'
import nock from 'nock'

const API = 'https://api.example.com'

/** An API that takes the fake server's tokens, on an instance with the session attached. */
function attached(session = fakeSession({ scope: 'read' }), make = axios.create) {
  const api = make({ baseURL: API, adapter: session.server.api() as never })
  attachOAuth2(api, session)
  recordAuthorizations(api)
  return { api, session }
}

const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (failed: unknown) => failed,
  )
  const cause = isOAuthError(error) ? error : (error as { cause?: unknown }).cause
  return isOAuthError(cause) ? cause.code : `${error}`
}

describe('fakeSession', () => {
  it('is signed in without a server or a network', async () => {
    const { api, session } = attached()
    expect((await api.get('/me')).data).toEqual({ ok: true })
    expect(lastAuthorization(api)).toBe('Bearer access-1')
    expect(session.server.counts.token).toBe(0)
    expect(await session.authorized()).toBe(true)
  })

  it('carries the token that the test names', async () => {
    const session = fakeSession({ token: 'my-token' })
    const api = axios.create({ baseURL: API, adapter: async config => ({ config, status: 200 }) as never })
    attachOAuth2(api, session)
    recordAuthorizations(api)
    await api.get('/me')
    expect(lastAuthorization(api)).toBe('Bearer my-token')
  })

  it('renews a token that is about to expire', async () => {
    const { api, session } = attached(fakeSession({ status: 'expiring' }))
    await api.get('/me')
    expect(lastAuthorization(api)).toBe('Bearer access-3')
    expect(session.server.counts.token).toBe(1)
  })

  it('renews once for all requests when the test lets the token expire', async () => {
    const { api, session } = attached()
    await api.get('/me')
    session.expire()
    await Promise.all(Array.from({ length: 20 }, () => api.get('/me')))
    expect(session.server.counts.token).toBe(1)
  })

  it('renews after a 401, unseen by the application', async () => {
    const { api, session } = attached()
    session.server.revokeAccessTokens()
    expect((await api.get('/me')).status).toBe(200)
    expect(session.server.counts.token).toBe(1)
  })

  it('is signed out until the test signs in', async () => {
    const { api, session } = attached(fakeSession({ status: 'signed-out' }))
    expect(await codeOf(api.get('/me'))).toBe('OAUTH_INTERACTION_REQUIRED')
    await session.signIn()
    expect((await api.get('/me')).status).toBe(200)
  })

  it('has ended when the test begins, or ends by a call and tells its listeners', async () => {
    expect(await codeOf(attached(fakeSession({ status: 'ended' })).api.get('/me'))).toBe(
      'OAUTH_SESSION_ENDED',
    )
    const { api, session } = attached()
    await api.get('/me')
    const reasons: string[] = []
    session.on('ended', ({ reason }) => reasons.push(reason))
    await session.end()
    expect(reasons).toEqual(['invalid_grant'])
    expect(await codeOf(api.get('/me'))).toBe('OAUTH_SESSION_ENDED')
  })

  it('logs out as in production', async () => {
    const { session } = attached()
    expect(await revokeToken(session)).toMatchObject({ revoked: true })
    expect(session.server.counts.revocation).toBe(1)
    expect(await session.authorized()).toBe(false)
  })

  it('renews while the timers of the runner are fake', async () => {
    jest.useFakeTimers()
    try {
      const { api, session } = attached()
      session.expire()
      expect((await api.get('/me')).status).toBe(200)
      expect(session.server.counts.token).toBe(1)
    } finally {
      jest.useRealTimers()
    }
  })

  it.each(['axios-0-27', 'axios-1-7'])('works with an instance of %s', async name => {
    const { api } = attached(fakeSession(), jest.requireActual(name).create)
    expect((await api.get('/me')).status).toBe(200)
    expect(lastAuthorization(api)).toBe('Bearer access-1')
  })
})

describe('fakeAuthorizationServer', () => {
  const client = { client_id: 'app' }
  const options = () => {
    const clock = fakeClock()
    const server = fakeAuthorizationServer({ clock })
    return {
      server,
      clock,
      session: createOAuth2Session({ server: server.metadata, http: server.http, client, clock }),
    }
  }

  it('plays the whole sign-in, with PKCE and an ID token', async () => {
    const { server, session } = options()
    const redirect_uri = 'https://app.example.com/callback'
    const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri, scope: 'openid read' })
    const authorizationResponse = server.signIn(url, { claims: { sub: 'anna' } })
    const token = await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
    expect(token).toMatchObject({
      access_token: 'access-2',
      scope: 'openid read',
      id_token: expect.any(String),
    })
  })

  it('refuses a code without its verifier, and a code that comes twice', async () => {
    const { server, session } = options()
    const redirect_uri = 'https://app.example.com/callback'
    const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri })
    const authorizationResponse = server.signIn(url)
    const code = new URL(authorizationResponse).searchParams.get('code') ?? ''
    const forged = { ...transaction, code_verifier: 'x'.repeat(43) }
    const grant = authorizationCodeGrant({ authorizationResponse, transaction: forged })
    expect(await codeOf(fetchToken(session, grant))).toBe('OAUTH_SERVER_REFUSED')
    const again = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri })
    expect((await server.http.post(`${server.issuer}/token`, again)).status).toBe(400)
  })

  it('simulates a refusal by the person', async () => {
    const { server, session } = options()
    const { url, transaction } = await createAuthorizationUrl(session, {
      redirect_uri: 'https://app.example.com/cb',
    })
    const authorizationResponse = server.signIn(url, { error: 'access_denied' })
    const grant = authorizationCodeGrant({ authorizationResponse, transaction })
    expect(await codeOf(fetchToken(session, grant))).toBe('OAUTH_AUTHORIZATION_FAILED')
  })

  it('answers discovery, introspection and unattended grants', async () => {
    const server = fakeAuthorizationServer()
    const grant = clientCredentialsGrant({ scope: 'read' })
    const session = createOAuth2Session({
      server: discover(server.issuer),
      http: server.http,
      client: { client_id: 'worker', client_secret: 'secret' },
      grant,
    })
    await session.token()
    expect(server.counts).toMatchObject({ metadata: 1, token: 1 })
    expect(await introspectToken(session)).toMatchObject({ active: true, scope: 'read' })
    expect(server.tokenRequests[0]?.get('grant_type')).toBe('client_credentials')
  })

  it('waits for a device code to be approved', async () => {
    const { server, session } = options()
    const grant = deviceCodeGrant({ onUserCode: () => server.approveDevice(), sleep: async () => {} })
    expect(await fetchToken(session, grant)).toMatchObject({
      access_token: expect.stringMatching(/^access-/),
    })
  })

  it('notices a spent refresh token and ends the grant', async () => {
    const { server, session } = options()
    const { refresh_token = '' } = server.issue()
    const post = () =>
      server.http.post(`${server.issuer}/token`, `grant_type=refresh_token&refresh_token=${refresh_token}`)
    expect((await post()).status).toBe(200)
    expect((await post()).status).toBe(400)
    expect(server.counts.reuse).toBe(1)
    expect(session.current()).toBeUndefined()
  })

  it.each([
    ['unavailable', 'OAUTH_SERVER_UNAVAILABLE'],
    ['html', 'OAUTH_INVALID_RESPONSE'],
    ['network', 'OAUTH_SERVER_UNAVAILABLE'],
    [{ status: 400, body: { error: 'invalid_client' } }, 'OAUTH_SERVER_REFUSED'],
  ] as const)('makes a renewal fail on order: %j', async (fault, code) => {
    const session = fakeSession({ status: 'signed-in' })
    const { api } = attached(session)
    session.expire()
    session.server.fail('token', fault)
    expect(await codeOf(api.get('/me'))).toBe(code)
    session.clock.advance(600)
    expect((await api.get('/me')).status).toBe(200)
  })

  it('ends the session with invalid_grant', async () => {
    const session = fakeSession()
    const { api } = attached(session)
    session.expire()
    session.server.fail('token', 'invalid_grant')
    expect(await codeOf(api.get('/me'))).toBe('OAUTH_SESSION_ENDED')
  })

  it('holds an answer back until the test lets it go', async () => {
    const session = fakeSession()
    const { api } = attached(session)
    session.expire()
    const release = session.server.hold('token')
    let done = false
    const request = api.get('/me').then(() => {
      done = true
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(done).toBe(false)
    expect(session.server.counts.token).toBe(1)
    release()
    await request
    expect(done).toBe(true)
  })

  it('answers an instance of the application, and leaves other hosts to its adapter', async () => {
    const server = fakeAuthorizationServer()
    const others = jest.fn(async config => ({ config, status: 204 }))
    const instance = axios.create({ adapter: server.adapter(others as never) as never })
    const { data } = await instance.get(`${server.issuer}/.well-known/openid-configuration`)
    expect(data.token_endpoint).toBe(server.metadata.token_endpoint)
    expect((await instance.get('https://elsewhere.example.com/')).status).toBe(204)
    expect(await codeOf(axios.create({ adapter: server.adapter() as never }).get(API))).toBe(
      'OAUTH_INVALID_OPTION',
    )
  })
})

describe('beside other mocks', () => {
  // importing nock takes node:http over, for every test file that this process runs afterwards
  afterAll(() => nock.restore())

  it('nock answers the API, the kit the authorization server', async () => {
    nock(API).get('/me').matchHeader('authorization', 'Bearer access-3').reply(200, { name: 'Anna' })
    nock(API).get('/me').reply(401)
    const session = fakeSession({ status: 'expiring' })
    const api = axios.create({ baseURL: API, adapter: 'http' })
    attachOAuth2(api, session)
    expect((await api.get('/me')).data).toEqual({ name: 'Anna' })
    nock.cleanAll()
  })

  it('axios-mock-adapter answers the API, and its requests are recorded', async () => {
    const session = fakeSession()
    const api = axios.create({ baseURL: API })
    attachOAuth2(api, session)
    const mock = new MockAdapter(api)
    mock.onGet('/me').reply(200, { name: 'Anna' })
    const { sent, restore } = recordAuthorizations(api)
    expect((await api.get('/me', { params: { page: 2 } })).data).toEqual({ name: 'Anna' })
    expect(sent).toEqual([{ method: 'GET', url: `${API}/me?page=2`, authorization: 'Bearer access-1' }])
    restore()
    expect(() => lastAuthorization(api)).toThrow(/recordAuthorizations/)
  })
})

describe('signedInState', () => {
  it('is read by a page whose session lives in webStorageStore', async () => {
    const state = signedInState({
      origin: 'http://localhost:5173',
      key: 'app',
      token: { access_token: 'test' },
    })
    expect(state).toEqual({
      cookies: [],
      origins: [
        { origin: 'http://localhost:5173', localStorage: [{ name: 'oauth:app', value: expect.any(String) }] },
      ],
    })
    expect(JSON.parse(state.origins[0]?.localStorage[0]?.value ?? '')).toMatchObject({
      v: 1,
      version: 1,
      tokens: { '': { access_token: 'test' } },
    })
  })
})
