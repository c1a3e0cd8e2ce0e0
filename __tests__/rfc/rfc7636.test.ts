import { createHash } from 'node:crypto'
import type { AuthorizationOptions } from '../../src/authorization/options.js'
import { createCodeChallenge, createCodeVerifier } from '../../src/authorization/pkce.js'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import type { OAuth2SessionOptions } from '../../src/session/session.js'
import { errorOf } from '../oauth2/support.js'
import { fakeServer, makeSession, metadata } from '../support/fake-server.js'

// appendix B
const OCTETS = Buffer.from('7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79', 'hex')
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const server = { ...metadata, authorization_endpoint: 'https://as.example/authorize' }
const confidential = { client: { client_id: 'app', client_secret: 's' } }

/** Begins a sign-in; `finish` goes on with what the server adds to the redirect URI. */
async function begin(options: AuthorizationOptions = {}, more: Partial<OAuth2SessionOptions> = {}) {
  const as = fakeServer()
  const { session } = makeSession(as, { server, ...more })
  const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri: 'app:/cb', ...options })
  const finish = (query: string) =>
    fetchToken(
      session,
      authorizationCodeGrant({
        authorizationResponse: `app:/cb?state=${transaction.state}&${query}`,
        transaction,
      }),
    )
  return { as, session, url, query: new URL(url).searchParams, transaction, finish }
}

const s256 = (verifier = '') => createHash('sha256').update(verifier).digest('base64url')

