import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.js'
import { passwordGrant } from '../../src/grants/password.js'
import { clientSecretPost } from '../../src/server/client-auth/client-secret-post.js'
import { discover } from '../../src/server/discovery.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { introspectToken } from '../../src/session/introspection.js'
import { revokeToken } from '../../src/session/revocation.js'
import { createSession, type OAuth2SessionOptions } from '../../src/session/session.js'
import { errorOf, nodeSend } from '../oauth2/support.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'

/** Every message of the protocol over a real socket, without axios. */
let as: AuthorizationServer
beforeAll(async () => {
  as = await startAuthorizationServer({
    clients: { app: undefined, worker: 'wörker:secret %' },
    users: { anna: 'pass word' },
    rotate: true,
  })
})
afterAll(() => as.stop())

const sessionOf = (options: Partial<OAuth2SessionOptions> = {}) =>
  createSession(
    { server: discover(as.url), client: { client_id: 'app' }, ...options },
    { send: nodeSend, http: {} as never },
  )
const worker = { client_id: 'worker', client_secret: 'wörker:secret %' }

it('signs in with a code, renews, introspects and logs out', async () => {
  const session = sessionOf()
  const scopes: unknown[] = []
  session.on('token', ({ scopeChanged }) => scopes.push(scopeChanged))
  const { url, transaction } = await createAuthorizationUrl(session, {
    redirect_uri: 'http://127.0.0.1:9/cb?x=1',
    scope: 'read write',
  })
  const callback = await as.authorize(url)
  const remembered = JSON.parse(JSON.stringify(transaction))
  const token = await fetchToken(
    session,
    authorizationCodeGrant({ authorizationResponse: callback, transaction: remembered }),
  )
  expect(as.isActive(token.access_token)).toBe(true)
  expect(scopes).toEqual([undefined])
  expect(as.counts.metadata).toBe(1)
  expect(await introspectToken(session)).toMatchObject({
    active: true,
    client_id: 'app',
    scope: 'read write',
  })

  const again = authorizationCodeGrant({ authorizationResponse: callback, transaction })
  expect((await errorOf(() => fetchToken(session, again))).code).toBe('OAUTH_TRANSACTION_USED')

  const renewed = await session.token({ rejected: token })
  expect(renewed.access_token).not.toBe(token.access_token)
  expect(as.counts.grants).toEqual({ authorization_code: 1, refresh_token: 1 })

  expect(await revokeToken(session)).toEqual({ revoked: true })
  expect(as.activeTokens()).toEqual([])
  expect(as.counts.reuse).toBe(0)
})

it.each([
  ['Basic', undefined],
  ['post', clientSecretPost()],
])('authenticates a client with an awkward secret: %s', async (_, clientAuth) => {
  const session = sessionOf({
    client: worker,
    grant: clientCredentialsGrant({ scope: 'jobs', parameters: { resource: ['https://a', 'https://b'] } }),
    ...(clientAuth && { clientAuth }),
  })
  const token = await session.token()
  expect(as.find(token.access_token)).toMatchObject({ client_id: 'worker', scope: 'jobs' })
  expect(as.requests.at(-1)?.parameters.getAll('resource')).toEqual(['https://a', 'https://b'])
  expect(await introspectToken(session)).toMatchObject({ active: true })
  expect(await revokeToken(session)).toEqual({ revoked: true })
  expect(as.isActive(token.access_token)).toBe(false)
})

it('is told why it is refused', async () => {
  const session = sessionOf({
    client: { ...worker, client_secret: 'wrong-canary' },
    grant: clientCredentialsGrant(),
  })
  const error = await errorOf(() => session.token())
  expect(error).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error: 'invalid_client', status: 401 })
  expect(error.message).not.toContain('canary')
  const wrong = sessionOf({ grant: passwordGrant({ username: 'anna', password: 'wrong-canary' }) })
  expect(await errorOf(() => wrong.token())).toMatchObject({
    code: 'OAUTH_SERVER_REFUSED',
    error: 'invalid_grant',
  })
})

it('signs in by name and password, again whenever it must', async () => {
  const session = sessionOf({
    grant: passwordGrant({ username: 'anna', password: 'pass word', scope: 'read' }),
  })
  const token = await session.token()
  expect(as.find(token.access_token)).toMatchObject({ subject: 'anna', scope: 'read' })
  as.revokeEverything()
  const another = await session.token({ rejected: token })
  expect(as.isActive(another.access_token)).toBe(true)
})

// fetchToken forgets `grant.scope` as soon as the endpoint is called without one; make this `it` when it does
// not any more
it('tells of a scope that differs from the one that was asked for', async () => {
  const session = sessionOf()
  const changes: unknown[] = []
  session.on('token', ({ scopeChanged }) => changes.push(scopeChanged))
  const { url, transaction } = await createAuthorizationUrl(session, {
    redirect_uri: 'http://127.0.0.1:9/cb',
    scope: 'read offline_access',
  })
  as.extra = { scope: 'profile read' }
  const token = await fetchToken(
    session,
    authorizationCodeGrant({ authorizationResponse: await as.authorize(url), transaction }),
  ).finally(() => {
    as.extra = {}
  })
  expect(token.scope).toBe('profile read')
  expect(changes).toEqual([{ missing: ['offline_access'], added: ['profile'] }])
})
