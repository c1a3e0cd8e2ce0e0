import type { ClientAuth } from '../../src/server/call.js'
import { saveToken } from '../../src/session/fetch-token.js'
import { introspectToken, processIntrospectionResponse } from '../../src/session/introspection.js'
import { createSession, type OAuth2SessionOptions } from '../../src/session/session.js'
import type { Token } from '../../src/session/stored-grant.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

const active = { active: true, scope: 'a b', client_id: 'app', sub: 'me', exp: NOW + 60, ext: { a: 1 } }

async function session(
  answered = answer(200, active),
  token?: Token,
  options: Partial<OAuth2SessionOptions> = {},
) {
  const { sent, send, server } = scripted([answered])
  const made = createSession(
    { server, client: { client_id: 'app' }, clock: () => NOW, ...options },
    { send, http: {} as never },
  )
  if (token) await saveToken(made, token)
  return { made, sent }
}

it('asks about the session’s access token, not its refresh token', async () => {
  const { made, sent } = await session(undefined, { access_token: 'AT', refresh_token: 'RT' })
  const result = await introspectToken(made)
  expect(result).toEqual(active)
  // the type knows
  const is: boolean = result.active
  expect(is).toBe(true)
  expect(sent[0]).toMatchObject({ endpoint: 'introspection', method: 'POST' })
  expect(sent[0]?.url.href).toBe('https://as.example/introspect')
  expect(`${sent[0]?.body}`).toBe('token=AT&token_type_hint=access_token&client_id=app')
})

it('asks about an expired one as it is, without renewing it', async () => {
  const { made, sent } = await session(answer(200, { active: false }), {
    access_token: 'old',
    refresh_token: 'RT',
    expires_at: NOW - 60,
  })
  expect(await introspectToken(made)).toEqual({ active: false })
  expect(sent).toHaveLength(1)
  expect(sent[0]?.body.get('token')).toBe('old')
})

it('asks about another token, with or without a hint', async () => {
  const { made, sent } = await session()
  await introspectToken(made, { token: 'X' })
  await introspectToken(made, { token: 'X', token_type_hint: 'refresh_token', parameters: { a: ['1', '2'] } })
  await introspectToken(made, { token: 'X', token_type_hint: null })
  expect(sent.map(request => `${request.body}`)).toEqual([
    'token=X&client_id=app',
    'token=X&token_type_hint=refresh_token&a=1&a=2&client_id=app',
    'token=X&client_id=app',
  ])
})

it('asks about the token for one API', async () => {
  const grant = async () => ({ access_token: 'AT-for-api' })
  const { made, sent } = await session(undefined, { access_token: 'AT' }, { grant })
  await introspectToken(made.for({ resource: 'https://api' }), { token_type_hint: null })
  expect(sent[0]?.body.get('token')).toBe('AT-for-api')
})

it('fetches one where there is none and nobody is needed; else says that there is none', async () => {
  const { made, sent } = await session(undefined, undefined, { grant: async () => ({ access_token: 'AT' }) })
  await introspectToken(made)
  expect(sent[0]?.body.get('token')).toBe('AT')
  expect((await errorOf(async () => introspectToken((await session()).made))).code).toBe(
    'OAUTH_INTERACTION_REQUIRED',
  )
})

it('authenticates the client as at the token endpoint', async () => {
  const { made, sent } = await session(undefined, undefined, {
    client: { client_id: 'app', client_secret: 's' },
  })
  await introspectToken(made, { token: 'X' })
  expect(sent[0]?.headers.Authorization).toBe(`Basic ${btoa('app:s')}`)
})

