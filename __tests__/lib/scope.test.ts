import {
  attachOAuth2,
  authorizationCodeGrant,
  cibaGrant,
  clientCredentialsGrant,
  createAuthorizationUrl,
  deviceCodeGrant,
  fetchToken,
  type Grant,
  passwordGrant,
  refreshToken,
  saml2BearerGrant,
  saveToken,
  tokenExchangeGrant,
} from '../../src/index.js'
import { jwtBearerGrant } from '../../src/jwt.js'
import { joinScope } from '../../src/lib/form.js'
import { fakeServer, makeSession, metadata } from '../support/fake-server.js'

const scope = ['read', 'write'] as const
const server = {
  ...metadata,
  authorization_endpoint: 'https://as.example/authorize',
  device_authorization_endpoint: 'https://as.example/device',
  backchannel_authentication_endpoint: 'https://as.example/bc',
}

test.each([
  ['read write', 'read write'],
  [['read', 'write'], 'read write'],
  [['read'], 'read'],
  [[], undefined],
  ['', undefined],
  [undefined, undefined],
  [null, undefined],
])('%j is asked for as %j', (given, joined) => {
  expect(joinScope(given)).toBe(joined)
})

const assertion = '<a/>'
const grants: Record<string, [Grant, object?]> = {
  clientCredentialsGrant: [clientCredentialsGrant({ scope })],
  passwordGrant: [passwordGrant({ username: 'ann', password: 'p', scope })],
  tokenExchangeGrant: [tokenExchangeGrant({ subject_token: 't', scope })],
  saml2BearerGrant: [saml2BearerGrant({ assertion, scope })],
  jwtBearerGrant: [jwtBearerGrant({ assertion: 'jwt', scope })],
  'a grant of one’s own': [endpoint => endpoint({ grant_type: 'own', scope })],
  deviceCodeGrant: [
    deviceCodeGrant({ scope, onUserCode: () => {}, sleep: async () => {} }),
    { device_code: 'd', user_code: 'u', verification_uri: 'https://as.example/d', expires_in: 60 },
  ],
  cibaGrant: [
    cibaGrant({ scope, login_hint: 'ann', sleep: async () => {} }),
    { auth_req_id: 'r', expires_in: 60 },
  ],
}
test.each(Object.entries(grants))(
  '%s takes a list: one parameter, with spaces',
  async (_, [grant, first]) => {
    const at = fakeServer()
    if (first) at.answers.push({ body: first })
    const { session } = makeSession(at, { server })
    await fetchToken(session, grant)
    expect(at.requests[0]?.body.getAll('scope')).toEqual(['read write'])
  },
)

test('what was granted is compared with the names of a list', async () => {
  const at = fakeServer()
  const { session, events } = makeSession(at)
  at.answers.push({ body: { access_token: 'a', scope: 'write read' } })
  await fetchToken(session, clientCredentialsGrant({ scope }))
  at.answers.push({ body: { access_token: 'b', scope: 'read' } })
  await fetchToken(session, clientCredentialsGrant({ scope }))
  at.answers.push({ body: { access_token: 'c' } })
  await fetchToken(session, clientCredentialsGrant({ scope }))
  expect(events.map(([, detail]) => detail)).toEqual([
    expect.objectContaining({ scope: 'write read', scopeChanged: undefined }),
    expect.objectContaining({ scope: 'read', scopeChanged: { missing: ['write'], added: [] } }),
    expect.objectContaining({ scope: 'read write', scopeChanged: undefined }),
  ])
})

test('a scope in `parameters` is joined too, of a refresh as well', async () => {
  const at = fakeServer()
  const { session } = makeSession(at)
  await saveToken(session, { access_token: 'a0', refresh_token: 'r0' })
  await refreshToken(session, { parameters: { scope: ['read', 'write'] } })
  expect(at.requests[0]?.body.getAll('scope')).toEqual(['read write'])
})

test('the transaction of a sign-in remembers it as text, and the callback’s token is compared with it', async () => {
  const at = fakeServer()
  const { session, events } = makeSession(at, { server })
  const { url, transaction } = await createAuthorizationUrl(session, {
    redirect_uri: 'https://app.example/cb',
    scope,
  })
  expect(new URL(url).searchParams.get('scope')).toBe('read write')
  expect(transaction.scope).toBe('read write')
  at.answers.push({ body: { access_token: 'a', scope: 'read' } })
  const authorizationResponse = `https://app.example/cb?code=c&state=${transaction.state}`
  await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
  expect(events[0]).toMatchObject(['token', { scopeChanged: { missing: ['write'], added: [] } }])
})

test('session.for() and the request option mean the same by a list and by its text', async () => {
  const at = fakeServer()
  const { session } = makeSession(at)
  await saveToken(session, { access_token: 'a0', refresh_token: 'r0' })
  const token = await session.for({ scope }).token()
  expect(await session.for({ scope: 'read write' }).token()).toEqual(token)
  expect(at.requests.map(({ body }) => body.get('scope'))).toEqual(['read write'])
  expect(session.for({ scope: [] }).current()).toMatchObject({ access_token: 'a0' })

  const { default: axios } = await import('axios')
  const sent: unknown[] = []
  const api = axios.create({
    baseURL: 'https://api.example',
    adapter: async config => {
      sent.push(config.headers.get('Authorization'))
      return { status: 200, statusText: '', data: '', headers: {}, config }
    },
  })
  attachOAuth2(api, session)
  await api.get('/', { oauth: { scope: ['read', 'write'] } })
  await api.get('/', { oauth: { scope: [] } })
  expect(sent).toEqual([`Bearer ${token.access_token}`, 'Bearer a0'])
})
