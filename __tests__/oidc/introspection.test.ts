import { CompactEncrypt, CompactSign, exportJWK, generateKeyPair, UnsecuredJWT } from 'jose'
import {
  clientCredentialsGrant,
  createOAuth2Session,
  discover,
  introspectToken,
  revokeToken,
} from '../../src/index.js'
import { type IntrospectionValidatorOptions, introspectionValidator } from '../../src/oidc.js'
import { createSession } from '../../src/session/session.js'
import { errorOf } from '../oauth2/support.js'
import { type OidcProvider, startOidcProvider } from '../servers/oidc.js'
import { makeIssuer } from './issuer.js'

const TYP = 'token-introspection+jwt'
const about = {
  active: true,
  iss: 'https://op.example',
  aud: 'https://api.example',
  sub: 'anna',
  scope: 'read',
}

let op: Awaited<ReturnType<typeof makeIssuer>>
beforeEach(async () => {
  op = await makeIssuer()
})

const claims = (more: Record<string, unknown> = {}) => ({
  iss: 'https://op.example',
  aud: 'app',
  iat: op.now,
  token_introspection: about,
  ...more,
})
const sign = (more: Record<string, unknown> = {}, header: object = {}, by?: string) =>
  op.sign(claims(more), { typ: TYP, ...header }, by)

interface Setting {
  options?: IntrospectionValidatorOptions
  client?: object
  server?: object
  type?: string
}
/** Asks a server that answers `body`. */
function ask(
  body: string,
  { options, client, server, type = `application/${TYP}; charset=utf-8` }: Setting = {},
) {
  const session = createSession(
    {
      server: { ...op.server, introspection_endpoint: 'https://op.example/introspect', ...server },
      client: { ...op.client, ...client },
      clock: op.clock,
    },
    {
      http: {} as never,
      send: async request =>
        request.endpoint === 'jwks'
          ? op.send(request)
          : { status: 200, body, header: name => (name.toLowerCase() === 'content-type' ? type : undefined) },
    },
  )
  return introspectToken(session, { token: 'X', jwt: introspectionValidator(options) })
}
const refused = (what: string) => ({ code: 'OAUTH_ID_TOKEN_INVALID', message: expect.stringContaining(what) })

