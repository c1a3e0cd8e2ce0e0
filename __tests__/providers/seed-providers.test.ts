import { generateKeyPairSync } from 'node:crypto'
import axios from 'axios'
import {
  attachOAuth2,
  createOAuth2Session,
  fetchToken,
  passwordGrant,
  revokeToken,
} from 'axios-oauth-interceptor'
import { douban } from 'axios-oauth-interceptor/providers/douban'
import { ebay } from 'axios-oauth-interceptor/providers/ebay'
import { fitbit } from 'axios-oauth-interceptor/providers/fitbit'
import { googleServiceAccount } from 'axios-oauth-interceptor/providers/google-service-account'
import { instagram } from 'axios-oauth-interceptor/providers/instagram'
import { mailchimp } from 'axios-oauth-interceptor/providers/mailchimp'
import { plentymarkets } from 'axios-oauth-interceptor/providers/plentymarkets'
import { stackOverflow } from 'axios-oauth-interceptor/providers/stack-overflow'
import { weibo } from 'axios-oauth-interceptor/providers/weibo'
import { driveProviders, invalidGrant, plain, withoutRefreshToken } from './drive.js'
import { startProvider } from './provider-server.js'

const fitbitRefuses = (errorType: string) => ({
  success: false,
  errors: [{ errorType, message: 'It is over.' }],
})
const over190 = { error: { message: 'Session has expired', type: 'OAuthException', code: 190 } }

driveProviders({
  'Fitbit (D2)': {
    ...plain({ expires_in: 28_800, user_id: 'ABC' }),
    provider: fitbit,
    secret: 'header',
    life: 28_800,
    refuses: { status: 400, body: fitbitRefuses('invalid_grant') },
    expired: { status: 401, body: fitbitRefuses('expired_token') },
  },
  'Instagram (D4)': {
    ...plain(),
    provider: instagram,
    secret: ({ host, path, parameters }) => {
      const isRefresh = host === 'graph.instagram.com' && path === '/refresh_access_token'
      const grant_type = parameters.get('grant_type')
      if (isRefresh) return grant_type === 'ig_refresh_token' && !parameters.has('client_secret')
      const wanted = host === 'graph.instagram.com' ? 'ig_exchange_token' : 'authorization_code'
      return parameters.get('client_secret') === 'client-secret' && grant_type === wanted
    },
    grants: ({ access_token }) => ({
      status: 200,
      body: { data: [{ access_token, user_id: '1', permissions: 'one,two' }] },
    }),
    refreshes: token => withoutRefreshToken(token, { token_type: 'bearer', expires_in: 5_184_000 }),
    refreshesAt: ['graph.instagram.com/access_token', 'graph.instagram.com/refresh_access_token'],
    renewsItself: true,
    tokenOf: ({ parameters }) => parameters.get('access_token'),
    exchanges: true,
    authorize: { scope: 'one,two' },
    life: 5_184_000,
    leeway: 864_000,
    refuses: { status: 400, body: over190 },
    expired: { status: 400, body: over190 },
  },
  'Mailchimp (D5)': {
    ...plain(),
    provider: mailchimp,
    secret: 'body',
    grants: token => withoutRefreshToken(token, { expires_in: 0, scope: null }),
    expired: { status: 401, body: { title: 'API Key Invalid', status: 401 } },
    renews: false,
  },
  'Weibo (D6)': {
    ...plain(),
    provider: weibo,
    secret: 'body',
    grants: token =>
      withoutRefreshToken(token, { expires_in: 157_679_999, remind_in: '157679999', uid: '1' }),
    tokenOf: ({ parameters }) => parameters.get('access_token'),
    expired: { status: 403, body: { error: 'expired_token', error_code: 21_327, request: '/me' } },
    life: 157_679_999,
    renews: false,
  },
  'PlentyMarkets (D7)': {
    ...plain(),
    provider: plentymarkets({ url: 'https://shop.example/' }),
    signIn: session =>
      fetchToken(session, passwordGrant({ username: 'jane', password: 'password', scope: 'one two' })),
    secret: 'body',
    grants: ({ access_token, refresh_token }) => ({
      status: 200,
      body: {
        accessToken: access_token,
        refreshToken: refresh_token,
        tokenType: 'Bearer',
        expiresIn: 86_400,
      },
    }),
    refreshesAt: ['shop.example/rest/login/refresh'],
    authorize: {},
    life: 86_400,
    refuses: invalidGrant,
  },
  'eBay (D8)': {
    ...plain({
      token_type: 'User Access Token',
      scope: undefined,
      expires_in: 7200,
      refresh_token_expires_in: 47_304_000,
    }),
    provider: ebay({ ruName: 'Acme-Shop-abc', sandbox: true }),
    secret: 'header',
    authorize: { scope: 'one two', redirect_uri: 'Acme-Shop-abc' },
    life: 7200,
    refreshes: token => withoutRefreshToken(token, { token_type: 'User Access Token', expires_in: 7200 }),
    keepsRefreshToken: true,
    expired: { status: 401, body: { errors: [{ errorId: 1001, message: 'Invalid access token' }] } },
  },
  'Douban (D9)': {
    ...plain({ token_type: undefined, scope: undefined, expires_in: 3920, douban_user_id: '1221' }),
    provider: douban,
    secret: 'body',
    life: 3920,
    tokenOf: ({ parameters }) => parameters.get('access_token'),
  },
  'Stack Overflow (D11)': {
    ...plain(),
    provider: stackOverflow({ key: 'app-key' }),
    secret: 'body',
    grants: ({ access_token }) => ({
      status: 200,
      type: 'text/plain',
      body: `access_token=${access_token}&expires=86400`,
    }),
    authorize: { scope: 'one,two' },
    tokenOf: ({ parameters }) => parameters.get('access_token'),
    demands: ({ parameters }) =>
      parameters.get('site') === 'stackoverflow' && parameters.get('key') === 'app-key',
    expired: {
      status: 400,
      body: { error_id: 402, error_name: 'invalid_access_token', error_message: 'expired' },
    },
    life: 86_400,
    renews: false,
  },
})

