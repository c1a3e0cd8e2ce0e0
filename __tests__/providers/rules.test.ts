import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AuthorizationOptions,
  authorizationCodeGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  fetchToken,
} from 'axios-oauth-interceptor'
import { discord } from 'axios-oauth-interceptor/providers/discord'
import { github } from 'axios-oauth-interceptor/providers/github'
import { google } from 'axios-oauth-interceptor/providers/google'
import { microsoft } from 'axios-oauth-interceptor/providers/microsoft'
import {
  addParameters,
  commaScope,
  defineProvider,
  type Provider,
  rewriteAnswer,
  spaceScope,
} from 'axios-oauth-interceptor/providers/provider'
import { slack } from 'axios-oauth-interceptor/providers/slack'

const answer = (body: string, status = 200) => ({ status, body, header: (name: string) => `the ${name}` })
/** Runs the only hook for token responses that a provider has. */
const answered = ({ hooks }: Provider, body: object) => {
  const hook = hooks?.tokenResponse as typeof spaceScope
  return JSON.parse(hook(answer(JSON.stringify(body))).body)
}
const urlOf = async (provider: Provider, options: AuthorizationOptions = {}) => {
  const session = createOAuth2Session({ ...provider, client: { client_id: 'client' } })
  const { url } = await createAuthorizationUrl(session, {
    redirect_uri: 'https://app.example/callback',
    ...options,
  })
  return new URL(url).searchParams
}

test('a new provider is at most 15 lines, as the documentation shows it', () => {
  const page = readFileSync(join(__dirname, '../../docs/providers.md'), 'utf8')
  const [block = ''] = /^export const example = defineProvider\([\s\S]*?^\}\)/m.exec(page) ?? []
  expect(block.split('\n').length).toBeGreaterThan(5)
  expect(block.split('\n').length).toBeLessThanOrEqual(15)
})

test('types: a misspelt option of a provider does not compile', () => {
  const server = { authorization_endpoint: 'https://as.example/a', token_endpoint: 'https://as.example/t' }
  expect(defineProvider({ server, endedBy: ['over'] })).toEqual({ server, endedBy: ['over'] })
  // @ts-expect-error endedBy
  defineProvider({ server, endBy: ['over'] })
  // @ts-expect-error hooks are known by name
  defineProvider({ server, hooks: { tokenAnswer: spaceScope } })
  // @ts-expect-error a client is no part of a provider
  defineProvider({ server, client: { client_id: 'mine' } })
})

test.each(['<html>Bad gateway</html>', 'Service unavailable', ''])(
  'an answer that is no parameters stays: %j',
  body => {
    const response = answer(body, 502)
    expect(rewriteAnswer(() => ({ access_token: 'made up' }))(response)).toBe(response)
  },
)

test('a rewritten answer keeps its status and its headers', () => {
  const rewritten = rewriteAnswer(parameters => ({ ...parameters, b: 2 }))(answer('{"a":1}', 400))
  expect(rewritten).toMatchObject({ status: 400, body: '{"a":1,"b":2}' })
  expect(rewritten.header('retry-after')).toBe('the retry-after')
})

test('an answer without a scope gets none', () => {
  expect(spaceScope(answer('access_token=one&token_type=bearer')).body).toBe(
    '{"access_token":"one","token_type":"bearer"}',
  )
})

test('a parameter that the application chose is kept', async () => {
  const url = new URL('https://auth.example/?access_type=online')
  addParameters({ access_type: 'offline', prompt: 'consent' })(url)
  expect(url.search).toBe('?access_type=online&prompt=consent')
  expect((await urlOf(google, { parameters: { access_type: 'online' } })).getAll('access_type')).toEqual([
    'online',
  ])
})

test('a client without a secret has PKCE', async () => {
  expect((await urlOf(github)).get('code_challenge_method')).toBe('S256')
})

test('Slack: the token of the person contains no values of the bot', () => {
  const bot = {
    access_token: 'xoxb',
    refresh_token: 'xoxe-bot',
    expires_in: 60,
    scope: 'chat:write',
    token_type: 'bot',
  }
  const body = {
    ok: true,
    team: { id: 'T1' },
    ...bot,
    authed_user: { id: 'U1', access_token: 'xoxp', scope: 'a,b' },
  }
  expect(answered(slack({ as: 'user' }), body)).toEqual({
    ok: true,
    team: { id: 'T1' },
    id: 'U1',
    access_token: 'xoxp',
    token_type: 'Bearer',
    scope: 'a b',
  })
  expect(answered(slack(), body)).toMatchObject({
    access_token: 'xoxb',
    scope: 'chat:write',
    refresh_token: 'xoxe-bot',
  })
})

test.each([
  [undefined, '{tenantid}', 'common'],
  ['organizations', '{tenantid}', 'organizations'],
  ['consumers', '9188040d-6c67-4c5b-b112-36a304b66dad', 'consumers'],
  [
    '0f0e1d2c-aaaa-bbbb-cccc-0123456789ab',
    '0f0e1d2c-aaaa-bbbb-cccc-0123456789ab',
    '0f0e1d2c-aaaa-bbbb-cccc-0123456789ab',
  ],
])('Microsoft: tenant %s has the issuer of %s', (tenant, issuer, path) => {
  const { server } = microsoft(tenant === undefined ? {} : { tenant })
  expect(server.issuer).toBe(`https://login.microsoftonline.com/${issuer}/v2.0`)
  expect(server.token_endpoint).toBe(`https://login.microsoftonline.com/${path}/oauth2/v2.0/token`)
})

test('Microsoft: a tenant cannot lead to another path', () => {
  const { server } = microsoft({ tenant: '../evil' })
  expect(server.token_endpoint).toBe('https://login.microsoftonline.com/..%2Fevil/oauth2/v2.0/token')
})

test('Discord: a callback that does not name the issuer is refused before the code is sent', async () => {
  const session = createOAuth2Session({ ...discord, client: { client_id: 'client' } })
  const { transaction } = await createAuthorizationUrl(session, {
    redirect_uri: 'https://app.example/callback',
  })
  const authorizationResponse = `https://app.example/callback?code=code&state=${transaction.state}`
  await expect(
    fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction })),
  ).rejects.toMatchObject({
    code: 'OAUTH_ISSUER_MISMATCH',
  })
})

test('a server with commas between scopes: with both hooks the granted scope compares', async () => {
  const granted: unknown[] = []
  const session = createOAuth2Session({
    server: {
      issuer: 'https://as.example',
      authorization_endpoint: 'https://as.example/a',
      token_endpoint: 'https://as.example/t',
    },
    client: { client_id: 'client' },
    hooks: { authorizationUrl: commaScope, tokenResponse: spaceScope },
    http: {
      request: async () => ({ status: 200, headers: {}, data: '{"access_token":"a","scope":"write,read"}' }),
    } as never,
  })
  session.on('token', detail => granted.push(detail))
  const scope = ['read', 'write']
  const { url, transaction } = await createAuthorizationUrl(session, {
    redirect_uri: 'https://app.example/cb',
    scope,
  })
  expect(new URL(url).searchParams.get('scope')).toBe('read,write')
  const authorizationResponse = { code: 'c', state: transaction.state }
  await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
  expect(granted).toEqual([expect.objectContaining({ scope: 'write read', scopeChanged: undefined })])
})