describe('an answer', () => {
  it('says nothing about an inactive token but that', async () => {
    expect(await processIntrospectionResponse(answer(200, { ...active, active: false }), NOW)).toEqual({
      active: false,
    })
  })

  it.each([
    ['in words', { active: 'true' }],
    ['as a number', { active: 1 }],
    ['missing', { scope: 'a' }],
    ['null', { active: null }],
    ['in a list', [active]],
    ['nowhere', ''],
    ['in a form', 'active=true'],
    ['on a page', '<html>active</html>'],
  ])('with active %s is none', async (_, body) => {
    const error = await errorOf(() => processIntrospectionResponse(answer(200, body), NOW))
    expect(error).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE', status: 200 })
  })

  it('may be a refusal or a failure', async () => {
    expect(
      await errorOf(() => processIntrospectionResponse(answer(401, { error: 'invalid_client' }), NOW)),
    ).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      error: 'invalid_client',
    })
    expect((await errorOf(() => processIntrospectionResponse(answer(401, active), NOW))).code).toBe(
      'OAUTH_INVALID_RESPONSE',
    )
    expect((await errorOf(() => processIntrospectionResponse(answer(503), NOW))).code).toBe(
      'OAUTH_SERVER_UNAVAILABLE',
    )
  })

  it('may be a JWT, for whoever can verify it', async () => {
    const type = { 'content-type': 'application/token-introspection+jwt; charset=x' }
    const jwt = jest.fn(async () => active)
    const { made, sent } = await session(answer(200, 'header.claims.signature', type))
    expect(await introspectToken(made, { token: 'X', jwt })).toEqual(active)
    expect(jwt).toHaveBeenCalledWith(
      'header.claims.signature',
      expect.objectContaining({
        client: { client_id: 'app' },
        server: expect.objectContaining({ issuer: 'https://as.example' }),
      }),
    )
    expect(sent[0]?.headers.Accept).toBe('application/token-introspection+jwt')
    // a server may still refuse
    expect(
      (await errorOf(() => processIntrospectionResponse(answer(401, { error: 'x' }, type), NOW, jwt))).code,
    ).toBe('OAUTH_SERVER_REFUSED')
    expect((await errorOf(() => processIntrospectionResponse(answer(200, 'a.b.c', type), NOW))).code).toBe(
      'OAUTH_INVALID_RESPONSE',
    )
    expect(jwt).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['JSON', 200, active, 'application/json'],
    ['JSON that knows nothing of the token', 200, { active: false }, 'application/json'],
    ['JSON under the name of a JWT, but another status', 201, active, 'application/token-introspection+jwt'],
    ['some other JWT', 200, 'a.b.c', 'application/jwt'],
    ['something without a type', 200, active, ''],
  ])('is not taken without a signature where one is asked for: %s', async (_, status, body, type) => {
    const jwt = jest.fn(async () => active)
    const { made } = await session(answer(status, body, { 'content-type': type }))
    const error = await errorOf(() => introspectToken(made, { token: 'X', jwt }))
    expect(error).toMatchObject({
      code: 'OAUTH_INVALID_RESPONSE',
      message:
        'The answer is not signed, though a signed one was asked for: let the server sign for this client, or omit `jwt`.',
      status,
    })
    expect(jwt).not.toHaveBeenCalled()
  })
})

it('shows the raw answer to a hook, which may change it', async () => {
  const seen: unknown[] = []
  const { made } = await session(
    answer(200, { active: 'true', sub: 'me' }, { 'x-request-id': '7' }),
    undefined,
    {
      hooks: {
        introspectionResponse: response => {
          seen.push(response.status, response.header('x-request-id'), response.body)
          return { ...response, body: response.body.replace('"true"', 'true') }
        },
      },
    },
  )
  expect(await introspectToken(made, { token: 'X' })).toEqual({ active: true, sub: 'me' })
  expect(seen).toEqual([200, '7', '{"active":"true","sub":"me"}'])
})

it('takes another client authentication for one call', async () => {
  const { made, sent } = await session(undefined, undefined, {
    client: { client_id: 'app', client_secret: 's' },
  })
  const clientAuth: ClientAuth = request => {
    request.headers.Authorization = 'Bearer of-the-api'
  }
  await introspectToken(made, { token: 'X', clientAuth })
  await introspectToken(made, { token: 'X' })
  expect(sent.map(({ headers }) => headers.Authorization)).toEqual([
    'Bearer of-the-api',
    `Basic ${btoa('app:s')}`,
  ])
  expect(`${sent[0]?.body}`).toBe('token=X')
  expect(sent[0]).not.toHaveProperty('clientAuth')
})
