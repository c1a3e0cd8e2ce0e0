import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverClient } from '../../src/axios/server-client.js'
import { registerClient } from '../../src/oauth2/registration.js'
import { clientIdMetadataDocument } from '../../src/server/client-id-metadata.js'
import { createSession } from '../../src/session/session.js'
import { listen } from '../axios/server.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

const server = { issuer: 'https://as.example', registration_endpoint: 'https://as.example/register' }
const metadata = {
  redirect_uris: ['https://client.example.org/callback'],
  client_name: 'My Example Client',
  'client_name#ja-Jpan-JP': 'クライアント名',
}
const registered = {
  ...metadata,
  client_id: 's6BhdRkqt3',
  client_secret: 'hush',
  client_secret_expires_at: 0,
  token_endpoint_auth_method: 'client_secret_basic',
}

describe('RFC 7591 OAuth 2.0 Dynamic Client Registration', () => {
  test('section 3.1: POST, JSON, the metadata as top-level members', async () => {
    const context = scripted([answer(201, registered)], { server })
    await registerClient(context, metadata)
    const [{ endpoint, method, url, headers, json }] = context.sent as never as [
      Record<string, unknown> & { headers: Record<string, string> },
    ]
    expect({ endpoint, method, url: `${url}`, json }).toEqual({
      endpoint: 'registration',
      method: 'POST',
      url: server.registration_endpoint,
      json: metadata,
    })
    expect(headers).toEqual({ Accept: 'application/json', 'Content-Type': 'application/json' })
  })

  test('section 2: jwks_uri and jwks MUST NOT both be there', async () => {
    const context = scripted([answer(201, registered)], { server })
    const keys = { jwks_uri: 'https://client.example.org/jwks', jwks: { keys: [] } }
    expect((await errorOf(() => registerClient(context, { ...metadata, ...keys }))).code).toBe(
      'OAUTH_INVALID_OPTION',
    )
    expect(context.sent).toEqual([])
    for (const name of ['jwks', 'jwks_uri'])
      await registerClient(context, { ...metadata, ...keys, [name]: undefined })
    expect(context.sent).toHaveLength(2)
  })

  test('section 2.2: human-readable values MUST be used as they are', async () => {
    const name = { client_name: ' \u202eA\u0301 <b>&amp; ', 'client_name#ja-Jpan-JP': 'クライアント名' }
    const context = scripted([answer(201, { ...registered, ...name })], { server })
    expect(await registerClient(context, { ...metadata, ...name })).toMatchObject(name)
    expect(context.sent[0]?.json).toMatchObject(name)
  })

  test('section 3: an initial access token is sent as a bearer token; nothing else authenticates', async () => {
    const context = scripted([answer(201, registered)], {
      server,
      client: { client_id: 'x', client_secret: 'y' },
    })
    await registerClient(context, metadata, { initialAccessToken: 'initial' })
    await registerClient(context, metadata)
    expect(context.sent.map(({ headers }) => headers.Authorization)).toEqual(['Bearer initial', undefined])
    expect(context.sent.map(({ body }) => `${body}`)).toEqual(['', ''])
  })

  test.each([
    ['no client_id', { client_name: 'x' }],
    ['an empty client_id', { ...registered, client_id: '' }],
    ['a client_id that is no text', { ...registered, client_id: 7 }],
  ])('section 3.2.1: an answer with %s registers nothing', async (_what, fields) => {
    const context = scripted([answer(201, fields)], { server })
    const error = await errorOf(() => registerClient(context, metadata))
    expect(error.code).toBe('OAUTH_INVALID_RESPONSE')
    expect(error.message).toContain('client_id')
    expect(JSON.stringify(error)).not.toContain('hush')
  })

  test('section 3.2.1: the server may replace any value: its answer is what holds', async () => {
    const changed = { ...registered, client_name: 'Another', scope: 'read', extra: { kept: true } }
    expect(await registerClient(scripted([answer(201, changed)], { server }), metadata)).toEqual(changed)
  })

  test('section 3.2.1: an answer without client_id is refused', async () => {
    for (const body of [{ ...registered, client_id: undefined }, { ...registered, client_id: 5 }, '<html>'])
      expect(
        (await errorOf(() => registerClient(scripted([answer(201, body)], { server }), metadata))).code,
      ).toBe('OAUTH_INVALID_RESPONSE')
  })

  test.each([
    'invalid_redirect_uri',
    'invalid_client_metadata',
    'invalid_software_statement',
    'unapproved_software_statement',
  ])('section 3.2.2: %s is told', async error => {
    const context = scripted([answer(400, { error, error_description: 'why' })], { server })
    expect(await errorOf(() => registerClient(context, metadata))).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      error,
      error_description: 'why',
    })
  })

  test('section 3.2.2: other members MUST be ignored', async () => {
    const body = {
      error: 'invalid_client_metadata',
      code: 'X',
      message: 'other',
      cause: { a: 1 },
      status: 200,
    }
    const error = await errorOf(() => registerClient(scripted([answer(400, body)], { server }), metadata))
    expect(error).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      error: 'invalid_client_metadata',
      status: 400,
    })
    expect(error.message).not.toBe('other')
  })

  test('section 5: TLS MUST be used; without an endpoint nothing is sent', async () => {
    for (const [registration_endpoint, code] of [
      ['http://as.example/register', 'OAUTH_INSECURE_URL'],
      [undefined, 'OAUTH_ENDPOINT_MISSING'],
    ] as const) {
      const context = scripted([answer(201, registered)], {
        server: registration_endpoint ? { registration_endpoint } : {},
      })
      expect((await errorOf(() => registerClient(context, metadata))).code).toBe(code)
      expect(context.sent).toEqual([])
    }
  })

  test('section 5: the certificate of the server MUST be checked', async () => {
    const [key, cert] = ['key', 'cert'].map(name =>
      readFileSync(join(__dirname, `../support/tls/${name}.pem`)),
    )
    const tls = await listen(() => ({}), { key, cert })
    const context = {
      ...scripted(),
      send: serverClient().send,
      server: { registration_endpoint: `${tls.origin}/register` },
    }
    const error = await errorOf(() => registerClient(context, metadata, { initialAccessToken: 'initial' }))
    expect(error.code).toBe('OAUTH_SERVER_UNAVAILABLE')
    expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(tls.seen).toEqual([])
    await tls.close()
  })

  test('a session that has no client yet will do', async () => {
    const context = scripted([answer(201, registered)])
    const session = createSession({ server, clock: () => NOW }, { send: context.send, http: {} as never })
    expect((await registerClient(session, metadata)).client_id).toBe('s6BhdRkqt3')
  })
})

