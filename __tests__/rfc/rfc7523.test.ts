import { generateKeyPairSync } from 'node:crypto'
import * as jose from 'jose'
import type { GrantContext, TokenEndpoint } from '../../src/grants/grant.js'
import { clientSecretJwt, jwtBearerGrant, privateKeyJwt } from '../../src/jwt.js'
import { type ClientAuth, callEndpoint, type EndpointName } from '../../src/server/call.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ecPem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The bodies of the calls that `auth` authenticates. */
async function authenticated(
  auth: ClientAuth,
  calls = 1,
  overrides: Parameters<typeof scripted>[1] = {},
  endpoint: EndpointName = 'token',
) {
  let at = 0
  const context = scripted([answer(200)], {
    clientAuth: auth,
    client: { client_id: 'app', client_secret: 'a secret of thirty-two characters' },
    random: size => Uint8Array.from({ length: size }, () => at++),
    ...overrides,
  })
  for (let call = 0; call < calls; call++) await callEndpoint(context, endpoint, { grant_type: 'x' })
  return context.sent.map(({ body }) => body)
}
const claimsOf = (body: URLSearchParams | undefined) => jose.decodeJwt(body?.get('client_assertion') ?? '')

/** Runs a grant against a token endpoint that keeps what it was sent. */
async function assertionOf(grant: ReturnType<typeof jwtBearerGrant>, overrides: Partial<GrantContext> = {}) {
  const sent: Array<Record<string, unknown>> = []
  const endpoint: TokenEndpoint = async parameters => {
    sent.push({ ...parameters })
    return { access_token: 'a' }
  }
  let at = 0
  const context = {
    server: async () => ({ issuer: 'https://as.example', token_endpoint: 'https://as.example/token' }),
    client: { client_id: 'app' },
    clock: () => NOW + 0.9,
    random: (size: number) => Uint8Array.from({ length: size }, () => at++),
    crypto: globalThis.crypto,
    ...overrides,
  } as GrantContext
  await grant(endpoint, context)
  await grant(endpoint, context)
  return sent
}

