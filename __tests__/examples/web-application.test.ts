import { memoryStore } from 'axios-oauth-interceptor'
import { addRoutes } from '../../examples/web-application.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { visitor, webApplication } from './web.js'

let auth: AuthorizationServer
let api: ResourceServer
let app: ReturnType<typeof webApplication>
let base: string

beforeEach(async () => {
  auth = await startAuthorizationServer({ clients: { web: 'web-secret' } })
  api = await startResourceServer({ accepts: token => auth.isActive(token) })
  app = webApplication()
  base = await app.listen()
  addRoutes(app, {
    server: auth.metadata,
    client: { client_id: 'web', client_secret: 'web-secret' },
    api: api.url,
    redirect_uri: `${base}/callback`,
    store: memoryStore(),
  })
})
afterEach(() => Promise.all([auth.stop(), api.stop(), app.stop()]))

/** Signs a visitor in; answers the function that goes to a page as them. */
async function signIn() {
  const go = visitor(base)
  const { location } = await go('/')
  const back = await go(await auth.authorize(location))
  expect(back).toMatchObject({ status: 302, location: '/profile' })
  return go
}

test('signs in, shows the profile, refreshes, validates, signs out', async () => {
  const go = await signIn()
  expect(await go('/profile')).toMatchObject({ status: 200, body: { ok: true } })
  expect(auth.counts.grants).toEqual({ authorization_code: 1 })

  expect((await go('/manual_refresh')).status).toBe(200)
  expect(auth.counts.grants).toEqual({ authorization_code: 1, refresh_token: 1 })
  expect((await go('/validate')).body).toEqual({ active: true })

  // revoked behind the application's back: refreshed on the way
  auth.revokeAccessTokens()
  expect((await go('/validate')).body).toEqual({ active: false })
  expect(await go('/profile')).toMatchObject({ status: 200, body: { ok: true } })
  expect(auth.counts.grants.refresh_token).toBe(2)

  expect((await go('/sign_out')).body).toEqual({ revoked: true })
  expect(await go('/profile')).toMatchObject({ status: 302, location: '/' })
  expect(auth.activeTokens()).toEqual([])
})

test('the provider gets its own parameters too', async () => {
  const { searchParams } = new URL((await visitor(base)('/')).location)
  expect(Object.fromEntries(searchParams)).toMatchObject({
    access_type: 'offline',
    prompt: 'select_account',
    code_challenge_method: 'S256',
  })
})

test('two visitors have two tokens', async () => {
  const [one, other] = [await signIn(), await signIn()]
  await one('/profile')
  await other('/profile')
  expect(api.counts.byToken.size).toBe(2)
  await one('/sign_out')
  expect((await other('/profile')).status).toBe(200)
})

test('a visitor who never signed in is sent to sign in', async () => {
  expect(await visitor(base)('/profile')).toMatchObject({ status: 302, location: '/' })
  expect(api.counts.requests).toBe(0)
})

test.each([
  ['of nobody', () => '/callback?code=x&state=y', 400, 'Begin at /'],
  [
    'with a wrong state',
    (url: URL) => `/callback?code=x&state=${url.searchParams.get('state')}x`,
    403,
    'OAUTH_STATE_MISMATCH',
  ],
  [
    'that says no',
    (url: URL) => `/callback?error=access_denied&state=${url.searchParams.get('state')}&iss=${auth.url}`,
    403,
    'access_denied',
  ],
] as const)('a callback %s gets no token', async (name, callback, status, error) => {
  const go = visitor(base)
  const url = name === 'of nobody' ? new URL(base) : new URL((await go('/')).location)
  expect(await go(callback(url))).toMatchObject({ status, body: { error } })
  expect(auth.counts.token).toBe(0)
})
