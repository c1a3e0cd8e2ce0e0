import { generateKeyPairSync, verify } from 'node:crypto'
import { amazonSp } from 'axios-oauth-interceptor/providers/amazon-sp'
import { apple } from 'axios-oauth-interceptor/providers/apple'
import { atlassian } from 'axios-oauth-interceptor/providers/atlassian'
import { notion } from 'axios-oauth-interceptor/providers/notion'
import { quickbooks } from 'axios-oauth-interceptor/providers/quickbooks'
import { isSalesforce, salesforce } from 'axios-oauth-interceptor/providers/salesforce'
import { shopify } from 'axios-oauth-interceptor/providers/shopify'
import { strava } from 'axios-oauth-interceptor/providers/strava'
import { tiktok } from 'axios-oauth-interceptor/providers/tiktok'
import { xero } from 'axios-oauth-interceptor/providers/xero'
import { zoho } from 'axios-oauth-interceptor/providers/zoho'
import { zoom } from 'axios-oauth-interceptor/providers/zoom'
import { driveProviders, plain, withoutRefreshToken } from './drive.js'
import type { Seen } from './provider-server.js'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** True where the client's secret is a statement that the team's key signed. */
function hasSignedSecret({ parameters }: Seen): boolean {
  const [head = '', claims = '', signature = ''] = (parameters.get('client_secret') ?? '').split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  const { iss, sub, aud, exp, iat } = read(claims)
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  return (
    verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url')) &&
    read(head).kid === 'KEY1' &&
    parameters.get('client_id') === 'client' &&
    [iss, sub, aud].join() === 'TEAM1,client,https://appleid.apple.com' &&
    exp > iat &&
    exp - iat < 15_777_000
  )
}

