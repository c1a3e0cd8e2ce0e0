import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt } from 'jose'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { requestObject } from '../../src/authorization/request-object.js'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.js'
import { checkResources } from '../../src/server/resource-indicator.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { errorOf } from '../oauth2/support.js'
import { fakeServer, makeSession } from '../support/fake-server.js'

const API = 'https://api.example/v1?tenant=a%20B'

describe('RFC 8707 Resource Indicators for OAuth 2.0', () => {
  test.each([
    '/relative',
    'api.example',
    'https://api.example/#part',
    'https://api.example#',
    '',
    ' https://api.example',
    'https://api example',
  ])('section 2: MUST be an absolute URI without a fragment: %p is refused', async resource => {
    expect((await errorOf(() => checkResources(resource))).code).toBe('OAUTH_INVALID_OPTION')
    expect((await errorOf(() => checkResources(['https://api.example', resource]))).code).toBe(
      'OAUTH_INVALID_OPTION',
    )
  })

  test.each([
    'https://api.example',
    'https://api.example/',
    API,
    'urn:example:api',
    'https://API.example:443/a/../b',
  ])('section 2: an absolute URI is taken as it is: %s', resource =>
    expect(() => checkResources(resource)).not.toThrow(),
  )

  test('section 2.1: the authorization request names the resource, or each of several, as it is written', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, {
      server: { issuer: 'https://as.example', authorization_endpoint: 'https://as.example/authorize' },
    })
    for (const resource of [API, [API, 'https://other.example']]) {
      const { url, transaction } = await createAuthorizationUrl(session, { resource })
      expect(new URL(url).searchParams.getAll('resource')).toEqual([resource].flat())
      expect(transaction.resource).toEqual(resource)
    }
    const { url } = await createAuthorizationUrl(session.for({ resource: API }))
    expect(new URL(url).searchParams.getAll('resource')).toEqual([API])
  })

  test('section 2.1: in a request object one resource is a string, several are an array of strings', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const sign = requestObject({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string })
    const { session } = makeSession(fakeServer(), {
      server: { issuer: 'https://as.example', authorization_endpoint: 'https://as.example/authorize' },
    })
    for (const resource of [API, [API, 'https://other.example']]) {
      const { url } = await createAuthorizationUrl(session, { resource }, { sign })
      const { searchParams } = new URL(url)
      expect(decodeJwt(searchParams.get('request') as string).resource).toEqual(resource)
      expect(searchParams.has('resource')).toBe(false)
    }
  })

  test('section 2.1: an invalid resource is refused before the redirect', async () => {
    const { session } = makeSession(fakeServer())
    const error = await errorOf(() =>
      createAuthorizationUrl(session, { resource: 'https://api.example/#part' }),
    )
    expect(error.code).toBe('OAUTH_INVALID_OPTION')
  })

  test('section 2.2: the token request names the resource, as it is written', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { grant: clientCredentialsGrant() })
    await session.for({ resource: API }).token()
    expect(server.requests[0]?.body.getAll('resource')).toEqual([API])
  })

  test('section 2.2: an invalid resource is refused before the token request', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { grant: clientCredentialsGrant() })
    for (const resource of ['https://api.example/#part', '/relative'])
      expect((await errorOf(() => session.for({ resource }).token())).code).toBe('OAUTH_INVALID_OPTION')
    expect(server.requests).toEqual([])
  })

  test('section 2.2: a refresh names the resource too', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await fetchToken(session, async () => ({ access_token: 'a0', refresh_token: 'r0' }))
    await session.for({ resource: API }).token()
    expect(Object.fromEntries(server.requests[0]?.body ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      resource: API,
    })
  })

  test('section 2.2: a token for one resource is not used for another', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { grant: clientCredentialsGrant() })
    const one = await session.for({ resource: API }).token()
    const two = await session.for({ resource: 'https://other.example' }).token()
    expect(two.access_token).not.toBe(one.access_token)
    expect((await session.for({ resource: API }).token()).access_token).toBe(one.access_token)
  })

  test('section 2: invalid_target is told to the caller', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { grant: clientCredentialsGrant() })
    server.answers.push({ status: 400, body: { error: 'invalid_target' } })
    const error = await errorOf(() => session.for({ resource: API }).token())
    expect(error).toMatchObject({ error: 'invalid_target' })
  })
})