describe('a signed answer (RFC 9701)', () => {
  test('is verified, and its token_introspection is the answer', async () => {
    expect(await ask(await sign())).toEqual(about)
    expect(await ask(await sign({ aud: ['other', 'app'], exp: op.now + 1, nbf: op.now }))).toEqual(about)
    expect(await ask(await sign({}, { typ: 'application/Token-Introspection+JWT' }))).toEqual(about)
  })

  test('returns no other members of an inactive token', async () => {
    expect(await ask(await sign({ token_introspection: { active: false, sub: 'anna' } }))).toEqual({
      active: false,
    })
  })

  test('may call this resource server by another name than its client_id', async () => {
    const jwt = await sign({ aud: 'https://api.example' })
    expect(await ask(jwt, { options: { audience: 'https://api.example' } })).toEqual(about)
    expect(await errorOf(() => ask(jwt))).toMatchObject(refused('aud'))
  })

  test('may be older where that is said', async () => {
    op.now += 1000
    const jwt = await sign({ iat: op.now - 900 })
    expect(await ask(jwt, { options: { maxTokenAge: 900 } })).toEqual(about)
    expect(await errorOf(() => ask(jwt))).toMatchObject(refused('iat'))
  })

  test('is signed with what the client is registered for, else with what the server lists', async () => {
    await op.addKey('ec', 'ES256')
    const [rs, es] = [await sign(), await sign({}, {}, 'ec')]
    const registered = { introspection_signed_response_alg: 'ES256' }
    const listed = { introspection_signing_alg_values_supported: ['ES256'] }
    expect(await ask(es, { client: registered })).toEqual(about)
    expect(await ask(es, { server: listed })).toEqual(about)
    for (const setting of [{ client: registered }, { server: listed }])
      expect(await errorOf(() => ask(rs, setting))).toMatchObject(refused('alg RS256'))
    expect(await errorOf(() => ask(es))).toMatchObject(refused('alg ES256'))
  })

  test('may be signed with the shared secret only where that was agreed', async () => {
    const client = { client_secret: 'a secret of at least thirty-two bytes' }
    const jwt = await new CompactSign(Buffer.from(JSON.stringify(claims())))
      .setProtectedHeader({ alg: 'HS256', typ: TYP })
      .sign(Buffer.from(client.client_secret))
    expect(await errorOf(() => ask(jwt, { client }))).toMatchObject(refused('alg HS256'))
    expect(await ask(jwt, { client: { ...client, introspection_signed_response_alg: 'HS256' } })).toEqual(
      about,
    )
  })

  test('may be encrypted around the signature', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RSA-OAEP-256', { extractable: true })
    const seal = (text: string) =>
      new CompactEncrypt(Buffer.from(text))
        .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', typ: TYP })
        .encrypt(publicKey)
    const options = { decryptionKey: (await exportJWK(privateKey)) as JsonWebKey }
    const signed = await sign()
    expect(await ask(await seal(signed), { options })).toEqual(about)
    expect(await errorOf(async () => ask(await seal(signed)))).toMatchObject(refused('decryptionKey'))
    // encrypted, but not signed: anybody may have made it
    for (const inside of [JSON.stringify(claims()), new UnsecuredJWT(claims()).encode()])
      expect(await errorOf(async () => ask(await seal(inside), { options }))).toMatchObject({
        code: 'OAUTH_ID_TOKEN_INVALID',
      })
    // the type is that of the signed one
    const other = await op.sign(claims(), { typ: 'JWT' })
    expect(await errorOf(async () => ask(await seal(other), { options }))).toMatchObject(refused('typ'))
    const client = { introspection_encrypted_response_alg: 'RSA-OAEP-256' }
    expect(await errorOf(() => ask(signed, { options, client }))).toMatchObject(refused('encrypted'))
  })

  test('reads the keys once for all users of the same validator', async () => {
    const jwt = introspectionValidator()
    const body = await sign()
    const context = op.context() as never
    await jwt(body, context)
    await jwt(body, context)
    expect(op.requests).toEqual(['jwks /jwks'])
  })
})