test('eBay: the code is exchanged under the same name as it was asked for', async () => {
  const { hooks = {} } = ebay({ ruName: 'Acme' })
  const body = new URLSearchParams({ redirect_uri: 'https://app.example/callback' })
  await (hooks.tokenRequest as (request: object) => unknown)({ body })
  expect(body.get('redirect_uri')).toBe('Acme')
})

test('Google, a service account: signs for each token, and refreshes nothing', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const file = {
    type: 'service_account',
    client_email: 'robot@project.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    private_key_id: 'k1',
    token_uri: 'https://oauth2.googleapis.com/token',
  }
  const provider = googleServiceAccount(file, { scope: 'one two', subject: 'jane@acme.example' })
  let isOver = false
  const claimsOf = (assertion: string | null) =>
    JSON.parse(Buffer.from(`${assertion}`.split('.')[1] ?? '', 'base64url').toString())
  const at = await startProvider(
    { ...provider.server },
    {
      secret: ({ parameters, headers }) =>
        !parameters.has('client_id') && headers.authorization === undefined,
      grants: token =>
        isOver ? invalidGrant : withoutRefreshToken(token, { token_type: 'Bearer', expires_in: 3599 }),
      refuses: invalidGrant,
      expired: { status: 401, body: { error: { code: 401, status: 'UNAUTHENTICATED' } } },
    },
  )
  let now = 1_800_000_000
  const session = createOAuth2Session({ ...provider, http: at.http as never, clock: () => now })
  const first = await session.token()
  now += 3600
  const second = await session.token()
  const api = axios.create({ baseURL: at.api })
  attachOAuth2(api, session)
  expect((await api.get('/me')).data).toEqual({ ok: true })
  at.expire()
  now += 120
  expect((await api.get('/me')).data).toEqual({ ok: true })
  isOver = true
  now += 3600
  const refused = await api.get('/me').catch(error => error)
  expect(refused.cause).toMatchObject({ error: 'invalid_grant' })
  expect(await revokeToken(session)).toMatchObject({
    revoked: false,
    error: { code: 'OAUTH_ENDPOINT_MISSING' },
  })
  await at.stop()
  expect(second.access_token).not.toBe(first.access_token)
  const [one, two] = at.seen.map(({ parameters }) => claimsOf(parameters.get('assertion')))
  expect(one).toMatchObject({
    iss: file.client_email,
    sub: 'jane@acme.example',
    aud: file.token_uri,
    scope: 'one two',
    iat: 1_800_000_000,
    exp: 1_800_003_600,
  })
  expect(two.iat).toBe(1_800_003_600)
  expect(at.seen[0]?.parameters.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
})