describe('RFC 7523 JWT Profile for OAuth 2.0 Client Authentication and Authorization Grants', () => {
  test('section 2.1: the grant type and one assertion, with the scope beside it', async () => {
    const [first] = await assertionOf(jwtBearerGrant({ key: ecPem, scope: 'read' }))
    expect(first).toMatchObject({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', scope: 'read' })
    expect(`${first?.assertion}`.split('.')).toHaveLength(3)
  })

  test('section 2.2: the assertion type and exactly one assertion, and no other client authentication', async () => {
    for (const auth of [privateKeyJwt({ key: ecPem }), clientSecretJwt()]) {
      const [body] = await authenticated(auth)
      expect(body?.getAll('client_assertion_type')).toEqual([JWT_BEARER])
      expect(body?.getAll('client_assertion')).toHaveLength(1)
      expect(body?.has('client_secret')).toBe(false)
    }
    const context = scripted([answer(200)], {
      clientAuth: privateKeyJwt({ key: ecPem }),
      client: { client_id: 'app', client_secret: 's' },
    })
    await callEndpoint(context, 'token', {})
    expect(Object.keys(context.sent[0]?.headers ?? {}).map(name => name.toLowerCase())).not.toContain(
      'authorization',
    )
  })

  test('section 2.2: client_id is not necessary, and sent where it is wanted', async () => {
    const [without] = await authenticated(privateKeyJwt({ key: ecPem }))
    expect(without?.has('client_id')).toBe(false)
    const [with_] = await authenticated(privateKeyJwt({ key: ecPem, includeClientId: true }))
    expect(with_?.get('client_id')).toBe('app')
  })

  test('section 3, 1 and 2.B: client authentication names the client as iss and sub', async () => {
    for (const auth of [privateKeyJwt({ key: ecPem }), clientSecretJwt()]) {
      const [body] = await authenticated(auth)
      expect(claimsOf(body)).toMatchObject({ iss: 'app', sub: 'app' })
    }
  })

  test('section 3, 1 and 2.A: a grant has iss and sub', async () => {
    const [own] = await assertionOf(jwtBearerGrant({ key: ecPem }))
    expect(jose.decodeJwt(own?.assertion as string)).toMatchObject({ iss: 'app', sub: 'app' })
    const [other] = await assertionOf(jwtBearerGrant({ key: ecPem, issuer: 'me', subject: 'anna' }))
    expect(jose.decodeJwt(other?.assertion as string)).toMatchObject({ iss: 'me', sub: 'anna' })
  })

  test('section 3, 3: aud is the issuer, one string (also as 7523bis has it)', async () => {
    const [body] = await authenticated(privateKeyJwt({ key: ecPem }))
    expect(claimsOf(body).aud).toBe('https://as.example')
    const [grant] = await assertionOf(jwtBearerGrant({ key: ecPem }))
    expect(jose.decodeJwt(grant?.assertion as string).aud).toBe('https://as.example')
  })

  test('section 3, 3: aud is the endpoint where the metadata has no issuer, or the option says so, or any given string', async () => {
    const server = {
      token_endpoint: 'https://as.example/token?t=1',
      revocation_endpoint: 'https://as.example/revoke',
    }
    const aud = async (options: object, endpoint: EndpointName = 'token', overrides = {}) =>
      claimsOf((await authenticated(privateKeyJwt({ key: ecPem, ...options }), 1, overrides, endpoint))[0])
        .aud
    expect(await aud({}, 'token', { server })).toBe('https://as.example/token?t=1')
    expect(await aud({ audience: 'endpoint' })).toBe('https://as.example/token')
    expect(await aud({ audience: 'endpoint' }, 'revocation')).toBe('https://as.example/revoke')
    expect(await aud({ audience: 'https://as.example/realm' }, 'revocation')).toBe('https://as.example/realm')
    const noIssuer = { server: async () => server }
    const [grant] = await assertionOf(jwtBearerGrant({ key: ecPem }), noIssuer)
    expect(jose.decodeJwt(grant?.assertion as string).aud).toBe(server.token_endpoint)
  })

  test('section 3, 4 and 6: exp is soon, iat is now, both whole seconds', async () => {
    const [body] = await authenticated(privateKeyJwt({ key: ecPem }), 1, { clock: () => NOW + 0.7 })
    expect(claimsOf(body)).toMatchObject({ iat: NOW, exp: NOW + 60 })
    const [grant] = await assertionOf(jwtBearerGrant({ key: ecPem }))
    expect(jose.decodeJwt(grant?.assertion as string)).toMatchObject({ iat: NOW, exp: NOW + 60 })
    const [longer] = await authenticated(clientSecretJwt({ lifetime: 300 }))
    expect(claimsOf(longer).exp).toBe(NOW + 300)
  })

  test('section 3, 7: jti is fresh in every assertion, with any claims, and those stay unchanged', async () => {
    const claims = Object.freeze({ jti: 'the same', team: 'blue' })
    for (const auth of [privateKeyJwt({ key: ecPem, claims }), clientSecretJwt({ claims })]) {
      const bodies = await authenticated(auth, 5)
      expect(new Set(bodies.map(body => claimsOf(body).jti)).size).toBe(5)
      expect(claimsOf(bodies[0]).team).toBe('blue')
      // 128 random bits, base64url
      expect(claimsOf(bodies[0]).jti).toHaveLength(22)
    }
    const grants = await assertionOf(jwtBearerGrant({ key: ecPem, claims }))
    const [one, two] = grants.map(({ assertion }) => jose.decodeJwt(assertion as string))
    expect(one?.jti).not.toBe(two?.jti)
    expect(one?.team).toBe('blue')
  })

  test('section 3, 7: the second send of a call (a DPoP nonce) is authenticated by another assertion', async () => {
    let learn = true
    const context = scripted([answer(200)], {
      clientAuth: privateKeyJwt({ key: ecPem }),
      tokenType: { accepts: [], learnFromServer: () => learn },
    })
    await callEndpoint(context, 'token', {})
    learn = false
    expect(context.sent).toHaveLength(2)
    expect(new Set(context.sent.map(({ body }) => claimsOf(body).jti)).size).toBe(2)
  })

  test('section 3, 9: the assertion is signed, and verifies', async () => {
    const [body] = await authenticated(
      privateKeyJwt({ key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, kid: 'k1' }),
    )
    const { protectedHeader } = await jose.jwtVerify(body?.get('client_assertion') ?? '', rsa.publicKey, {
      currentDate: new Date(NOW * 1000),
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', kid: 'k1' })
    for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
      const [mac] = await authenticated(clientSecretJwt({ alg }))
      const secret = new TextEncoder().encode('a secret of thirty-two characters')
      const verified = await jose.jwtVerify(mac?.get('client_assertion') ?? '', secret, {
        currentDate: new Date(NOW * 1000),
      })
      expect(verified.protectedHeader.alg).toBe(alg)
    }
  })

  test('section 3, 9: the header may have more, but never another algorithm', async () => {
    const header = { typ: 'client-authentication+jwt', alg: 'none' }
    for (const auth of [privateKeyJwt({ key: ecPem, header }), clientSecretJwt({ header })]) {
      const [body] = await authenticated(auth)
      const seen = jose.decodeProtectedHeader(body?.get('client_assertion') ?? '')
      expect(seen.typ).toBe('client-authentication+jwt')
      expect(seen.alg).not.toBe('none')
    }
    expect((await errorOf(() => clientSecretJwt({ alg: 'none' as never }))).code).toBe('OAUTH_INVALID_OPTION')
  })

  test('section 3, 9: MUST be signed or have a MAC: a client without a secret cannot', async () => {
    const error = await errorOf(() => authenticated(clientSecretJwt(), 1, { client: { client_id: 'app' } }))
    expect(error.code).toBe('OAUTH_INVALID_OPTION')
  })
})

describe('service accounts', () => {
  const account = {
    type: 'service_account',
    project_id: 'p',
    private_key_id: 'abc123',
    private_key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    client_email: 'robot@p.iam.gserviceaccount.com',
    client_id: '1234567890',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
  }

  test("Google's key file as it is: RS256, its key id, scope in the claims, no sub", async () => {
    const [sent] = await assertionOf(
      jwtBearerGrant({ serviceAccount: account, scope: 'https://www.googleapis.com/auth/drive' }),
    )
    expect(sent?.scope).toBeUndefined()
    const { payload, protectedHeader } = await jose.jwtVerify(sent?.assertion as string, rsa.publicKey, {
      currentDate: new Date(NOW * 1000),
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'abc123' })
    const { jti, ...claims } = payload
    expect(claims).toEqual({
      iss: account.client_email,
      aud: account.token_uri,
      iat: NOW,
      exp: NOW + 3600,
      scope: 'https://www.googleapis.com/auth/drive',
    })
  })

  test('speaks for another where a subject is given', async () => {
    const [sent] = await assertionOf(jwtBearerGrant({ serviceAccount: account, subject: 'anna@example.com' }))
    expect(jose.decodeJwt(sent?.assertion as string).sub).toBe('anna@example.com')
  })

  test('an assertion made elsewhere is asked for every time', async () => {
    let made = 0
    const sent = await assertionOf(
      jwtBearerGrant({ assertion: async () => `assertion ${++made}`, scope: 's' }),
    )
    expect(sent.map(({ assertion }) => assertion)).toEqual(['assertion 1', 'assertion 2'])
    expect(sent[0]?.scope).toBe('s')
  })

  test('the target of session.for() wins over the options', async () => {
    const [sent] = await assertionOf(jwtBearerGrant({ key: ecPem, scope: 'a' }), {
      scope: 'b',
      resource: 'https://api.example',
    })
    expect(sent).toMatchObject({ scope: 'b', resource: 'https://api.example' })
  })

  test('nothing to assert is refused at once', async () => {
    expect((await errorOf(() => jwtBearerGrant({}))).code).toBe('OAUTH_INVALID_OPTION')
  })
})
