import { CompactEncrypt, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { idTokenValidator } from '../../src/oidc.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'
import { half, makeIssuer } from './issuer.js'

let op: Awaited<ReturnType<typeof makeIssuer>>
beforeEach(async () => {
  op = await makeIssuer()
})

const validate = async (jwt: string, expected: object = {}, options = {}) =>
  idTokenValidator(options)(jwt, op.context(expected))

test('a good ID token is accepted, with its hashes', async () => {
  const jwt = await op.sign(
    op.claims({ at_hash: half('at'), c_hash: half('code'), auth_time: op.now - 10, amr: ['pwd'] }),
  )
  await expect(validate(jwt, { access_token: 'at', code: 'code', max_age: 60 })).resolves.toMatchObject({
    sub: 'anna',
  })
})

test('clocks may differ by a minute, or by as much as is said', async () => {
  const late = await op.sign(op.claims({ exp: 1_700_000_000 - 59, nbf: 1_700_000_000 + 59 }))
  await expect(validate(late)).resolves.toMatchObject({ sub: 'anna' })
  const later = await op.sign(op.claims({ exp: 1_700_000_000 - 299 }))
  await expect(validate(later, {}, { clockTolerance: 300 })).resolves.toMatchObject({ sub: 'anna' })
})

/** What is expected of one that came through the browser. */
const FRONT = { front: true, code: 'code', state: 'state' }

test('one that signs a response has its hashes, and may be an hour old; later ones may be older', async () => {
  const hour = { iat: 1_700_000_000 - 3600 }
  const front = await op.sign(op.claims({ ...hour, c_hash: half('code'), s_hash: half('state') }))
  await expect(validate(front, FRONT, { detachedSignature: true })).resolves.toMatchObject({ sub: 'anna' })
  const plain = await op.sign(op.claims({ ...hour, c_hash: half('code') }))
  await expect(validate(plain, FRONT)).resolves.toMatchObject({ sub: 'anna' })
  const old = await op.sign(op.claims({ iat: 1_700_000_000 - 7 * 86_400 }))
  await expect(validate(old, {}, { detachedSignature: true })).resolves.toMatchObject({ sub: 'anna' })
})

describe('E11: wrong in every way, refused each time', () => {
  // [what is wrong, claims, header, expected, options]
  const mutations: Array<[string, Record<string, unknown>, object?, object?, object?]> = [
    ['iss', { iss: 'https://evil.example' }],
    ['iss', { iss: 'https://op.example/' }],
    ['iss', { iss: undefined }],
    ['sub', { sub: undefined }],
    ['sub', { sub: '' }],
    ['sub', { sub: 7 }],
    ['aud', { aud: 'other' }],
    ['aud', { aud: undefined }],
    ['aud', { aud: ['other'] }],
    ['azp', { aud: ['app', 'other'] }],
    ['azp', { aud: ['app', 'other'], azp: 'other' }],
    ['azp', { azp: 'other' }],
    ['exp', { exp: 1_700_000_000 - 61 }],
    ['exp', { exp: 1_700_000_000 - 6 }, {}, {}, { clockTolerance: 5 }],
    ['exp', { exp: 1_700_000_000 }, {}, {}, { clockTolerance: -1 }],
    ['exp', { exp: undefined }],
    ['exp', { exp: '1900000000' }],
    ['iat', { iat: undefined }],
    ['iat', { iat: 'now' }],
    ['nbf', { nbf: 1_700_000_000 + 3600 }],
    ['nonce', { nonce: 'another' }],
    ['nonce', { nonce: undefined }],
    ['nonce', { nonce: 'unasked' }, {}, { nonce: undefined }],
    ['at_hash', { at_hash: half('another') }, {}, { access_token: 'at' }],
    ['at_hash', { at_hash: 7 }, {}, { access_token: 'at' }],
    ['c_hash', { c_hash: half('another') }, {}, { code: 'code' }],
    ['s_hash', { s_hash: half('another') }, {}, { state: 'state' }],
    ['s_hash', { c_hash: half('code') }, {}, FRONT, { detachedSignature: true }],
    ['s_hash', { c_hash: half('code'), s_hash: half('another') }, {}, FRONT],
    ['iat', { iat: 1_700_000_000 - 3661, c_hash: half('code') }, {}, FRONT],
    ['auth_time', { auth_time: 1_700_000_000 - 3600 }, {}, { max_age: 60 }],
    ['auth_time', { auth_time: undefined }, {}, { max_age: 60 }],
    ['auth_time', { auth_time: 'today' }],
    ['amr', { amr: 'pwd' }],
    ['acr', { acr: 'bronze' }, {}, {}, { acr_values: ['gold', 'silver'] }],
    ['acr', {}, {}, {}, { acr_values: ['gold'] }],
    ['matches', {}, { kid: 'nobody' }],
    ['alg', {}, {}, {}, { algorithms: ['ES256'] }],
  ]
  test.each(mutations)('%s: %o', async (claim, claims, header = {}, expected = {}, options = {}) => {
    const jwt = await op.sign(op.claims(claims), header)
    await expect(validate(jwt, expected, options)).rejects.toMatchObject({
      code: 'OAUTH_ID_TOKEN_INVALID',
      message: expect.stringContaining(claim),
    })
  })

  test('no signature at all (alg none)', async () => {
    const jwt = new UnsecuredJWT(op.claims()).encode()
    await expect(validate(jwt)).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
    await expect(validate(jwt, {}, { algorithms: ['none'] })).rejects.toMatchObject({
      code: 'OAUTH_ID_TOKEN_INVALID',
    })
  })

  test('the signature of another key, under a kid that is known', async () => {
    await op.addKey('k2')
    const jwt = await op.sign(op.claims(), { kid: 'k1' }, 'k2')
    await expect(validate(jwt)).rejects.toMatchObject({ message: expect.stringContaining('signature') })
  })

  test('a changed payload', async () => {
    const [head, , signature] = (await op.sign(op.claims())).split('.')
    const payload = Buffer.from(JSON.stringify(op.claims({ sub: 'mallory' }))).toString('base64url')
    await expect(validate(`${head}.${payload}.${signature}`)).rejects.toMatchObject({
      code: 'OAUTH_ID_TOKEN_INVALID',
    })
  })

  test('the public key used as a shared secret', async () => {
    const secret = Buffer.from(JSON.stringify(op.keys.get('k1')?.publicJwk))
    const jwt = await new SignJWT(op.claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret)
    await expect(validate(jwt)).rejects.toMatchObject({ message: expect.stringContaining('HS256') })
  })

  test.each(['', 'x', 'a.b', 'a.b.c', 'a.b.c.d', '..', '{}', `${'x'.repeat(9999)}.y.z`])(
    'what is no JWT: %s',
    async jwt => {
      await expect(validate(jwt)).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
    },
  )
})

describe('the shared secret', () => {
  test('signs where the client is registered for it', async () => {
    op.client = { client_id: 'app', client_secret: 'x'.repeat(40), id_token_signed_response_alg: 'HS256' }
    const jwt = await new SignJWT(op.claims())
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from('x'.repeat(40)))
    await expect(validate(jwt)).resolves.toMatchObject({ sub: 'anna' })
    const other = await new SignJWT(op.claims())
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from('y'.repeat(40)))
    await expect(validate(other)).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
  })
})

