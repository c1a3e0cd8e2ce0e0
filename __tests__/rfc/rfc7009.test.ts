import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOAuth2Session } from '../../src/index.js'
import type { ServerRequest, ServerResponse } from '../../src/server/call.js'
import { clientSecretPost } from '../../src/server/client-auth/client-secret-post.js'
import { saveToken } from '../../src/session/fetch-token.js'
import { revokeToken } from '../../src/session/revocation.js'
import { createSession, type OAuth2SessionOptions } from '../../src/session/session.js'
import { listen } from '../axios/server.js'
import { answer, errorOf, NOW } from '../oauth2/support.js'

const tokens = { access_token: '2YotnFZFEjr1zCsicMWpAA', refresh_token: '45ghiukldjahdnhzdauz' }
const confidential = { client_id: 's6BhdRkqt3', client_secret: 'gX1fBat3bV' }

async function signedIn(
  answers: ServerResponse[] = [answer(200)],
  { token = tokens as object, ...options }: Partial<OAuth2SessionOptions> & { token?: object } = {},
) {
  const sent: ServerRequest[] = []
  const time = { now: NOW }
  const session = createSession(
    {
      server: { revocation_endpoint: 'https://server.example.com/revoke' },
      client: confidential,
      clock: () => time.now,
      ...options,
    },
    {
      send: async request => {
        sent.push(request)
        return answers[Math.min(sent.length, answers.length) - 1] as ServerResponse
      },
      http: {} as never,
    },
  )
  await saveToken(session, token as typeof tokens)
  return { session, sent, time, bodies: () => sent.map(({ body }) => Object.fromEntries(body)) }
}

