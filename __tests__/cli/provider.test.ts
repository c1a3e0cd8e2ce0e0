import { type BrowserSignInOptions, signIn, signInWithBrowser } from '../../src/cli'
import { createOAuth2Session, discover, introspectToken, revokeToken } from '../../src/index'
import { jarm } from '../../src/oidc'
import { type OidcProvider, startOidcProvider } from '../servers/oidc'
import { send } from './support'

// the certified provider, which compares redirect URIs as RFC 8252 says: whatever the port
let provider: OidcProvider
beforeAll(async () => {
  provider = await startOidcProvider({
    features: { jwtResponseModes: { enabled: true } },
    clients: [
      {
        client_id: 'native',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
      },
    ],
  })
})
afterAll(() => provider.stop())

const makeSession = () =>
  createOAuth2Session({ server: discover(provider.issuer), client: { client_id: 'native' } })
const scope = 'openid offline_access'

/** Plays the person in the browser, to the page at the end. */
async function follow(url: string): Promise<void> {
  const callback = await provider.authorize(url)
  const { status } = await send(callback)
  expect(status).toBe(200)
}
/** The same where the provider has the browser post a form. */
async function post(url: string): Promise<void> {
  const [redirect = '', form = ''] = (await provider.authorize(url)).split('?')
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await send(redirect, { method: 'POST', form, headers })).status).toBe(200)
}

test.each<[what: string, options: BrowserSignInOptions]>([
  ['any port of 127.0.0.1', { open: follow }],
  ['any port of [::1]', { open: follow, host: '[::1]' }],
  ['a pushed request', { open: follow, push: true }],
  ['form_post', { open: post, parameters: { response_mode: 'form_post' } }],
  ['jwt', { open: follow, parameters: { response_mode: 'jwt' }, jwtResponse: jarm() }],
  ['form_post.jwt', { open: post, parameters: { response_mode: 'form_post.jwt' }, jwtResponse: jarm() }],
])('signs in with %s, and out', async (_what, options) => {
  const session = makeSession()
  const token = await signInWithBrowser(session, { scope, ...options })
  expect(token).toMatchObject({
    token_type: 'Bearer',
    id_token: expect.any(String),
    refresh_token: expect.any(String),
  })
  expect(await introspectToken(session)).toMatchObject({ active: true, client_id: 'native', sub: 'anna' })
  expect((await revokeToken(session)).revoked).toBe(true)
})

test('with a code where there is no browser, then the kept grant', async () => {
  const session = makeSession()
  let address = ''
  const remote = {
    platform: 'linux',
    environment: { SSH_TTY: '/dev/pts/0' },
    scope,
    onCode: ({ verification_uri_complete = '' }) => void (address = verification_uri_complete),
    sleep: async () => void (await provider.visit(address)),
  }
  expect(await signIn(session, remote)).toBe('device')
  expect(await introspectToken(session)).toMatchObject({ active: true, client_id: 'native' })
  expect(await signIn(session, remote)).toBe('kept')
})