describe('encrypted ID tokens', () => {
  test('are opened with the client’s key; without it, or in the clear where they must not be, refused', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RSA-OAEP-256', { extractable: true })
    const signed = await op.sign(op.claims())
    const jwe = await new CompactEncrypt(Buffer.from(signed))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT' })
      .encrypt(publicKey)
    await expect(validate(jwe, {}, { decryptionKey: await exportJWK(privateKey) })).resolves.toMatchObject({
      sub: 'anna',
    })
    await expect(validate(jwe)).rejects.toMatchObject({ message: expect.stringContaining('decryptionKey') })
    await expect(
      validate(jwe, {}, { decryptionKey: (await generateKeyPair('RSA-OAEP-256')).privateKey }),
    ).rejects.toMatchObject({
      code: 'OAUTH_ID_TOKEN_INVALID',
    })
    op.client = { client_id: 'app', id_token_encrypted_response_alg: 'RSA-OAEP-256' }
    await expect(validate(signed)).rejects.toMatchObject({ message: expect.stringContaining('encrypted') })
  })
})

describe('the server’s keys', () => {
  test('are read once, again for a new kid, and not more often than the cool-down allows', async () => {
    const validator = idTokenValidator({ cooldown: 30 })
    await validator(await op.sign(op.claims()), op.context())
    await validator(await op.sign(op.claims()), op.context())
    expect(op.requests).toHaveLength(1)
    await op.addKey('k2', 'ES256')
    op.server = { ...op.server, id_token_signing_alg_values_supported: ['RS256', 'ES256'] } as never
    const rotated = await op.sign(op.claims(), {}, 'k2')
    await expect(validator(rotated, op.context())).rejects.toMatchObject({
      message: expect.stringContaining('k2'),
    })
    op.now += 31
    await expect(validator(rotated, op.context())).resolves.toMatchObject({ sub: 'anna' })
    expect(op.requests).toHaveLength(2)
    op.now += 31
    for (let i = 0; i < 5; i++) {
      await expect(
        validator(await op.sign(op.claims(), { kid: `evil${i}` }), op.context()),
      ).rejects.toBeDefined()
    }
    expect(op.requests).toHaveLength(3)
  })

  test('are all tried if the token names none', async () => {
    await op.addKey('k2')
    await expect(
      validate(await op.sign(op.claims(), { kid: undefined as never }, 'k2')),
    ).resolves.toMatchObject({
      sub: 'anna',
    })
  })

  test('are read once for concurrent validations', async () => {
    const validator = idTokenValidator()
    const jwt = await op.sign(op.claims())
    await Promise.all(Array.from({ length: 20 }, () => validator(jwt, op.context())))
    expect(op.requests).toHaveLength(1)
  })

  test.each([
    ['an HTML page', { body: '<html></html>' }, 'OAUTH_INVALID_RESPONSE'],
    ['an empty body', { body: '' }, 'OAUTH_INVALID_RESPONSE'],
    ['an array', { body: '[]' }, 'OAUTH_INVALID_RESPONSE'],
    ['null', { body: 'null' }, 'OAUTH_INVALID_RESPONSE'],
    ['keys that are no list', { body: '{"keys":{}}' }, 'OAUTH_INVALID_RESPONSE'],
    ['keys that are no objects', { body: '{"keys":["k1",null]}' }, 'OAUTH_INVALID_RESPONSE'],
    ['a key without a type', { body: '{"keys":[{"kid":"k1"}]}' }, 'OAUTH_INVALID_RESPONSE'],
    [
      'a damaged key',
      { body: '{"keys":[{"kty":"RSA","kid":"k1","alg":"RS256","n":"!","e":"AQAB"}]}' },
      'OAUTH_ID_TOKEN_INVALID',
    ],
    ['no keys', { body: '{"keys":[]}' }, 'OAUTH_ID_TOKEN_INVALID'],
    [
      'keys for encryption',
      { body: '{"keys":[{"kty":"RSA","kid":"k1","use":"enc","n":"AQAB","e":"AQAB"}]}' },
      'OAUTH_ID_TOKEN_INVALID',
    ],
    ['a 404', { status: 404, body: '{}' }, 'OAUTH_INVALID_RESPONSE'],
    ['a 503', { status: 503, body: '' }, 'OAUTH_SERVER_UNAVAILABLE'],
  ])('%s in their place is refused with its own code', async (_name, jwks, code) => {
    op.jwks = jwks
    await expect(validate(await op.sign(op.claims()))).rejects.toMatchObject({ code })
  })

  test('a server without jwks_uri is named', async () => {
    const jwt = await op.sign(op.claims())
    await expect(
      idTokenValidator()(jwt, op.context({ server: { issuer: 'https://op.example' } })),
    ).rejects.toMatchObject({
      code: 'OAUTH_ENDPOINT_MISSING',
    })
  })
})

describe('in a session', () => {
  const sessionWith = (token: () => Promise<Record<string, unknown>>) => {
    const { server, client, clock } = op
    return createSession(
      { server, client, clock, openid: idTokenValidator() },
      {
        http: {} as never,
        send: async request =>
          request.endpoint === 'token'
            ? { status: 200, header: () => undefined, body: JSON.stringify(await token()) }
            : op.send(request),
      },
    )
  }

  test('a refresh must be for the same person; with another one the session ends', async () => {
    let sub = 'anna'
    const session = sessionWith(async () => ({
      access_token: `a-${sub}`,
      refresh_token: 'r',
      id_token: await op.sign(op.claims({ sub, nonce: undefined })),
    }))
    await fetchToken(session, async (endpoint, { validateIdToken }) => {
      const token = await endpoint({ grant_type: 'x' })
      await validateIdToken?.(token.id_token as string, {})
      return token
    })
    expect(await session.token({ rejected: await session.token() })).toMatchObject({ access_token: 'a-anna' })
    sub = 'mallory'
    await expect(session.token({ rejected: await session.token() })).rejects.toMatchObject({
      code: 'OAUTH_SESSION_ENDED',
    })
    expect(session.current()).toBeUndefined()
  })
})
