import { CompactEncrypt, exportJWK, generateKeyPair, UnsecuredJWT } from 'jose'
import { introspectionValidator } from '../../src/oidc.js'
import type { ServerRequest } from '../../src/server/call.js'
import { introspectToken } from '../../src/session/introspection.js'
import { createSession } from '../../src/session/session.js'
import { errorOf } from '../oauth2/support.js'
import { makeIssuer } from '../oidc/issuer.js'

const TYPE = 'application/token-introspection+jwt'
const AUDIENCE = 'https://rs.example.com/resource'
const about = {
  active: true,
  iss: 'https://as.example.com/',
  client_id: 'paiB2goo0a',
  scope: 'read write dolphin',
}

let op: Awaited<ReturnType<typeof makeIssuer>>
beforeAll(async () => {
  op = await makeIssuer()
  await op.addKey('ec', 'ES256')
})

const claims = (more: Record<string, unknown> = {}) => ({
  iss: op.server.issuer,
  aud: AUDIENCE,
  iat: op.now,
  token_introspection: about,
  ...more,
})
const sign = (more: Record<string, unknown> = {}, header: object = {}, by = 'k1') =>
  op.sign(claims(more), { typ: 'token-introspection+jwt', ...header }, by)

async function ask(
  body: string,
  { type = TYPE, status = 200, client = {}, decryptionKey = undefined as JsonWebKey | undefined } = {},
) {
  const sent: ServerRequest[] = []
  const session = createSession(
    {
      server: { ...op.server, introspection_endpoint: 'https://op.example/introspect' },
      client: { ...op.client, ...client },
      clock: op.clock,
    },
    {
      http: {} as never,
      send: async request => {
        if (request.endpoint === 'jwks') return op.send(request)
        sent.push(request)
        return { status, body, header: name => (name.toLowerCase() === 'content-type' ? type : undefined) }
      },
    },
  )
  const jwt = introspectionValidator({ audience: AUDIENCE, ...(decryptionKey && { decryptionKey }) })
  return { result: await introspectToken(session, { token: '2YotnFZFEjr1zCsicMWpAA', jwt }), sent }
}
const refusal = async (...how: Parameters<typeof ask>) => {
  const { code, message } = await errorOf(() => ask(...how))
  return `${code} ${message}`
}
const INVALID = 'OAUTH_ID_TOKEN_INVALID The token is not valid:'

