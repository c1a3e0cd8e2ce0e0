import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOAuth2Session } from '../../src/index.js'
import type { ServerResponse } from '../../src/server/call.js'
import { noClientAuth } from '../../src/server/client-auth/none.js'
import { introspectToken } from '../../src/session/introspection.js'
import { createSession, type OAuth2SessionOptions } from '../../src/session/session.js'
import { listen } from '../axios/server.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

const confidential = { client_id: 's6BhdRkqt3', client_secret: 'gX1fBat3bV' }
const token = 'mF_9.B5f-4.1JqM'
const about = {
  active: true,
  client_id: 'l238j323ds-23ij4',
  username: 'jdoe',
  scope: 'read write dolphin',
  sub: 'Z5O3upPC88QrAjx00dis',
  aud: 'https://protected.example.net/resource',
  iss: 'https://server.example.com/',
  exp: NOW + 60,
  iat: NOW - 60,
  extension_field: 'twenty-seven',
}

function makeSession(
  answers: ServerResponse[] = [answer(200, about)],
  options: Partial<OAuth2SessionOptions> = {},
) {
  const { send, sent } = scripted(answers)
  const server = { introspection_endpoint: 'https://server.example.com/introspect' }
  const session = createSession(
    { server, client: confidential, clock: () => NOW, ...options },
    { send, http: {} as never },
  )
  return { session, sent }
}

describe('RFC 7662 OAuth 2.0 Token Introspection', () => {
  test.each(['http://server.example.com/introspect', '/introspect'])(
    'section 2: MUST be protected by transport-layer security: %s',
    async introspection_endpoint => {
      const { session, sent } = makeSession(undefined, { server: { introspection_endpoint } })
      expect((await errorOf(() => introspectToken(session, { token }))).code).toBe('OAUTH_INSECURE_URL')
      expect(sent).toEqual([])
    },
  )

  test('section 2.1: the request is a POST of a form that has the token, and asks for JSON', async () => {
    const { session, sent } = makeSession()
    await introspectToken(session, { token })
    expect(sent[0]).toMatchObject({
      method: 'POST',
      headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect(sent[0]?.url.href).toBe('https://server.example.com/introspect')
    expect(`${sent[0]?.body}`).toBe(`token=${token}`)
  })

  test('section 2.1: a hint may be given, and other parameters that tell the context', async () => {
    const { session, sent } = makeSession()
    await introspectToken(session, {
      token,
      token_type_hint: 'access_token',
      parameters: { ip: '192.0.2.1' },
    })
    expect(`${sent[0]?.body}`).toBe(`token=${token}&token_type_hint=access_token&ip=192.0.2.1`)
  })

  test('section 2.1: the caller is authorized: as a client, or with a token of its own', async () => {
    const { session, sent } = makeSession()
    await introspectToken(session, { token })
    await introspectToken(session, {
      token,
      clientAuth: request => {
        request.headers.Authorization = 'Bearer 23410913-abewfq.123483'
      },
    })
    await introspectToken(session, { token, clientAuth: noClientAuth() })
    expect(sent.map(({ headers }) => headers.Authorization)).toEqual([
      'Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW',
      'Bearer 23410913-abewfq.123483',
      undefined,
    ])
  })

  test('section 2.2: every member of the answer is passed on, also a service-specific one', async () => {
    expect(await introspectToken(makeSession().session, { token })).toEqual(about)
  })

  test.each([['true'], [1], [null], [undefined], [{}], [[true]]])(
    'section 2.2: active is REQUIRED, and a boolean: %j',
    async active => {
      const { session } = makeSession([answer(200, { ...about, active })])
      expect((await errorOf(() => introspectToken(session, { token }))).code).toBe('OAUTH_INVALID_RESPONSE')
    },
  )

  test('section 2.2: an answer that is not a JSON object is not about a token', async () => {
    for (const body of ['', 'true', 'null', [about], '<html>', 'active=true']) {
      const { session } = makeSession([answer(200, body)])
      expect((await errorOf(() => introspectToken(session, { token }))).code).toBe('OAUTH_INVALID_RESPONSE')
    }
  })

  test('section 2.2: of an inactive token nothing else is told (also section 4)', async () => {
    const { session } = makeSession([answer(200, { ...about, active: false })])
    expect(await introspectToken(session, { token })).toEqual({ active: false })
  })

  test.each([{ error: 'invalid_client' }, { ...about, error: 'invalid_token' }, about])(
    'section 2.3: a 401 is an error, and nothing about the token: %j',
    async body => {
      const { session } = makeSession([answer(401, body)])
      const error = await errorOf(() => introspectToken(session, { token }))
      expect(error.code).toBe('error' in body ? 'OAUTH_SERVER_REFUSED' : 'OAUTH_INVALID_RESPONSE')
      expect(error.status).toBe(401)
    },
  )

  test('section 4: an answer MUST NOT be kept beyond its exp: none is kept at all', async () => {
    const { session, sent } = makeSession([answer(200, about), answer(200, { active: false })])
    expect(await introspectToken(session, { token })).toEqual(about)
    expect(await introspectToken(session, { token })).toEqual({ active: false })
    expect(sent).toHaveLength(2)
  })

  test('section 4: MUST check the certificate of the server', async () => {
    const [key, cert] = ['key', 'cert'].map(name =>
      readFileSync(join(__dirname, `../support/tls/${name}.pem`)),
    )
    const server = await listen(() => ({ body: '{"active":true}' }), { key, cert })
    const session = createOAuth2Session({
      server: { introspection_endpoint: `${server.origin}/introspect` },
      client: confidential,
    })
    expect((await errorOf(() => introspectToken(session, { token }))).code).toBe('OAUTH_SERVER_UNAVAILABLE')
    expect(server.seen).toEqual([])
    await server.close()
  })

  test('section 4: the token does not stand in the query, unless the application says GET', async () => {
    const { session, sent } = makeSession()
    await introspectToken(session, { token })
    await introspectToken(session, { token, method: 'GET' })
    expect(sent.map(({ url }) => url.search)).toEqual(['', `?token=${token}`])
  })
})
