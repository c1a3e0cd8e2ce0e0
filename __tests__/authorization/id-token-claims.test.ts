import * as oauth4webapi from 'oauth4webapi'
import { checkIdTokenClaims, readClaims } from '../../src/authorization/id-token-claims.js'
import { errorOf } from '../oauth2/support.js'

const now = Math.floor(Date.now() / 1000)
// the other library reads the system's clock: it stands still, however slow the machine is
beforeAll(() => jest.spyOn(Date, 'now').mockReturnValue(now * 1000))
afterAll(() => jest.restoreAllMocks())
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
const jwt = (claims: unknown) => `${encode({ alg: 'RS256' })}.${encode(claims)}.c2lnbmF0dXJl`
const good = { iss: 'https://as.example', sub: 'user ü', aud: 'app', exp: now + 300, iat: now }
const server = { issuer: 'https://as.example' }
const client = { client_id: 'app' }
type Expected = Partial<Parameters<typeof checkIdTokenClaims>[1]>
const check = (claims: unknown, expected: Expected = {}) =>
  checkIdTokenClaims(jwt(claims), { server, client, clock: () => now, ...expected })

/** What oauth4webapi says to the same ID token in an authorization code response. */
const theirs = (claims: unknown, { nonce, max_age }: Expected) =>
  oauth4webapi
    .processAuthorizationCodeResponse(
      { ...server, id_token_signing_alg_values_supported: ['RS256'] },
      { ...client, [oauth4webapi.clockTolerance]: 60 },
      Response.json({ access_token: 'AT', token_type: 'bearer', id_token: jwt(claims) }),
      {
        expectedNonce: nonce ?? oauth4webapi.expectNoNonce,
        maxAge: max_age ?? oauth4webapi.skipAuthTimeCheck,
      },
    )
    .then(
      () => true,
      () => false,
    )

it.each<[string, object, Expected?]>([
  ['plain', {}],
  ['a list of one audience', { aud: ['app'] }],
  ['several audiences and azp', { aud: ['other', 'app'], azp: 'app' }],
  ['one audience and azp', { azp: 'app' }],
  ['its nonce', { nonce: 'n' }, { nonce: 'n' }],
  ['a clock that is a little ahead', { exp: now - 59 }],
  ['nbf a little ahead', { nbf: now + 59 }],
  ['an authentication that is recent enough', { auth_time: now - 100 }, { max_age: 100 }],
])('good: %s', async (_, claims, expected = {}) => {
  expect(await check({ ...good, ...claims }, expected)).toEqual({ ...good, ...claims })
  expect(await theirs({ ...good, ...claims }, expected)).toBe(true)
})

it.each<[string, string, object, Expected?]>([
  ['another issuer', 'iss', { iss: 'https://as.example/' }],
  ['no issuer', 'iss', { iss: undefined }],
  ['no subject', 'sub', { sub: undefined }],
  ['another audience', 'aud', { aud: 'other' }],
  ['no audience', 'aud', { aud: undefined }],
  ['other audiences', 'aud', { aud: ['x', 'y'], azp: 'app' }],
  ['an audience that only contains ours', 'aud', { aud: 'app2' }],
  ['several audiences without azp', 'azp', { aud: ['app', 'other'] }],
  ['several audiences, another azp', 'azp', { aud: ['app', 'other'], azp: 'other' }],
  ['another azp', 'azp', { azp: 'other' }],
  ['expired', 'exp', { exp: now - 61 }],
  ['no end', 'exp', { exp: undefined }],
  ['an end in words', 'exp', { exp: `${now + 300}` }],
  ['no beginning', 'iat', { iat: undefined }],
  ['not yet', 'nbf', { nbf: now + 61 }],
  ['no nonce', 'nonce', {}, { nonce: 'n' }],
  ['another nonce', 'nonce', { nonce: 'm' }, { nonce: 'n' }],
  ['a nonce that nobody sent', 'nonce', { nonce: 'm' }],
  ['an authentication too long ago', 'auth_time', { auth_time: now - 161 }, { max_age: 100 }],
  ['no authentication time', 'auth_time', {}, { max_age: 100 }],
])('wrong: %s', async (name, claim, claims, expected = {}) => {
  const error = await errorOf(() => check({ ...good, ...claims }, expected))
  expect(error.code).toBe('OAUTH_ID_TOKEN_INVALID')
  expect(error.message).toContain(claim)
  // oauth4webapi looks at azp only beside several audiences
  if (name !== 'another azp') expect(await theirs({ ...good, ...claims }, expected)).toBe(false)
})

it.each([
  '',
  'abc',
  'a.b',
  'a.b.c',
  `${encode({})}.${encode([])}.x`,
  `${encode({})}.${encode(null)}.x`,
  `${encode({})}.${encode('x')}.x`,
  'a.b.c.d.e',
  `${jwt(good)}.x.y`,
])('no JWT: %s', async text => {
  expect(readClaims(text)).toBeUndefined()
  expect((await errorOf(() => checkIdTokenClaims(text, { server, client, clock: () => now }))).code).toBe(
    'OAUTH_ID_TOKEN_INVALID',
  )
})

it('a server without known issuer may have any', async () => {
  expect(await check({ ...good, iss: 'https://other.example' }, { server: {} })).toMatchObject({
    sub: 'user ü',
  })
})

it('Apple may leave the nonce out, but not send another', async () => {
  expect(await check({ ...good, nonce_supported: false }, { nonce: 'n' })).toMatchObject(good)
  for (const claims of [{ nonce_supported: true }, { nonce_supported: false, nonce: 'm' }])
    expect((await errorOf(() => check({ ...good, ...claims }, { nonce: 'n' }))).message).toContain('nonce')
})

describe('after a refresh', () => {
  const previous = jwt({ ...good, nonce: 'n' })
  it('names the same person, with any nonce', async () => {
    expect(await check(good, { previous })).toMatchObject(good)
    expect(await check({ ...good, nonce: 'n' }, { previous })).toMatchObject(good)
    expect(await check({ ...good, aud: ['app'] }, { previous })).toMatchObject({ sub: 'user ü' })
  })

  it.each([
    ['sub', { sub: 'somebody else' }],
    ['iss', { iss: 'https://other.example' }],
    ['aud', { aud: ['app', 'other'], azp: 'app' }],
  ])('another %s is refused', async (claim, claims) => {
    const error = await errorOf(() => check({ ...good, ...claims }, { previous, server: {} }))
    expect(error.message).toContain(claim)
  })
})