describe('client ID metadata documents', () => {
  const url = 'https://client.example/oauth/metadata.json'

  test('section 4.1 of the draft: client_id is the URL itself', () => {
    expect(clientIdMetadataDocument(url, { ...metadata, client_id: 'other' })).toEqual({
      ...metadata,
      client_id: url,
    })
  })

  test.each([
    'http://client.example/oauth',
    'https://client.example',
    'https://client.example/',
    'https://client.example/a?b',
    'https://client.example/a#b',
    'https://user@client.example/a',
    'https://client.example/a/../b',
    'https://client.example/./a',
    'https://client.example/a/..',
    'client',
  ])('section 3 of the draft: %s is no such client_id', async client_id => {
    expect((await errorOf(() => clientIdMetadataDocument(client_id, metadata))).code).toBe(
      'OAUTH_INVALID_OPTION',
    )
  })

  test('section 4.1 of the draft: no shared secret, and redirect_uris', async () => {
    for (const wrong of [
      { ...metadata, client_secret: 'hush' },
      { ...metadata, client_secret_expires_at: 0 },
      { ...metadata, token_endpoint_auth_method: 'client_secret_basic' },
      { ...metadata, token_endpoint_auth_method: 'client_secret_jwt' },
      { redirect_uris: [] },
    ])
      expect((await errorOf(() => clientIdMetadataDocument(url, wrong))).code).toBe('OAUTH_INVALID_OPTION')
    expect(
      clientIdMetadataDocument(url, { ...metadata, token_endpoint_auth_method: 'private_key_jwt' }).client_id,
    ).toBe(url)
  })
})