describe('RFC 9701 JWT Response for OAuth Token Introspection', () => {
  test('section 4: a JWT is requested by the Accept header', async () => {
    const { sent } = await ask(await sign())
    expect(sent[0]?.headers.Accept).toBe(TYPE)
    expect(`${sent[0]?.body}`).toBe('token=2YotnFZFEjr1zCsicMWpAA&client_id=app')
  })

  test('section 5: the members of token_introspection are the answer', async () => {
    expect((await ask(await sign())).result).toEqual(about)
    expect((await ask(await sign({ sub: 'top', scope: 'top', jti: '1' }))).result).toEqual(about)
  })

  test('section 5: of an inactive token nothing else is told', async () => {
    const { result } = await ask(await sign({ token_introspection: { ...about, active: false } }))
    expect(result).toEqual({ active: false })
  })

  test.each(['application/json', 'application/jwt', 'text/plain', ''])(
    'section 5: the Content-Type is that of the JWT: %p is refused',
    async type => {
      expect(await refusal(await sign(), { type })).toBe(
        'OAUTH_INVALID_RESPONSE The answer is not signed, though a signed one was asked for: let the server sign for this client, or omit `jwt`.',
      )
    },
  )

  test('section 5: a JSON answer as in RFC 7662 is no downgrade that goes unnoticed (also section 8.2)', async () => {
    for (const active of [true, false]) {
      const how = { type: 'application/json' }
      expect(await refusal(JSON.stringify({ ...about, active }), how)).toBe(
        'OAUTH_INVALID_RESPONSE The answer is not signed, though a signed one was asked for: let the server sign for this client, or omit `jwt`.',
      )
    }
  })

  test('section 5: the 400 for a caller that did not authenticate is an error', async () => {
    expect(await refusal(await sign(), { status: 400 })).toContain('OAUTH_SERVER_REFUSED')
    expect(await refusal('{"error":"invalid_request"}', { status: 400, type: 'application/json' })).toContain(
      'OAUTH_SERVER_REFUSED',
    )
  })

  test.each(['https://as.example.com', 'https://op.example/', undefined])(
    'section 5: iss MUST be the issuer of the authorization server: %p',
    async iss => expect(await refusal(await sign({ iss }))).toBe(`${INVALID} iss`),
  )

  test.each(['app', 'https://rs.example.com', ['https://rs.example.com'], undefined])(
    'section 5: aud MUST identify the resource server: %p',
    async aud => expect(await refusal(await sign({ aud }))).toBe(`${INVALID} aud`),
  )

  test('section 5: aud may name others too', async () => {
    expect((await ask(await sign({ aud: ['other', AUDIENCE] }))).result).toEqual(about)
  })

  test.each([undefined, 'now', '1700000000', -3600, 3600])(
    'section 5: iat MUST be the time when the answer was made: %p',
    async iat => {
      const when = typeof iat === 'number' ? op.now + iat : iat
      expect(await refusal(await sign({ iat: when }))).toBe(`${INVALID} iat`)
    },
  )

  test.each([undefined, null, 'active', [about]])(
    'section 5: token_introspection MUST be there, a JSON object: %j',
    async token_introspection =>
      expect(await refusal(await sign({ ...about, iss: op.server.issuer, token_introspection }))).toBe(
        `${INVALID} token_introspection`,
      ),
  )

  test('section 5: the JWT is signed: by the server, and not none', async () => {
    const [, payload] = new UnsecuredJWT(claims()).encode().split('.')
    const head = Buffer.from('{"alg":"none","typ":"token-introspection+jwt"}').toString('base64url')
    expect(await refusal(`${head}.${payload}.`)).toContain('alg none')
    const [signedHead, , signature] = (await sign({ token_introspection: { active: false } })).split('.')
    expect(await refusal(`${signedHead}.${payload}.${signature}`)).toBe(`${INVALID} signature`)
  })

  test('section 5: signed and encrypted it MUST be a Nested JWT', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { extractable: true })
    const decryptionKey = (await exportJWK(privateKey)) as JsonWebKey
    const seal = (text: string) =>
      new CompactEncrypt(Buffer.from(text))
        .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT' })
        .encrypt(publicKey)
    expect((await ask(await seal(await sign()), { decryptionKey })).result).toEqual(about)
    for (const inside of [JSON.stringify(claims()), new UnsecuredJWT(claims()).encode()])
      expect(await refusal(await seal(inside), { decryptionKey })).toContain('OAUTH_ID_TOKEN_INVALID')
  })

  test('section 6: introspection_signed_response_alg is the algorithm; RS256 where none is given', async () => {
    const es = await sign({}, {}, 'ec')
    const client = { introspection_signed_response_alg: 'ES256' }
    expect((await ask(es, { client })).result).toEqual(about)
    expect(await refusal(await sign(), { client })).toContain('alg RS256')
    expect(await refusal(es)).toContain('alg ES256')
  })

  test('section 6: with introspection_encrypted_response_alg the answer is encrypted', async () => {
    const client = { introspection_encrypted_response_alg: 'ECDH-ES' }
    expect(await refusal(await sign(), { client })).toBe(`${INVALID} it should be encrypted`)
  })

  test.each([undefined, 'JWT', 'at+jwt', 'logout+jwt', 'token-introspection'])(
    'section 8.1: typ tells an introspection from other JWTs of the server: %p',
    async typ => {
      const jwt = await op.sign(claims(), typ === undefined ? {} : { typ })
      expect(await refusal(jwt)).toBe(`${INVALID} typ`)
    },
  )

  test('section 8.1: sub and scope of the JWT itself are nothing that the server says of the token', async () => {
    const jwt = await sign({ token_introspection: { active: true }, sub: 'mallory', scope: 'admin' })
    expect((await ask(jwt)).result).toEqual({ active: true })
  })
})
