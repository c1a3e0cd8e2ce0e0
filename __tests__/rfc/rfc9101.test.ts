import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import type { AuthorizationOptions } from '../../src/authorization/options.js'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { type RequestObjectSigner, requestObject } from '../../src/authorization/request-object.js'
import { createSession } from '../../src/session/session.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

const server = {
  issuer: 'https://server.example.com',
  authorization_endpoint: 'https://server.example.com/authorize?x=y',
  pushed_authorization_request_endpoint: 'https://server.example.com/par',
}
let keys: Awaited<ReturnType<typeof generateKeyPair>>
let sign: RequestObjectSigner
beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true })
  sign = requestObject({ key: (await exportJWK(keys.privateKey)) as JsonWebKey, alg: 'ES256', kid: 'k2bdc' })
})

/** The authorization URL, what its request object holds, and what was pushed. */
async function begin(options: AuthorizationOptions = {}, push = false) {
  const context = scripted([answer(201, { request_uri: 'urn:example:1', expires_in: 60 })])
  const session = createSession(
    { server, client: { client_id: 's6BhdRkqt3' }, clock: () => NOW },
    { send: context.send, http: {} as never },
  )
  const { url, transaction } = await createAuthorizationUrl(
    session,
    { redirect_uri: 'https://client.example.org/cb', scope: 'openid', ...options },
    { sign, push },
  )
  const { searchParams } = new URL(url)
  const pushed = context.sent[0]?.body
  const jwt = pushed?.get('request') ?? searchParams.get('request') ?? ''
  return { searchParams, transaction, pushed, jwt, claims: decodeJwt(jwt) as Record<string, unknown> }
}

describe('RFC 9101 OAuth 2.0 JWT-Secured Authorization Request (JAR)', () => {
  test('section 4: MUST contain all the parameters of the request, extensions too, as claims', async () => {
    const { claims, transaction } = await begin({
      max_age: 86400,
      prompt: 'login',
      parameters: { extension: 'ä€😀' },
      nonce: 'n-0S6',
    })
    expect(claims).toMatchObject({
      response_type: 'code',
      client_id: 's6BhdRkqt3',
      redirect_uri: 'https://client.example.org/cb',
      scope: 'openid',
      state: transaction.state,
      nonce: 'n-0S6',
      code_challenge: expect.any(String),
      code_challenge_method: 'S256',
      prompt: 'login',
      extension: 'ä€😀',
    })
  })

  test('section 4: numerical values MUST be JSON numbers, string values JSON strings', async () => {
    const { claims } = await begin({ max_age: 86400, parameters: { amount: 5, code: '123' } })
    expect(claims).toMatchObject({
      max_age: 86400,
      amount: 5,
      code: '123',
      iat: NOW,
      nbf: NOW,
      exp: NOW + 300,
    })
    expect((await begin({ max_age: '86400' as never })).claims.max_age).toBe(86400)
  })

  test('section 4: JSON strings MUST be encoded in UTF-8', async () => {
    const { jwt } = await begin({ parameters: { extension: 'ä€😀' } })
    const bytes = Buffer.from(jwt.split('.')[1] as string, 'base64url')
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    expect(JSON.parse(text)).toMatchObject({ extension: 'ä€😀' })
  })

  test('section 4: has the client as iss and the issuer of the server as aud, with any parameters', async () => {
    const { claims } = await begin({ parameters: { iss: 'evil', aud: 'evil', client_id: 'evil', exp: 1 } })
    expect(claims).toMatchObject({
      iss: 's6BhdRkqt3',
      aud: server.issuer,
      client_id: 's6BhdRkqt3',
      exp: NOW + 300,
    })
  })

  test.each(['request', 'request_uri'])('section 4: %s MUST NOT be in a request object', async name => {
    expect((await errorOf(() => begin({ [name]: 'urn:x' }))).code).toBe('OAUTH_INVALID_OPTION')
    expect((await errorOf(() => begin({ [name]: 'urn:x' }, true))).code).toBe('OAUTH_INVALID_OPTION')
    const { claims } = await begin()
    expect(claims).not.toHaveProperty(name)
  })

  test('section 4: a parameter that is a JSON structure is one in the request object too, and malformed ones are refused', async () => {
    const details = [{ type: 'payment' }]
    expect(
      (await begin({ authorization_details: JSON.stringify(details) })).claims.authorization_details,
    ).toEqual(details)
    for (const name of ['authorization_details', 'claims']) {
      const error = await errorOf(() => begin({ [name]: '{canary' }))
      expect(error.code).toBe('OAUTH_INVALID_OPTION')
      expect(error.message).not.toContain('canary')
    }
  })

  test('section 5: client_id MUST stand outside too, the same as inside', async () => {
    const { searchParams, claims } = await begin()
    expect(searchParams.getAll('client_id')).toEqual(['s6BhdRkqt3'])
    expect(claims.client_id).toBe('s6BhdRkqt3')
    const { pushed } = await begin({}, true)
    expect(pushed?.getAll('client_id')).toEqual(['s6BhdRkqt3'])
  })

  test('section 5: request and request_uri MUST NOT stand together', async () => {
    const value = await begin()
    expect([value.searchParams.has('request'), value.searchParams.has('request_uri')]).toEqual([true, false])
    const reference = await begin({}, true)
    expect([...reference.searchParams.keys()]).toEqual(['x', 'client_id', 'request_uri'])
    expect([reference.pushed?.has('request'), reference.pushed?.has('request_uri')]).toEqual([true, false])
  })

  test('section 5: MUST be signed', async () => {
    const { jwt } = await begin()
    await jwtVerify(jwt, keys.publicKey, {
      issuer: 's6BhdRkqt3',
      audience: server.issuer,
      currentDate: new Date(NOW * 1000),
    })
    expect(decodeProtectedHeader(jwt)).toMatchObject({ alg: 'ES256', kid: 'k2bdc' })
    expect(
      (await errorOf(async () => requestObject({ key: 'x', alg: 'none' } as never)({}, scripted() as never)))
        .code,
    ).toBe('OAUTH_INVALID_OPTION')
  })

  test('section 10.8: explicitly typed, and of no use as an assertion that authenticates the client', async () => {
    const { jwt, claims } = await begin()
    expect(decodeProtectedHeader(jwt).typ).toBe('oauth-authz-req+jwt')
    expect(claims).not.toHaveProperty('sub')
  })
})
