import type { GrantContext } from '../../src/grants/grant.js'
import { type TokenExchangeOptions, tokenExchangeGrant } from '../../src/grants/token-exchange.js'
import { exchangeToken } from '../../src/oauth2/token-exchange.js'
import { callEndpoint } from '../../src/server/call.js'
import { processTokenResponse } from '../../src/server/token-response.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** The answer of the example in section 2.3. */
const issued = {
  access_token: 'eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9',
  issued_token_type: ACCESS_TOKEN,
  token_type: 'Bearer',
  expires_in: 60,
}

/** Runs the grant as a session does; answers the token and the body that was sent. */
async function exchange(
  options: TokenExchangeOptions,
  body: object = issued,
  context: Partial<GrantContext> = {},
) {
  const world = scripted([answer(200, body)])
  const token = await tokenExchangeGrant(options)(
    async parameters =>
      processTokenResponse(await callEndpoint(world, 'token', parameters), { ...world, requestedAt: NOW }),
    context as GrantContext,
  )
  return { token, body: world.sent[0]?.body as URLSearchParams }
}

describe('RFC 8693 OAuth 2.0 Token Exchange', () => {
  test('section 2.1: the example of section 2.3: grant type, resource, subject token and its type', async () => {
    const { body } = await exchange({
      resource: 'https://backend.example.com/api',
      subject_token: 'accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC',
      subject_token_type: ACCESS_TOKEN,
    })
    expect(Object.fromEntries(body)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      resource: 'https://backend.example.com/api',
      subject_token: 'accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC',
      subject_token_type: ACCESS_TOKEN,
      client_id: 'app',
    })
  })

  test('section 2.1: subject_token_type is REQUIRED: an access token where nothing is said', async () => {
    expect((await exchange({ subject_token: 's' })).body.get('subject_token_type')).toBe(ACCESS_TOKEN)
  })

  test('section 2.1: actor_token_type is REQUIRED with an actor_token and MUST NOT be there without', async () => {
    const { body } = await exchange({ subject_token: 's', actor_token: 'a' })
    expect(body.get('actor_token_type')).toBe(ACCESS_TOKEN)
    const without = await exchange({ subject_token: 's', actor_token_type: ACCESS_TOKEN })
    expect(without.body.has('actor_token')).toBe(false)
    expect(without.body.has('actor_token_type')).toBe(false)
  })

  test('section 2.1: several resources and audiences are repeated parameters', async () => {
    const { body } = await exchange({
      subject_token: 's',
      resource: ['https://a.example', 'https://b.example'],
      audience: ['x', 'y'],
    })
    expect(body.getAll('resource')).toEqual(['https://a.example', 'https://b.example'])
    expect(body.getAll('audience')).toEqual(['x', 'y'])
  })

  test.each(['/api', 'backend.example.com', 'https://backend.example.com/api#part', ''])(
    'section 2.1: resource MUST be an absolute URI without a fragment: %p is refused',
    async resource => {
      for (const list of [resource, ['https://backend.example.com/api', resource]]) {
        expect((await errorOf(() => exchange({ subject_token: 's', resource: list }))).code).toBe(
          'OAUTH_INVALID_OPTION',
        )
        const world = scripted([answer(200, issued)])
        const error = await errorOf(() => exchangeToken(world, { subject_token: 's', resource: list }))
        expect(error.code).toBe('OAUTH_INVALID_OPTION')
        expect(world.sent).toEqual([])
      }
    },
  )

  test('section 2.1: a resource may have a query, and is sent as it is written', async () => {
    const resource = 'https://backend.example.com/api?tenant=a%20B'
    expect((await exchange({ subject_token: 's', resource })).body.getAll('resource')).toEqual([resource])
  })

  test('section 2.2.1: issued_token_type is passed on', async () => {
    expect((await exchange({ subject_token: 's' })).token).toMatchObject({ ...issued, expires_at: NOW + 60 })
  })

  test('section 2.2.1: a token of type N_A is no access token: a session does not take it', async () => {
    for (const token_type of ['N_A', 'n_a']) {
      const error = await errorOf(() => exchange({ subject_token: 's' }, { ...issued, token_type }))
      expect(error.code).toBe('OAUTH_UNSUPPORTED_TOKEN_TYPE')
    }
  })

  test('section 2.2.2: errors are those of RFC 6749, and invalid_target', async () => {
    const world = scripted([answer(400, { error: 'invalid_target', error_description: 'no such API' })])
    const error = await errorOf(() => exchangeToken(world, { subject_token: 's' }))
    expect(error).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      error: 'invalid_target',
      error_description: 'no such API',
    })
  })

  test('tokens given as functions are asked for in every exchange', async () => {
    let asked = 0
    const options = { subject_token: async () => `s${++asked}`, actor_token: () => `a${asked}` }
    await exchange(options)
    const { body } = await exchange(options)
    expect(body.get('subject_token')).toBe('s2')
  })

  test('the target of session.for() wins over the options', async () => {
    const { body } = await exchange(
      { subject_token: 's', scope: 'a', resource: 'https://a.example' },
      issued,
      {
        scope: 'b',
        resource: 'https://b.example',
      },
    )
    expect(body.get('scope')).toBe('b')
    expect(body.getAll('resource')).toEqual(['https://b.example'])
  })
})

describe('exchangeToken', () => {
  const SAML = 'urn:ietf:params:oauth:token-type:saml2'

  test('section 2.2.1: answers a token of any kind, N_A too, without storing it', async () => {
    const world = scripted([
      answer(200, { access_token: 'PHNhbWw+', issued_token_type: SAML, token_type: 'N_A', expires_in: 60 }),
    ])
    const token = await exchangeToken(world, { subject_token: 's', requested_token_type: SAML })
    expect(token).toMatchObject({
      access_token: 'PHNhbWw+',
      issued_token_type: SAML,
      token_type: 'N_A',
      expires_at: NOW + 60,
    })
    expect(world.sent[0]?.body.get('requested_token_type')).toBe(SAML)
  })

  test.each([
    ['issued_token_type', { access_token: 'a', token_type: 'Bearer' }],
    ['access_token', { issued_token_type: SAML, token_type: 'N_A' }],
    ['token_type', { access_token: 'a', issued_token_type: SAML }],
    ['issued_token_type', { access_token: 'a', token_type: 'Bearer', issued_token_type: '' }],
    ['issued_token_type', { access_token: 'a', token_type: 'Bearer', issued_token_type: 7 }],
  ])('section 2.2.1: an answer without the REQUIRED %s is refused', async (name, body) => {
    const error = await errorOf(() => exchangeToken(scripted([answer(200, body)]), { subject_token: 's' }))
    expect(error.code).toBe('OAUTH_INVALID_RESPONSE')
    expect(error.message).toContain(`a usable ${name}:`)
  })
})
