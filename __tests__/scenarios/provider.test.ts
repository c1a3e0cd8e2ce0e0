import { webcrypto } from 'node:crypto'
import axios from 'axios'
import {
  attachOAuth2,
  authorizationCodeGrant,
  clientCredentialsGrant,
  clientSecretPost,
  createAuthorizationUrl,
  createOAuth2Session,
  discover,
  fetchToken,
  introspectToken,
  type OAuth2SessionOptions,
  refreshToken,
  revokeToken,
} from '../../src/index.js'
import { type OidcProvider, startOidcProvider } from '../servers/oidc.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { failure, reason, settle } from './world.js'

/** The main job against the certified provider: nothing of the authorization server is ours here. */
let provider: OidcProvider
let api: ResourceServer
let advanced = 0
beforeAll(async () => {
  provider = await startOidcProvider()
  const basic = Buffer.from(`api:${provider.clients.api?.client_secret}`).toString('base64')
  api = await startResourceServer({
    async accepts(token) {
      const response = await fetch(`${provider.issuer}/token/introspection`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ token }),
      })
      return ((await response.json()) as { active: boolean }).active
    },
  })
})
afterAll(async () => {
  await api.stop()
  await provider.stop()
})
beforeEach(() => api.reset())

function build(clientId: string, options: Partial<OAuth2SessionOptions> = {}) {
  const { client_id, client_secret } = provider.clients[clientId] ?? { client_id: clientId }
  const session = createOAuth2Session({
    server: discover(provider.issuer),
    client: client_secret === undefined ? { client_id } : { client_id, client_secret },
    clock: () => Date.now() / 1000 + advanced,
    // Node 18 has no global one
    crypto: webcrypto as Crypto,
    ...options,
  })
  const http = axios.create({ baseURL: api.url })
  attachOAuth2(http, session)
  return { session, http }
}

async function signIn(session: ReturnType<typeof build>['session']) {
  const { url, transaction } = await createAuthorizationUrl(session, {
    redirect_uri: provider.redirectUri,
    scope: 'openid profile',
  })
  // The transaction survives a page load
  const kept = JSON.parse(JSON.stringify(transaction))
  const authorizationResponse = await provider.authorize(url)
  return fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction: kept }))
}

test.each([
  ['spa', undefined],
  ['web', undefined],
  ['web-post', clientSecretPost()],
] as const)('%s signs in, works, renews, introspects and revokes', async (clientId, clientAuth) => {
  const { session, http } = build(clientId, clientAuth ? { clientAuth } : {})
  const before = await provider.stats()
  const token = await signIn(session)
  expect(token).toMatchObject({ token_type: 'Bearer', scope: 'openid profile' })
  expect((await http.get('/x')).status).toBe(200)

  await provider.revokeAccessToken(token.access_token)
  expect((await http.get('/x')).status).toBe(200)
  await provider.advance(3600)
  advanced += 3600
  expect((await http.get('/x')).status).toBe(200)
  expect(api.counts.status).toEqual({ 200: 3, 401: 1 })

  expect(await introspectToken(session)).toMatchObject({ active: true, sub: 'anna' })
  expect(await revokeToken(session)).toMatchObject({ revoked: true })
  expect(reason(await failure(http.get('/x')))?.code).toBe('OAUTH_SESSION_ENDED')
  const after = await provider.stats()
  expect(after.tokenRequests - before.tokenRequests).toBe(3)
  expect(after.reuse).toBe(0)
})

test('a storm against the certified provider: one renewal, no spent token', async () => {
  const { session, http } = build('spa')
  const { access_token } = await signIn(session)
  const before = await provider.stats()
  await provider.revokeAccessToken(access_token)
  const outcomes = await settle(Array.from({ length: 100 }, (_, id) => http.post('/x', { id })))
  expect(outcomes.filter(outcome => outcome.ok)).toHaveLength(100)
  expect(api.duplicates()).toEqual([])
  const after = await provider.stats()
  expect(after.tokenRequests - before.tokenRequests).toBe(1)
  expect(after.reuse).toBe(before.reuse)
})

test('a grant that was ended at the server: one event, then silence', async () => {
  const { session, http } = build('spa')
  const ended: string[] = []
  session.on('ended', detail => ended.push(detail.reason))
  const { access_token } = await signIn(session)
  await provider.revokeGrant(access_token)
  const before = await provider.stats()
  const outcomes = await settle(Array.from({ length: 10 }, () => http.get('/x')))
  expect(outcomes.map(outcome => !outcome.ok && reason(outcome.error)?.code)).toEqual(
    Array(10).fill('OAUTH_SESSION_ENDED'),
  )
  await failure(http.get('/x'))
  expect((await provider.stats()).tokenRequests - before.tokenRequests).toBe(1)
  expect(ended).toEqual(['invalid_grant'])
})

test('client credentials: fetched when needed, and again when refused', async () => {
  const { http } = build('machine', { grant: clientCredentialsGrant({ scope: 'read' }) })
  const before = await provider.stats()
  expect((await http.get('/x')).status).toBe(200)
  await provider.revokeAccessToken(api.requests[0]?.token ?? '')
  const outcomes = await settle(Array.from({ length: 20 }, () => http.get('/x')))
  expect(outcomes.every(outcome => outcome.ok)).toBe(true)
  const after = await provider.stats()
  expect((after.byGrant.client_credentials ?? 0) - (before.byGrant.client_credentials ?? 0)).toBe(2)
})

test('refreshToken by hand from many places at once spends the refresh token once', async () => {
  const { session } = build('spa')
  await signIn(session)
  const before = await provider.stats()
  await Promise.all(Array.from({ length: 10 }, () => refreshToken(session)))
  const after = await provider.stats()
  expect(after.reuse).toBe(before.reuse)
  expect(after.consumed - before.consumed).toBe(1)
})