describe('RFC 7636 Proof Key for Code Exchange by OAuth Public Clients: the client', () => {
  test('section 4.1: the verifier MUST have 43 to 128 characters, all of them unreserved', async () => {
    for (let count = 0; count < 50; count++)
      expect((await begin()).transaction.code_verifier).toMatch(/^[A-Za-z0-9._~-]{43,128}$/)
  })

  test.each([
    ['42 characters', 'a'.repeat(42)],
    ['129 characters', 'a'.repeat(129)],
    ['a plus', `${'a'.repeat(43)}+`],
    ['a slash', `${'a'.repeat(43)}/`],
    ['padding', `${'a'.repeat(43)}=`],
    ['a space', `${'a'.repeat(43)} `],
    ['a line break', `${'a'.repeat(43)}\n`],
    ['a letter that is not ASCII', `${'a'.repeat(43)}é`],
  ])(
    'section 4.1: a verifier of the application’s own MUST be such a one too: %s is refused',
    async (_, code_verifier) => {
      for (const pkce of ['S256', 'plain'] as const)
        expect((await errorOf(() => begin({ pkce, code_verifier }))).code).toBe('OAUTH_INVALID_OPTION')
    },
  )

  test.each([43, 128])('section 4.1: one of %i characters is good', async length => {
    const code_verifier = 'aZ09-._~'.repeat(16).slice(0, length)
    expect((await begin({ code_verifier })).query.get('code_challenge')).toBe(s256(code_verifier))
  })

  test('section 4.1: each authorization request has a verifier of its own', async () => {
    const { session } = await begin()
    const verifiers = new Set<unknown>()
    for (let count = 0; count < 50; count++)
      verifiers.add((await createAuthorizationUrl(session, {})).transaction.code_verifier)
    expect(verifiers.size).toBe(50)
  })

  test('section 7.1: the verifier is made of 32 random octets: 256 bits', async () => {
    const asked: number[] = []
    const verifier = createCodeVerifier(bytes => {
      asked.push(bytes)
      return OCTETS
    })
    expect(asked).toEqual([32])
    expect(Buffer.from(verifier, 'base64url')).toEqual(OCTETS)
  })

  test('section 7.1: too little randomness is no verifier', async () => {
    const random = (bytes: number) => new Uint8Array(Math.min(bytes, 16))
    expect((await errorOf(() => begin({}, { random }))).code).toBe('OAUTH_INVALID_OPTION')
  })

  test('section 4.2: MUST use S256: the challenge is the hash of the verifier in base64url', async () => {
    const { query, transaction } = await begin()
    expect(query.get('code_challenge')).toBe(s256(transaction.code_verifier))
    expect(query.get('code_challenge_method')).toBe('S256')
  })

  test('section 4.2: MUST use S256, also where the platform has no crypto.subtle', async () => {
    const { getRandomValues } = globalThis.crypto
    const crypto = { getRandomValues: getRandomValues.bind(globalThis.crypto) } as never
    const { query, transaction } = await begin({}, { crypto })
    expect(query.get('code_challenge')).toBe(s256(transaction.code_verifier))
    expect(query.get('code_challenge_method')).toBe('S256')
  })

  test('section 4.2: plain only where the application knows that the server has nothing else', async () => {
    const { query, transaction } = await begin({ pkce: 'plain' })
    expect(query.get('code_challenge_method')).toBe('plain')
    expect(query.get('code_challenge')).toBe(transaction.code_verifier)
    for (const methods of [['S256'], ['plain', 'S256']]) {
      const knowing = { server: { ...server, code_challenge_methods_supported: methods } }
      expect((await errorOf(() => begin({ pkce: 'plain' }, knowing))).code).toBe('OAUTH_INVALID_OPTION')
    }
  })

  test('section 4.3: the authorization request has code_challenge (REQUIRED) and its method, once each', async () => {
    const { query } = await begin()
    expect(query.getAll('code_challenge')).toHaveLength(1)
    // absent it would mean plain
    expect(query.getAll('code_challenge_method')).toEqual(['S256'])
  })

  test('section 4.3: the request shows the challenge, never the verifier', async () => {
    const { url, transaction } = await begin()
    expect(transaction.code_verifier).toBeTruthy()
    expect(url).not.toContain(transaction.code_verifier)
    expect(url).not.toContain('code_verifier')
  })

  test('section 4.4.1: the server’s refusal is told', async () => {
    const { as, finish } = await begin()
    const error_description = 'transform algorithm not supported'
    expect(
      await errorOf(() => finish(`error=invalid_request&error_description=${error_description}`)),
    ).toMatchObject({
      code: 'OAUTH_AUTHORIZATION_FAILED',
      error: 'invalid_request',
      error_description,
    })
    expect(as.requests).toEqual([])
  })

  test('section 4.5: the token request has the code and the verifier of the same sign-in (REQUIRED)', async () => {
    for (const more of [{}, confidential]) {
      const { as, finish, query } = await begin({}, more)
      await finish('code=c')
      const { body, url } = as.requests[0] ?? {}
      expect(body?.getAll('code')).toEqual(['c'])
      expect(body?.getAll('code_verifier')).toHaveLength(1)
      expect(s256(body?.get('code_verifier') as string)).toBe(query.get('code_challenge'))
      expect(url?.search).toBe('')
    }
  })

  test('section 4.6: the token endpoint’s refusal of the verifier is told, without the verifier', async () => {
    const { as, finish, transaction } = await begin()
    as.answers.push({ status: 400, body: { error: 'invalid_grant' } })
    const error = await errorOf(() => finish('code=c'))
    expect(error).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error: 'invalid_grant' })
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(transaction.code_verifier)
  })

  test('section 5: SHOULD send them to every server: also for a confidential client, and if the metadata omit it', async () => {
    for (const [options, more] of [
      [{}, {}],
      [{}, confidential],
      [{ response_type: 'code id_token', nonce: 'n' }, {}],
      [{ scope: 'openid' }, confidential],
      [{}, { server: { authorization_endpoint: server.authorization_endpoint } }],
    ] as const)
      expect((await begin(options, more)).query.get('code_challenge_method')).toBe('S256')
  })

  test('section 5: a public client cannot switch it off', async () => {
    expect((await errorOf(() => begin({ pkce: false }))).code).toBe('OAUTH_INVALID_OPTION')
  })

  test('section 7.2: MUST NOT downgrade to plain after S256 was tried', async () => {
    const { finish, session } = await begin()
    await errorOf(() => finish('error=invalid_request&error_description=transform algorithm not supported'))
    const { url } = await createAuthorizationUrl(session, {})
    expect(new URL(url).searchParams.get('code_challenge_method')).toBe('S256')
  })

  test.each([[['plain']], [[]]])(
    'section 7.2: metadata that list %j do not weaken it: refused, not plain',
    async methods => {
      const weak = { server: { ...server, code_challenge_methods_supported: methods } }
      expect((await errorOf(() => begin({}, weak))).code).toBe('OAUTH_INVALID_OPTION')
      expect((await begin({ pkce: 'S256' }, weak)).query.get('code_challenge_method')).toBe('S256')
    },
  )

  test('appendix B: the example', async () => {
    expect(createCodeVerifier(() => OCTETS)).toBe(VERIFIER)
    expect(await createCodeChallenge(VERIFIER)).toBe(CHALLENGE)
    expect(await createCodeChallenge(VERIFIER, 'S256', globalThis.crypto)).toBe(CHALLENGE)
  })

  test.each([0xff, 0xfb, 0x3e])(
    'appendix A: base64url without padding, line breaks or other characters: %i',
    octet => {
      const octets = new Uint8Array(32).fill(octet)
      expect(createCodeVerifier(() => octets)).toBe(Buffer.from(octets).toString('base64url'))
    },
  )
})
