/** An independent authorization server and API, made of Python's Authlib, and real axios instances. */
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import axios from 'axios'
import axios021 from 'axios-0-21'
import * as oauth from '../../src/index.js'
import { clientSecretJwt, jwtBearerGrant, privateKeyJwt } from '../../src/jwt.js'
import { idTokenValidator } from '../../src/oidc.js'
import { registerClient } from '../../src/protocol.js'
import { optional } from '../support/optional.js'
import { pythonWith, startPython } from '../support/python.js'

const python = pythonWith('authlib.oauth2')

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'client-key', use: 'sig' }
const redirect_uri = 'http://127.0.0.1/callback'
// Authlib's server compares what it decodes from Basic without undoing the form encoding of RFC 6749
const secret = 'sécret: &+%/'

optional(
  "python3 with Authlib's server",
  !!python,
  'apt-get install python3-authlib',
)("Authlib's server", () => {
  let server: Awaited<ReturnType<typeof startPython>>
  let issuer: string
  beforeAll(async () => {
    server = await startPython(python, join(__dirname, 'authlib_server.py'), {
      CLIENT_JWKS: JSON.stringify({ keys: [jwk] }),
    })
    issuer = server.url
  }, 30_000)
  afterAll(() => server.stop())

  const open = (options: Partial<oauth.OAuth2SessionOptions>) =>
    oauth.createOAuth2Session({ server: oauth.discover(issuer), ...options })

  /** An instance with the session attached. */
  function apiOf(session: oauth.OAuth2Session, library: typeof axios = axios) {
    const api = library.create({ baseURL: `${issuer}/api` })
    oauth.attachOAuth2(api, session)
    return api
  }
  const expire = () => axios.post(`${issuer}/expire`)
  const events = async (): Promise<string[]> => (await axios.get(`${issuer}/events`)).data

  /** Signs Ann in by a browser that agrees to everything. */
  async function signIn(session: oauth.OAuth2Session, scope = 'openid profile read') {
    const { url, transaction } = await oauth.createAuthorizationUrl(session, { redirect_uri, scope })
    const page = await axios.get(url, { maxRedirects: 0, validateStatus: () => true })
    expect(page.status).toBe(302)
    const authorizationResponse = page.headers.location as string
    return oauth.fetchToken(session, oauth.authorizationCodeGrant({ authorizationResponse, transaction }))
  }

  describe('authenticates a client', () => {
    const keyOptions = { keyid: 'client-key', audience: () => `${issuer}/token` }
    test.each<[string, oauth.ClientMetadata, () => oauth.ClientAuth | undefined]>([
      ['client_secret_basic', { client_id: 'basic', client_secret: 'plain-secret' }, () => undefined],
      ['client_secret_post', { client_id: 'post', client_secret: secret }, () => oauth.clientSecretPost()],
      [
        'client_secret_jwt',
        { client_id: 'jwt', client_secret: 'a shared secret of thirty-two characters' },
        () => clientSecretJwt({ audience: `${issuer}/token` }),
      ],
      [
        'private_key_jwt',
        { client_id: 'jwt' },
        () => privateKeyJwt({ key: privateKey, kid: 'client-key', audience: keyOptions.audience() }),
      ],
    ])('by %s', async (_method, client, clientAuth) => {
      const auth = clientAuth()
      const grant = oauth.clientCredentialsGrant({ scope: 'read' })
      const session = open({ client, grant, ...(auth && { clientAuth: auth }) })
      const { data } = await apiOf(session).get('/x')
      expect(data).toEqual({ sub: null, scope: 'read' })
    })

    test('and refuses a wrong secret', async () => {
      const grant = oauth.clientCredentialsGrant({ scope: 'read' })
      const session = open({ client: { client_id: 'basic', client_secret: 'wrong' }, grant })
      const error = await session.token().catch(error => error)
      expect(error).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error: 'invalid_client' })
    })
  })

  test('signs a person in with PKCE and a verified ID token; twenty refused requests share one renewal', async () => {
    const session = open({ client: { client_id: 'spa' }, openid: idTokenValidator() })
    const before = await signIn(session)
    expect(before).toMatchObject({ id_token: expect.any(String), scope: 'openid profile read' })
    const api = apiOf(session)
    expect((await api.get('/me')).data).toMatchObject({ sub: 'ann' })
    await expire()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => api.get(`/${index}`)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect((await session.token()).access_token).not.toBe(before.access_token)
    expect(await events()).not.toContain('a spent refresh token came')
  })

  test('serves axios 0.21 alike', async () => {
    const session = open({ client: { client_id: 'spa' } })
    await signIn(session, 'read')
    const api = apiOf(session, axios021 as never)
    await expire()
    expect((await api.get('/me')).data).toMatchObject({ sub: 'ann' })
  })

  test('takes a code once, and only with its verifier', async () => {
    const session = open({ client: { client_id: 'spa' } })
    const { url, transaction } = await oauth.createAuthorizationUrl(session, { redirect_uri, scope: 'read' })
    const page = await axios.get(url, { maxRedirects: 0, validateStatus: () => true })
    const authorizationResponse = page.headers.location as string
    const forged = { ...transaction, code_verifier: 'x'.repeat(43) }
    const grant = oauth.authorizationCodeGrant({ authorizationResponse, transaction: forged })
    const error = await oauth.fetchToken(session, grant).catch(error => error)
    expect(error).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error: 'invalid_grant' })
    expect(await session.authorized()).toBe(false)
  })

  test('introspects and revokes a token; then the session has ended', async () => {
    const client = { client_id: 'basic', client_secret: 'plain-secret' }
    const session = open({ client })
    await signIn(session, 'read')
    expect(await oauth.introspectToken(session)).toMatchObject({ active: true, sub: 'ann', scope: 'read' })
    const { access_token } = await session.token()
    expect(await oauth.revokeToken(session)).toMatchObject({ revoked: true })
    expect(await events()).toContain('revoked by its refresh_token')
    const bearer = { headers: { Authorization: `Bearer ${access_token}` } }
    await expect(axios.get(`${issuer}/api`, bearer)).rejects.toMatchObject({ response: { status: 401 } })
    const refused = await apiOf(session)
      .get('/x')
      .catch(error => error)
    expect(refused.cause).toMatchObject({ code: 'OAUTH_SESSION_ENDED' })
  })

  test('ends the session whose refresh token it no longer knows', async () => {
    const session = open({ client: { client_id: 'spa' } })
    const ended: unknown[] = []
    session.on('ended', event => ended.push(event))
    await oauth.saveToken(session, { access_token: 'a', refresh_token: 'unknown', expires_in: 3600 })
    const refused = await apiOf(session)
      .get('/x')
      .catch(error => error)
    expect(refused.response.status).toBe(401)
    expect(refused.cause).toMatchObject({ code: 'OAUTH_SESSION_ENDED', error: 'invalid_grant' })
    expect(ended).toHaveLength(1)
  })

  test('answers 403 for a scope that is too small: the application sees it, and nothing is renewed', async () => {
    const session = open({ client: { client_id: 'spa' } })
    const { access_token } = await signIn(session, 'write')
    const refused = await apiOf(session)
      .get('/x')
      .catch(error => error)
    expect(refused.response).toMatchObject({ status: 403, data: { error: 'insufficient_scope' } })
    expect((await session.token()).access_token).toBe(access_token)
  })

  describe('has further grants', () => {
    const client = { client_id: 'basic', client_secret: 'plain-secret' }

    test('password', async () => {
      const session = open({ client })
      const person = { username: 'ann', password: 'pässword &+%', scope: 'read' }
      await oauth.fetchToken(session, oauth.passwordGrant(person))
      expect((await apiOf(session).get('/x')).data).toMatchObject({ sub: 'ann' })
    })

    test('device code', async () => {
      // this server looks for the client_id in the form, also where the client authenticates by Basic
      const session = open({
        client: { client_id: 'post', client_secret: secret },
        clientAuth: oauth.clientSecretPost(),
      })
      const shown: unknown[] = []
      const grant = oauth.deviceCodeGrant({
        scope: 'read',
        onUserCode: code => void shown.push(code),
        sleep: async () => {},
      })
      await oauth.fetchToken(session, grant)
      expect(shown).toMatchObject([{ user_code: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/), interval: 5 }])
      expect((await apiOf(session).get('/x')).data).toMatchObject({ sub: 'ann' })
    })

    test('a signed assertion', async () => {
      const grant = jwtBearerGrant({
        key: privateKey,
        kid: 'client-key',
        issuer: 'basic',
        subject: 'ann',
        audience: `${issuer}/token`,
        scope: 'read',
        scopeIn: 'body',
      })
      const session = open({ client, grant })
      expect((await apiOf(session).get('/x')).data).toMatchObject({ sub: 'ann' })
    })

    test('implicit', async () => {
      const session = open({ client: { client_id: 'spa' } })
      const asked = { redirect_uri, scope: 'read', response_type: 'token' }
      const { url, transaction } = await oauth.createAuthorizationUrl(session, asked)
      const page = await axios.get(url, { maxRedirects: 0, validateStatus: () => true })
      const authorizationResponse = page.headers.location as string
      await oauth.fetchToken(session, oauth.implicitGrant({ authorizationResponse, transaction }))
      expect((await apiOf(session).get('/x')).data).toMatchObject({ sub: 'ann' })
    })
  })

  test('registers a client, which then signs a person in', async () => {
    const metadata = {
      client_name: 'App',
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    }
    const client = await registerClient(open({}), metadata, { initialAccessToken: 'initial' })
    expect(client).toMatchObject({ client_id: expect.any(String), client_secret: expect.any(String) })
    const session = open({ client })
    await signIn(session, 'read')
    await expire()
    expect((await apiOf(session).get('/x')).data).toMatchObject({ sub: 'ann' })
  })
})
