import {
  processPushedAuthorizationResponse,
  pushAuthorizationRequest,
  pushedParameters,
} from '../../src/authorization/pushed.js'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { clientSecretBasic } from '../../src/server/client-auth/client-secret-basic.js'
import { clientSecretPost } from '../../src/server/client-auth/client-secret-post.js'
import { noClientAuth } from '../../src/server/client-auth/none.js'
import { tlsClientAuth } from '../../src/server/client-auth/tls-client-auth.js'
import { createSession } from '../../src/session/session.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

/** The answer of the example in section 2.2. */
const pushed = {
  request_uri: 'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c',
  expires_in: 60,
}
const server = {
  issuer: 'https://as.example',
  authorization_endpoint: 'https://as.example/authorize?x=y',
  token_endpoint: 'https://as.example/token',
  pushed_authorization_request_endpoint: 'https://as.example/par',
}
const request = {
  response_type: 'code',
  redirect_uri: 'https://client.example.org/cb',
  resource: ['https://a.example', 'https://b.example'],
}

describe('RFC 9126 OAuth 2.0 Pushed Authorization Requests', () => {
  test('section 2.1: the parameters of the authorization request in a form body, by POST', async () => {
    const context = scripted([answer(201, pushed)], { server })
    expect(await pushAuthorizationRequest(context, request)).toEqual(pushed)
    const [{ method, url, headers, body }] = context.sent as never as [
      Record<'method' | 'url' | 'body', unknown> & { headers: Record<string, string> },
    ]
    expect({ method, url: `${url}`, type: headers['Content-Type'] }).toEqual({
      method: 'POST',
      url: server.pushed_authorization_request_endpoint,
      type: 'application/x-www-form-urlencoded',
    })
    expect(`${body}`).toBe(
      'response_type=code&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb&resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example&client_id=app',
    )
  })

  test('section 2.1: the client authenticates as at the token endpoint', async () => {
    const client = { client_id: 'app', client_secret: 'hush' }
    for (const clientAuth of [undefined, clientSecretBasic(), { token: clientSecretBasic() }]) {
      const context = scripted([answer(201, pushed)], { server, client, clientAuth })
      await pushAuthorizationRequest(context, request)
      expect(context.sent[0]?.headers.Authorization).toBe(`Basic ${btoa('app:hush')}`)
    }
  })

  test('section 2: the URL of the endpoint MUST be https', async () => {
    const context = scripted([answer(201, pushed)], {
      server: { ...server, pushed_authorization_request_endpoint: 'http://as.example/par' },
    })
    expect((await errorOf(() => pushAuthorizationRequest(context, request))).code).toBe('OAUTH_INSECURE_URL')
    expect(context.sent).toEqual([])
  })

  test('section 2.1: client_id is required, once, however the client authenticates', async () => {
    const client = { client_id: 'app', client_secret: 'hush' }
    for (const clientAuth of [clientSecretBasic(), clientSecretPost(), noClientAuth(), tlsClientAuth()]) {
      const context = scripted([answer(201, pushed)], { server, client, clientAuth })
      await pushAuthorizationRequest(context, request)
      expect(context.sent[0]?.body.getAll('client_id')).toEqual(['app'])
    }
  })

  test('section 3: with a request object, all parameters of the request MUST be its claims, and none beside it', async () => {
    const { session, sent } = pushing({}, { client_secret: 'hush' })
    const signed: unknown[] = []
    const sign = async (parameters: object) => {
      signed.push(parameters)
      return 'the.request.object'
    }
    await createAuthorizationUrl(
      session,
      { redirect_uri: request.redirect_uri, scope: 'a' },
      { push: true, sign },
    )
    expect(Object.fromEntries(sent[0]?.body ?? [])).toEqual({
      client_id: 'app',
      request: 'the.request.object',
    })
    expect(signed).toMatchObject([
      { client_id: 'app', response_type: 'code', scope: 'a', redirect_uri: request.redirect_uri },
    ])
  })

  test('section 2.1: request_uri MUST NOT be provided', async () => {
    const context = scripted([answer(201, pushed)], { server })
    const error = await errorOf(() => pushAuthorizationRequest(context, { ...request, request_uri: 'urn:x' }))
    expect(error.code).toBe('OAUTH_INVALID_OPTION')
    expect(context.sent).toEqual([])
  })

  test.each([
    ['no request_uri', { expires_in: 60 }],
    ['an empty request_uri', { ...pushed, request_uri: '' }],
    ['a request_uri of another kind', { ...pushed, request_uri: 5 }],
    ['no expires_in', { request_uri: 'urn:x' }],
    ['a lifetime that is none', { ...pushed, expires_in: 0 }],
    ['no object', '<html>'],
  ])('section 2.2: an answer with %s is refused', async (_name, body) => {
    expect((await errorOf(() => processPushedAuthorizationResponse(answer(201, body), NOW))).code).toBe(
      'OAUTH_INVALID_RESPONSE',
    )
  })

  test.each([
    [400, 'invalid_request', 'OAUTH_SERVER_REFUSED'],
    [400, 'invalid_redirect_uri', 'OAUTH_SERVER_REFUSED'],
    [401, 'invalid_client', 'OAUTH_SERVER_REFUSED'],
    [413, undefined, 'OAUTH_INVALID_RESPONSE'],
    [405, undefined, 'OAUTH_INVALID_RESPONSE'],
    [429, undefined, 'OAUTH_SERVER_UNAVAILABLE'],
  ])('section 2.3: a refusal is told: %i %s', async (status, error, code) => {
    const refusal = answer(status, error ? { error } : '')
    expect(await errorOf(() => processPushedAuthorizationResponse(refusal, NOW))).toMatchObject({
      code,
      status,
      ...(error && { error }),
    })
  })

  test('section 4: the authorization URL has client_id and request_uri alone', () => {
    expect(pushedParameters('app', pushed)).toEqual({ client_id: 'app', request_uri: pushed.request_uri })
  })

  /** A session on a server that takes pushed requests, and what was sent to it. */
  function pushing(metadata: object, client: object = {}) {
    const context = scripted([answer(201, pushed)])
    const session = createSession(
      { server: { ...server, ...metadata }, client: { client_id: 'app', ...client }, clock: () => NOW },
      { send: context.send, http: {} as never },
    )
    return { session, sent: context.sent }
  }

  test.each([
    ['section 5: the server requires it', { require_pushed_authorization_requests: true }, {}],
    ['section 6: the client is registered so', {}, { require_pushed_authorization_requests: true }],
  ])('%s: the request is pushed without being asked to', async (_name, metadata, client) => {
    const { session, sent } = pushing(metadata, client)
    const { url, transaction } = await createAuthorizationUrl(session, {
      redirect_uri: request.redirect_uri,
      scope: 'openid',
    })
    expect(url).toBe(
      `https://as.example/authorize?x=y&client_id=app&request_uri=${encodeURIComponent(pushed.request_uri)}`,
    )
    expect(sent).toHaveLength(1)
    const body = sent[0]?.body
    expect(body?.get('state')).toBe(transaction.state)
    expect(body?.get('nonce')).toBe(transaction.nonce)
    expect(body?.get('code_challenge_method')).toBe('S256')
  })

  test('section 5: without a requirement the request is pushed only on request', async () => {
    const { session, sent } = pushing({})
    const plain = await createAuthorizationUrl(session, { redirect_uri: request.redirect_uri })
    expect(plain.url).not.toContain('request_uri=')
    expect(sent).toHaveLength(0)
    await createAuthorizationUrl(session, { redirect_uri: request.redirect_uri }, { push: true })
    expect(sent).toHaveLength(1)
  })

  test('section 4: a reference MUST be used once: every URL is pushed again', async () => {
    const { session, sent } = pushing({ require_pushed_authorization_requests: true })
    await createAuthorizationUrl(session)
    await createAuthorizationUrl(session)
    expect(new Set(sent.map(({ body }) => body.get('state'))).size).toBe(2)
  })
})
