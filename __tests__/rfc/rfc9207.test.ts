import { inspect } from 'node:util'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { checkAuthorizationResponse } from '../../src/authorization/response.js'
import type { AuthorizationTransaction } from '../../src/authorization/transaction.js'
import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import { idTokenValidator } from '../../src/oidc.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'
import { errorOf, NOW } from '../oauth2/support.js'
import { makeIssuer } from '../oidc/issuer.js'

/** The response of the example in section 2.1. */
const HONEST = 'https://honest.as.example'
const iss = `&iss=${encodeURIComponent(HONEST)}`
const client = { client_id: 'app' }
let states = 0

/** Judges a response to a request that was sent to the honest server. */
function judge(rest: string, server: object = {}, issuer: string | undefined = HONEST) {
  const metadata = { ...(issuer && { issuer }), authorization_endpoint: `${HONEST}/authorize`, ...server }
  const transaction: AuthorizationTransaction = {
    issuer: issuer || metadata.authorization_endpoint,
    client_id: 'app',
    response_type: 'code',
    state: `s${++states}`,
    created_at: NOW,
  }
  const at = { server: metadata, client, clock: () => NOW }
  return checkAuthorizationResponse(
    `https://client.example/cb?${rest}&state=${transaction.state}`,
    transaction,
    at,
  )
}
const announced = { authorization_response_iss_parameter_supported: true }

describe('RFC 9207 OAuth 2.0 Authorization Server Issuer Identification', () => {
  test('section 2.4: MUST be decoded from its form encoding and compared with the issuer of the server that was asked', () => {
    expect(judge(`code=c${iss}`)).toMatchObject({ code: 'c', iss: HONEST })
    expect(judge('code=c&iss=https%3A%2F%2Fhonest%2Eas%2Eexample')).toMatchObject({ code: 'c' })
  })

  test.each([
    'https://evil.example',
    `${HONEST}/`,
    'https://HONEST.as.example',
    `${HONEST}:443`,
    'http://honest.as.example',
    'https://honest.as.exampl%65',
    '',
  ])(
    'section 2.4: the comparison MUST be one of simple strings, and what does not match MUST be rejected: %p',
    async value => {
      for (const server of [{}, announced]) {
        const error = await errorOf(() => judge(`code=canary&iss=${encodeURIComponent(value)}`, server))
        expect(error.code).toBe('OAUTH_ISSUER_MISMATCH')
        expect(inspect(error)).not.toContain('canary')
      }
    },
  )

  test('section 2.4: of an error MUST NOT be assumed that it is from the server that was asked', async () => {
    for (const [rest, server] of [
      ['iss=https%3A%2F%2Fevil.example', {}],
      ['', announced],
    ] as const) {
      const error = await errorOf(() => judge(`error=canary&error_description=canary&${rest}`, server))
      expect(error.code).toBe('OAUTH_ISSUER_MISMATCH')
      expect(inspect(error)).not.toContain('canary')
    }
    expect(await errorOf(() => judge(`error=access_denied${iss}`, announced))).toMatchObject({
      code: 'OAUTH_AUTHORIZATION_FAILED',
      error: 'access_denied',
    })
  })

  test('section 2.4: MUST be compared with the issuer of the metadata: where they have none, it cannot be', async () => {
    expect((await errorOf(() => judge(`code=c${iss}`, {}, ''))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect((await errorOf(() => judge(`code=c&iss=${HONEST}/authorize`, {}, ''))).code).toBe(
      'OAUTH_ISSUER_MISMATCH',
    )
    expect(judge('code=c', {}, '')).toMatchObject({ code: 'c' })
  })

  test('section 2.4: MUST be rejected without iss where the server supports it, each server for itself', async () => {
    expect((await errorOf(() => judge('code=c', announced))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(judge('code=c')).toMatchObject({ code: 'c' })
    expect(judge('code=c', { authorization_response_iss_parameter_supported: false })).toMatchObject({
      code: 'c',
    })
  })

  test('section 3: what is not announced is not supported, but an iss that comes all the same is checked', async () => {
    expect(judge(`code=c${iss}`, { authorization_response_iss_parameter_supported: false })).toMatchObject({
      code: 'c',
    })
    expect((await errorOf(() => judge('code=c&iss=https%3A%2F%2Fevil.example'))).code).toBe(
      'OAUTH_ISSUER_MISMATCH',
    )
  })

  test('section 2.4: an ID token from the authorization endpoint MUST be of the issuer that iss names', async () => {
    const op = await makeIssuer()
    const sent: string[] = []
    const session = createSession(
      { server: op.server, client: op.client, clock: op.clock, openid: idTokenValidator() },
      {
        http: {} as never,
        send: async request => {
          if (request.endpoint === 'jwks') return op.send(request)
          sent.push(request.endpoint)
          return { status: 200, header: () => undefined, body: '{"access_token":"a","token_type":"Bearer"}' }
        },
      },
    )
    const { transaction } = await createAuthorizationUrl(session, {
      response_type: 'code id_token',
      scope: 'openid',
      redirect_uri: 'https://client.example/cb',
    })
    const id_token = await op.sign(op.claims({ iss: 'https://evil.example', nonce: transaction.nonce }))
    const authorizationResponse = { code: 'c', state: transaction.state, iss: op.server.issuer, id_token }
    const grant = authorizationCodeGrant({ authorizationResponse, transaction })
    expect((await errorOf(() => fetchToken(session, grant))).code).toBe('OAUTH_ID_TOKEN_INVALID')
    expect(sent).toEqual([])
  })

  test('section 4: a code that another server answered with never reaches the token endpoint', async () => {
    const sent: string[] = []
    const session = createSession(
      {
        server: { issuer: HONEST, authorization_endpoint: `${HONEST}/a`, token_endpoint: `${HONEST}/t` },
        client,
      },
      {
        http: {} as never,
        send: async request => {
          sent.push(request.url.href)
          return { status: 200, header: () => undefined, body: '{"access_token":"a","token_type":"Bearer"}' }
        },
      },
    )
    const { transaction } = await createAuthorizationUrl(session, {
      redirect_uri: 'https://client.example/cb',
    })
    const authorizationResponse = { code: 'c', state: transaction.state, iss: 'https://evil.example' }
    const grant = authorizationCodeGrant({ authorizationResponse, transaction })
    expect((await errorOf(() => fetchToken(session, grant))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(sent).toEqual([])
  })
})