describe('is refused', () => {
  const wrong: Array<[what: string, claims: Record<string, unknown>, header?: object]> = [
    ['typ', {}, { typ: undefined }],
    ['typ', {}, { typ: 'JWT' }],
    ['typ', {}, { typ: 'at+jwt' }],
    ['typ', {}, { typ: 'x-token-introspection+jwt' }],
    ['iss', { iss: 'https://evil.example' }],
    ['iss', { iss: 'https://op.example/' }],
    ['iss', { iss: undefined }],
    ['aud', { aud: 'another' }],
    ['aud', { aud: ['another'] }],
    ['aud', { aud: undefined }],
    ['iat', { iat: undefined }],
    ['iat', { iat: '1700000000' }],
    ['iat', { iat: 1_700_000_061 }],
    ['iat', { iat: 1_700_000_000 - 181 }],
    ['exp', { exp: 1_700_000_000 - 60 }],
    ['exp', { exp: 'never' }],
    ['nbf', { nbf: 1_700_000_061 }],
    ['nbf', { nbf: '0' }],
    ['token_introspection', { token_introspection: undefined, active: true }],
    ['token_introspection', { token_introspection: null }],
    ['token_introspection', { token_introspection: [about] }],
    ['token_introspection', { token_introspection: JSON.stringify(about) }],
    ['kid nobody', {}, { kid: 'nobody' }],
  ]
  test.each(wrong.map(([what, ...rest]) => [what, rest] as const))('%s: %j', async (what, [more, header]) => {
    const present = Object.fromEntries(Object.entries({ typ: TYP, ...header }).filter(([, value]) => value))
    expect(await errorOf(async () => ask(await op.sign(claims(more), present)))).toMatchObject(refused(what))
  })

  test('no signature at all (alg none), with any options', async () => {
    const [, payload] = new UnsecuredJWT(claims()).encode().split('.')
    const head = Buffer.from(JSON.stringify({ alg: 'none', typ: TYP })).toString('base64url')
    for (const options of [{}, { algorithms: ['none'] }])
      expect(await errorOf(() => ask(`${head}.${payload}.`, { options }))).toMatchObject(refused('alg none'))
  })

  test('the signature of another key, under a kid that is known', async () => {
    await op.addKey('k2')
    expect(await errorOf(async () => ask(await sign({}, { kid: 'k1' }, 'k2')))).toMatchObject(
      refused('signature'),
    )
  })

  test('a payload that was changed', async () => {
    const [head, , signature] = (await sign({ token_introspection: { active: false } })).split('.')
    const payload = Buffer.from(JSON.stringify(claims())).toString('base64url')
    expect(await errorOf(() => ask(`${head}.${payload}.${signature}`))).toMatchObject(refused('signature'))
  })

  test('something that is no JWT', async () => {
    for (const body of ['', 'x', JSON.stringify(about), 'a.b.c'])
      expect(await errorOf(() => ask(body))).toMatchObject(refused('it cannot be read'))
  })

  test.each([['true'], [undefined], [1]])('an active of %p', async active => {
    const jwt = await sign({ token_introspection: { ...about, active } })
    expect((await errorOf(() => ask(jwt))).code).toBe('OAUTH_INVALID_RESPONSE')
  })

  test('an access token in its place', async () => {
    const jwt = await op.sign(claims({ ...about, aud: 'app', exp: op.now + 60 }), { typ: 'at+jwt' })
    expect(await errorOf(() => ask(jwt))).toMatchObject(refused('typ'))
  })

  test('an answer in the clear', async () => {
    expect(await errorOf(() => ask(JSON.stringify(about), { type: 'application/json' }))).toMatchObject({
      code: 'OAUTH_INVALID_RESPONSE',
      message:
        'The answer is not signed, though a signed one was asked for: let the server sign for this client, or omit `jwt`.',
    })
  })

  test('a server that is not known by its issuer, or has no keys', async () => {
    const jwt = await sign()
    expect(await errorOf(() => ask(jwt, { server: { issuer: undefined } }))).toMatchObject(refused('iss'))
    expect(await errorOf(() => ask(jwt, { server: { jwks_uri: undefined } }))).toMatchObject({
      code: 'OAUTH_ENDPOINT_MISSING',
    })
  })
})

describe('oidc-provider', () => {
  let provider: OidcProvider
  beforeAll(async () => {
    provider = await startOidcProvider({
      clients: [
        {
          client_id: 'signed-api',
          client_secret: 'a-secret-of-the-api-that-is-long',
          grant_types: [],
          redirect_uris: [],
          response_types: [],
          introspection_signed_response_alg: 'ES256',
        },
      ],
    })
  })
  afterAll(() => provider.stop())

  const client = (id: string) => {
    const { client_id, client_secret } = provider.clients[id] ?? { client_id: '' }
    return { client_id, client_secret: client_secret ?? '' }
  }

  test('signs what it says of a token', async () => {
    const server = discover(provider.issuer)
    const machine = createOAuth2Session({
      server,
      client: client('machine'),
      grant: clientCredentialsGrant(),
    })
    const { access_token: token } = await machine.token()
    const api = createOAuth2Session({
      server,
      client: { ...client('signed-api'), introspection_signed_response_alg: 'ES256' },
    })
    const jwt = introspectionValidator()
    expect(await introspectToken(api, { token, jwt })).toMatchObject({
      active: true,
      client_id: 'machine',
      iss: provider.issuer,
    })
    expect(await introspectToken(api, { token: 'nonsense', jwt })).toEqual({ active: false })
    await revokeToken(machine)
    expect(await introspectToken(api, { token, jwt })).toEqual({ active: false })
    // another resource server's answer
    const elsewhere = introspectionValidator({ audience: 'https://other.example' })
    expect(await errorOf(() => introspectToken(api, { token, jwt: elsewhere }))).toMatchObject(refused('aud'))
  })
})
