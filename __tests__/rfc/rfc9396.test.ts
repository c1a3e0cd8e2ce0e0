import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { errorOf } from '../oauth2/support.js'
import { fakeServer, makeSession, metadata } from '../support/fake-server.js'

const details = [
  {
    type: 'payment_initiation',
    locations: ['https://example.com/payments'],
    instructedAmount: { amount: '123.50' },
  },
  { type: 'account_information', actions: ['list_accounts'] },
]
const authorization_details = JSON.stringify(details)
const CALLBACK = 'https://client.example.org/cb'
const server = {
  ...metadata,
  authorization_endpoint: 'https://as.example/authorize',
  pushed_authorization_request_endpoint: 'https://as.example/par',
}

describe('RFC 9396 OAuth 2.0 Rich Authorization Requests', () => {
  test('section 3: the authorization request has them, as JSON, beside scope and resource', async () => {
    const { session } = makeSession(fakeServer(), { server })
    const resource = 'https://api.example'
    const { url } = await createAuthorizationUrl(session, {
      redirect_uri: CALLBACK,
      scope: 'read',
      resource,
      authorization_details,
    })
    const { searchParams } = new URL(url)
    expect(JSON.parse(searchParams.get('authorization_details') as string)).toEqual(details)
    expect([searchParams.get('scope'), searchParams.get('resource')]).toEqual(['read', resource])
  })

  test('section 3: a pushed request has them, and the URL does not contain them', async () => {
    const at = fakeServer()
    at.answers.push({ status: 201, body: { request_uri: 'urn:x', expires_in: 60 } })
    const { session } = makeSession(at, { server })
    const options = { redirect_uri: CALLBACK, authorization_details }
    const { url } = await createAuthorizationUrl(session, options, { push: true })
    expect(at.requests[0]?.body.get('authorization_details')).toBe(authorization_details)
    expect(url).not.toContain('authorization_details')
  })

  test('section 5: invalid_authorization_details is told to the caller', async () => {
    const at = fakeServer()
    const { session } = makeSession(at, { server })
    const { transaction } = await createAuthorizationUrl(session, {
      redirect_uri: CALLBACK,
      authorization_details,
    })
    const authorizationResponse = { error: 'invalid_authorization_details', state: transaction.state }
    const grant = authorizationCodeGrant({ authorizationResponse, transaction })
    expect(await errorOf(() => fetchToken(session, grant))).toMatchObject({
      code: 'OAUTH_AUTHORIZATION_FAILED',
      error: 'invalid_authorization_details',
    })
    expect(at.requests).toEqual([])
  })

  test('section 6: a token request has them where they are wanted', async () => {
    const at = fakeServer()
    const { session } = makeSession(at, { server })
    await fetchToken(session, clientCredentialsGrant({ parameters: { authorization_details } }))
    expect(at.requests[0]?.body.getAll('authorization_details')).toEqual([authorization_details])
  })

  test('section 7: the granted details are returned with the token, unchanged, also from the store', async () => {
    const at = fakeServer()
    at.answers.push({
      body: { access_token: 'a', token_type: 'Bearer', expires_in: 60, authorization_details: details },
    })
    const { session } = makeSession(at, { server })
    const token = await fetchToken(session, clientCredentialsGrant({ parameters: { authorization_details } }))
    expect(token.authorization_details).toEqual(details)
    expect((await session.token()).authorization_details).toEqual(details)
  })

  test('section 8: a token request that is refused for them is told as such', async () => {
    const at = fakeServer()
    at.answers.push({ status: 400, body: { error: 'invalid_authorization_details' } })
    const { session } = makeSession(at, { server })
    const grant = clientCredentialsGrant({ parameters: { authorization_details } })
    expect(await errorOf(() => fetchToken(session, grant))).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      error: 'invalid_authorization_details',
    })
  })
})