driveProviders({
  Salesforce: {
    ...plain(),
    provider: salesforce({ url: 'https://acme.my.salesforce.com/' }),
    secret: 'body',
    // no expiry; the host of the API is in the token
    grants: ({ access_token, refresh_token, api }) => ({
      status: 200,
      body: {
        access_token,
        refresh_token,
        instance_url: api,
        issued_at: '1278448101416',
        scope: 'one two',
        token_type: 'Bearer',
      },
    }),
    refreshes: ({ access_token, api }) => ({
      status: 200,
      body: {
        access_token,
        instance_url: api,
        issued_at: '1278448384422',
        scope: 'one two',
        token_type: 'Bearer',
      },
    }),
    keepsRefreshToken: true,
    refuses: {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'expired access/refresh token' },
    },
    expired: {
      status: 401,
      body: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }],
    },
    api: {
      baseURL: 'https://acme.my.salesforce.com/api',
      allowedOrigins: url => isSalesforce(url) || url.hostname === '127.0.0.1',
    },
  },
  Shopify: {
    ...plain({
      scope: 'one,two',
      token_type: undefined,
      expires_in: 3600,
      refresh_token_expires_in: 7_776_000,
    }),
    provider: shopify({ shop: 'acme.myshopify.com' }),
    secret: call =>
      call.parameters.get('client_secret') === 'client-secret' &&
      (call.parameters.has('refresh_token') || call.parameters.get('expiring') === '1'),
    authorize: { scope: 'one,two' },
    life: 3600,
    tokenOf: ({ headers }) => headers['x-shopify-access-token'],
    demands: ({ headers }) => headers.authorization === undefined,
    expired: { status: 401, body: { errors: '[API] Invalid API key or access token' } },
  },
  QuickBooks: {
    ...plain({
      scope: undefined,
      expires_in: 3600,
      x_refresh_token_expires_in: 8_726_400,
      token_type: 'bearer',
    }),
    provider: quickbooks,
    secret: 'header',
    life: 3600,
    expired: {
      status: 401,
      body: { fault: { error: [{ message: 'AuthenticationFailed' }], type: 'AUTHENTICATION' } },
    },
  },
  Xero: {
    ...plain({ expires_in: 1800 }),
    provider: xero,
    secret: 'header',
    life: 1800,
    expired: { status: 401, body: { Title: 'Unauthorized', Status: 401, Detail: 'TokenExpired' } },
  },
  Zoom: {
    ...plain({ token_type: 'bearer', expires_in: 3599 }),
    provider: zoom,
    secret: 'header',
    life: 3599,
    refuses: { status: 400, body: { reason: 'Invalid Token!', error: 'invalid_grant' } },
    expired: { status: 401, body: { code: 124, message: 'Access token is expired.' } },
  },
  Notion: {
    ...plain({
      scope: undefined,
      token_type: 'bearer',
      bot_id: 'b1',
      workspace_id: 'w1',
      owner: { type: 'user' },
    }),
    provider: notion,
    secret: 'header',
    json: true,
    authorize: { owner: 'user' },
    expired: { status: 401, body: { object: 'error', status: 401, code: 'unauthorized' } },
  },
  Atlassian: {
    ...plain({ expires_in: 3600 }),
    provider: atlassian,
    secret: 'body',
    json: true,
    authorize: { scope: 'one two', audience: 'api.atlassian.com', prompt: 'consent' },
    life: 3600,
    refuses: {
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
    },
  },
  Apple: {
    ...plain({ scope: undefined, token_type: 'bearer', expires_in: 3600 }),
    provider: apple({
      teamId: 'TEAM1',
      kid: 'KEY1',
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    }),
    secret: hasSignedSecret,
    authorize: { scope: 'one two', response_mode: 'form_post' },
    life: 3600,
    refreshes: token => withoutRefreshToken(token, { token_type: 'Bearer', expires_in: 3600 }),
    keepsRefreshToken: true,
    refuses: { status: 400, body: { error: 'invalid_grant' } },
  },
  TikTok: {
    ...plain({ scope: 'one,two', expires_in: 7200, refresh_expires_in: 15_552_000, open_id: 'o1' }),
    provider: tiktok,
    secret: ({ parameters, headers }) =>
      parameters.get('client_key') === 'client' &&
      parameters.get('client_secret') === 'client-secret' &&
      !parameters.has('client_id') &&
      headers.authorization === undefined,
    authorize: { scope: 'one,two', client_key: 'client', client_id: null },
    life: 7200,
    refuses: {
      status: 200,
      body: {
        error: 'invalid_grant',
        error_description: 'Refresh token is invalid or expired.',
        log_id: '2022',
      },
    },
    expired: { status: 401, body: { error: { code: 'access_token_invalid', message: '', log_id: '2022' } } },
  },
  Zoho: {
    ...plain({ expires_in: 3600, api_domain: 'https://www.zohoapis.eu' }),
    provider: zoho({ url: 'https://accounts.zoho.eu' }),
    secret: 'body',
    authorize: { scope: 'one two', access_type: 'offline' },
    life: 3600,
    tokenOf: ({ headers }) => headers.authorization?.replace(/^Zoho-oauthtoken /, ''),
    refreshes: token => withoutRefreshToken(token, { token_type: 'Bearer', expires_in: 3600 }),
    keepsRefreshToken: true,
    refuses: { status: 200, body: { error: 'invalid_code' } },
    expired: {
      status: 401,
      body: { code: 'INVALID_TOKEN', message: 'invalid oauth token', status: 'error' },
    },
  },
  Strava: {
    ...plain({ scope: undefined, expires_at: 1_568_775_134, expires_in: 21_600 }),
    provider: strava,
    secret: 'body',
    authorize: { scope: 'one,two' },
    life: 21_600,
    refuses: {
      status: 400,
      body: {
        message: 'Bad Request',
        errors: [{ resource: 'RefreshToken', field: 'refresh_token', code: 'invalid' }],
      },
    },
    expired: { status: 401, body: { message: 'Authorization Error', errors: [{ code: 'invalid' }] } },
  },
  'Amazon, Selling Partner API': {
    ...plain({ scope: undefined, token_type: 'bearer', expires_in: 3600 }),
    provider: amazonSp({ applicationId: 'amzn1.sp.solution.1' }),
    secret: 'body',
    authorize: { application_id: 'amzn1.sp.solution.1' },
    life: 3600,
    tokenOf: ({ headers }) => headers['x-amz-access-token'],
    keepsRefreshToken: true,
    expired: {
      status: 403,
      body: {
        errors: [
          {
            code: 'Unauthorized',
            message: 'Access to requested resource is denied.',
            details: 'The access token you provided is revoked, malformed or invalid.',
          },
        ],
      },
    },
  },
})

test('Salesforce: hosts that only look like it get no token', () => {
  const allowed = (url: string) => isSalesforce(new URL(url))
  expect(allowed('https://acme.my.salesforce.com/')).toBe(true)
  expect(allowed('http://acme.my.salesforce.com/')).toBe(false)
  expect(allowed('https://salesforce.com.evil.example/')).toBe(false)
  expect(allowed('https://notsalesforce.com/')).toBe(false)
})