describe('RFC 7009 OAuth 2.0 Token Revocation', () => {
  test('section 2: MUST support the revocation of refresh tokens', async () => {
    const { session, bodies } = await signedIn()
    expect(await revokeToken(session)).toEqual({ revoked: true })
    expect(bodies()).toEqual([{ token: tokens.refresh_token, token_type_hint: 'refresh_token' }])
  })

  test('section 2: SHOULD support the revocation of access tokens', async () => {
    const { session, bodies } = await signedIn(undefined, { token: { access_token: 'a' } })
    expect(await revokeToken(session)).toEqual({ revoked: true })
    expect(bodies()).toEqual([{ token: 'a', token_type_hint: 'access_token' }])
  })

  test('section 2: the request is a POST to the revocation endpoint, whose query is kept', async () => {
    const server = { revocation_endpoint: 'https://server.example.com/revoke?tenant=a%20b' }
    const { session, sent } = await signedIn(undefined, { server })
    await revokeToken(session)
    expect(sent[0]?.method).toBe('POST')
    expect(sent[0]?.url.href).toBe(server.revocation_endpoint)
  })

  test.each(['http://server.example.com/revoke', '/revoke', 'ftp://server.example.com/revoke'])(
    'section 2: MUST verify that the URL is an HTTPS URL: %s',
    async revocation_endpoint => {
      const { session, sent } = await signedIn(undefined, { server: { revocation_endpoint } })
      expect(await revokeToken(session)).toMatchObject({
        revoked: false,
        error: { code: 'OAUTH_INSECURE_URL' },
      })
      expect(sent).toEqual([])
    },
  )

  test('section 2.1: the token and its hint stand in a form in the body', async () => {
    const { session, sent } = await signedIn()
    await revokeToken(session, { token: 'a b+c', token_type_hint: 'access_token' })
    expect(sent[0]?.headers['Content-Type']).toBe('application/x-www-form-urlencoded')
    expect(`${sent[0]?.body}`).toBe('token=a+b%2Bc&token_type_hint=access_token')
    expect(sent[0]?.url.search).toBe('')
  })

  test('section 2.1: other hints may be used, or none', async () => {
    const { session, bodies } = await signedIn()
    await revokeToken(session, { token: 't', token_type_hint: 'urn:example:token' })
    await revokeToken(session, { token: 't' })
    await revokeToken(session, { token_type_hint: null })
    expect(bodies()).toEqual([
      { token: 't', token_type_hint: 'urn:example:token' },
      { token: 't' },
      { token: tokens.refresh_token },
    ])
  })

  test('section 2.1: the client includes its credentials', async () => {
    const { session, sent, bodies } = await signedIn()
    await revokeToken(session, { token: 't' })
    await revokeToken(session, { token: 't', clientAuth: clientSecretPost() })
    expect(sent[0]?.headers.Authorization).toBe('Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW')
    expect(sent[1]?.headers.Authorization).toBeUndefined()
    expect(bodies()[1]).toEqual({ token: 't', ...confidential })
  })

  test('section 2.1: must not try to use the token after the server answered 200', async () => {
    const { session, sent } = await signedIn()
    await revokeToken(session)
    expect(session.current()).toBeUndefined()
    expect((await errorOf(() => session.token())).code).toBe('OAUTH_SESSION_ENDED')
    expect(sent).toHaveLength(1)
  })

  test.each(['', '{"error":"invalid_token"}', '{', '<html>no</html>', 'error=invalid_request'])(
    'section 2.2: the content of the body is ignored, the status says it all: %j',
    async body => {
      const { session } = await signedIn([answer(200, body)])
      expect(await revokeToken(session)).toEqual({ revoked: true })
    },
  )

  test('section 2.2.1: an error is that of RFC 6749; unsupported_token_type is one more', async () => {
    const { session } = await signedIn([
      answer(400, { error: 'unsupported_token_type', error_description: 'No access tokens' }),
    ])
    expect(await revokeToken(session, { token: 't', token_type_hint: 'access_token' })).toMatchObject({
      revoked: false,
      error: {
        code: 'OAUTH_SERVER_REFUSED',
        error: 'unsupported_token_type',
        error_description: 'No access tokens',
      },
    })
  })

  test('section 2.2.1: after a 503 the client must assume that the token still exists, and may retry', async () => {
    const { session, bodies } = await signedIn([answer(503), answer(200)])
    const result = await revokeToken(session)
    expect(result).toMatchObject({ revoked: false, error: { code: 'OAUTH_SERVER_UNAVAILABLE', status: 503 } })
    expect(await (result as Extract<typeof result, { revoked: false }>).retry()).toEqual({ revoked: true })
    expect(bodies()[1]).toEqual(bodies()[0])
  })

  test('section 2.2.1: … after a reasonable delay, for which Retry-After is the measure', async () => {
    const { session, sent, time } = await signedIn([answer(503, '', { 'retry-after': '120' }), answer(200)])
    const result = await revokeToken(session)
    expect(result).toMatchObject({ revoked: false, retryAfter: 120 })
    const { retry } = result as Extract<typeof result, { revoked: false }>
    time.now += 119
    expect(await retry()).toMatchObject({ revoked: false, retryAfter: 1 })
    expect(sent).toHaveLength(1)
    time.now += 1
    expect(await retry()).toEqual({ revoked: true })
    expect(sent).toHaveLength(2)
  })

  test('section 2.3: with a callback the request is a GET, and the answer a script', async () => {
    const { session, sent } = await signedIn([answer(200, 'package.myCallback();')])
    const call = { token: 'agabcdefddddafdd', callback: 'package.myCallback' }
    expect(await revokeToken(session, call)).toEqual({ revoked: true })
    expect(sent[0]?.method).toBe('GET')
    expect(sent[0]?.url.href).toBe(
      'https://server.example.com/revoke?token=agabcdefddddafdd&callback=package.myCallback',
    )
  })

  test('section 2.3: a script that holds an error is one; it is read, not run', async () => {
    const { session } = await signedIn([
      answer(200, 'package.myCallback({"error":"unsupported_token_type"});'),
    ])
    const result = await revokeToken(session, { token: 't', callback: 'package.myCallback' })
    expect(result).toMatchObject({
      revoked: false,
      error: { code: 'OAUTH_SERVER_REFUSED', error: 'unsupported_token_type' },
    })
  })

  test('section 5: a request of a public client must contain its client_id', async () => {
    const { session, bodies } = await signedIn(undefined, { client: { client_id: 'spa' } })
    await revokeToken(session, { token: 't' })
    expect(bodies()).toEqual([{ token: 't', client_id: 'spa' }])
  })

  test('section 5: the location is obtained from a trustworthy source only: never made up', async () => {
    const { session, sent } = await signedIn(undefined, {
      server: { issuer: 'https://server.example.com', token_endpoint: 'https://server.example.com/token' },
    })
    expect(await revokeToken(session)).toMatchObject({
      revoked: false,
      error: { code: 'OAUTH_ENDPOINT_MISSING' },
    })
    expect(sent).toEqual([])
  })

  test('section 5: MUST authenticate the revocation endpoint: an untrusted certificate is refused', async () => {
    const [key, cert] = ['key', 'cert'].map(name =>
      readFileSync(join(__dirname, `../support/tls/${name}.pem`)),
    )
    const server = await listen(() => ({ body: '' }), { key, cert })
    const session = createOAuth2Session({
      server: { revocation_endpoint: `${server.origin}/revoke` },
      client: confidential,
    })
    expect(await revokeToken(session, { token: 't' })).toMatchObject({
      revoked: false,
      error: { code: 'OAUTH_SERVER_UNAVAILABLE' },
    })
    expect(server.seen).toEqual([])
    await server.close()
  })
})
