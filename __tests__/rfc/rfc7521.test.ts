import { generateKeyPairSync } from 'node:crypto'
import { saml2BearerGrant } from '../../src/grants/saml2-bearer.js'
import { privateKeyJwt } from '../../src/jwt.js'
import { callEndpoint } from '../../src/server/call.js'
import { answer, scripted } from '../oauth2/support.js'
import { fakeServer, makeSession } from '../support/fake-server.js'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  format: 'jwk',
}) as JsonWebKey

describe('RFC 7521 Assertion Framework for OAuth 2.0', () => {
  test('section 4.1: grant_type is an absolute URI, assertion and scope are parameters of the token request', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { grant: saml2BearerGrant({ assertion: 'QQ', scope: 'read' }) })
    await session.token()
    expect(Object.fromEntries(server.requests[0]?.body ?? [])).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
      assertion: 'QQ',
      scope: 'read',
    })
  })

  test('section 4.1: refresh tokens are not expected: an expired token is fetched again automatically', async () => {
    const server = fakeServer({ rotate: false })
    const { session } = makeSession(server, { grant: saml2BearerGrant({ assertion: 'QQ' }) })
    const first = await session.token()
    server.now += 7200
    const second = await session.token()
    expect(second.access_token).not.toBe(first.access_token)
    expect(server.requests.map(({ body }) => body.get('grant_type'))).toEqual(
      Array(2).fill('urn:ietf:params:oauth:grant-type:saml2-bearer'),
    )
  })

  test('section 4.2: client_assertion_type is an absolute URI and there is one assertion', async () => {
    const context = scripted([answer(200)], { clientAuth: privateKeyJwt({ key }) })
    await callEndpoint(context, 'token', {})
    const { body } = context.sent[0] as { body: URLSearchParams }
    expect(body.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    expect(body.getAll('client_assertion')).toHaveLength(1)
  })

  test('section 4.2.1: not more than one client authentication mechanism in a request', async () => {
    const context = scripted([answer(200)], {
      clientAuth: privateKeyJwt({ key }),
      client: { client_id: 'app', client_secret: 'hush' },
    })
    await callEndpoint(context, 'token', {})
    const { body, headers } = context.sent[0] as { body: URLSearchParams; headers: Record<string, string> }
    expect(headers.Authorization).toBeUndefined()
    expect(`${body}`).not.toContain('hush')
  })

  test('section 4.2: client_id, where it is sent, MUST name the client that the assertion names', async () => {
    const context = scripted([answer(200)], { clientAuth: privateKeyJwt({ key, includeClientId: true }) })
    await callEndpoint(context, 'token', {})
    const body = context.sent[0]?.body
    const [, claims = ''] = `${body?.get('client_assertion')}`.split('.')
    expect(body?.getAll('client_id')).toEqual(['app'])
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ sub: 'app' })
  })
})
