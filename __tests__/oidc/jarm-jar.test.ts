import { decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { requestObject } from '../../src/authorization/request-object.js'
import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import { jarm } from '../../src/oidc.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'
import { makeIssuer } from './issuer.js'

let op: Awaited<ReturnType<typeof makeIssuer>>
let sent: Array<{ endpoint: string; body: Record<string, string> }>
beforeEach(async () => {
  op = await makeIssuer()
  sent = []
})

const makeSession = (server: object = {}) =>
  createSession(
    { server: { ...op.server, ...server }, client: op.client, clock: op.clock },
    {
      http: {} as never,
      send: async request => {
        if (request.endpoint === 'jwks') return op.send(request)
        sent.push({ endpoint: request.endpoint, body: Object.fromEntries(request.body) })
        const body =
          request.endpoint === 'par'
            ? { request_uri: 'urn:example:1', expires_in: 60 }
            : { access_token: 'at', token_type: 'Bearer' }
        return {
          status: request.endpoint === 'par' ? 201 : 200,
          header: () => undefined,
          body: JSON.stringify(body),
        }
      },
    },
  )

const options = { redirect_uri: 'https://app.example/cb', scope: 'read', max_age: 60 }

describe('signed authorization requests (RFC 9101)', () => {
  test('carry all parameters, and nothing but what must stand outside', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const sign = requestObject({ key: (await exportJWK(privateKey)) as JsonWebKey, alg: 'ES256', kid: 'k' })
    const details = [{ type: 'payment' }]
    const { url, transaction } = await createAuthorizationUrl(
      makeSession(),
      {
        ...options,
        authorization_details: JSON.stringify(details),
        resource: ['https://a.example', 'https://b.example'],
      },
      { sign },
    )
    const { searchParams } = new URL(url)
    expect([...searchParams.keys()].sort()).toEqual(['client_id', 'request', 'response_type', 'scope'])
    const request = searchParams.get('request') as string
    expect(decodeProtectedHeader(request)).toEqual({ alg: 'ES256', kid: 'k', typ: 'oauth-authz-req+jwt' })
    const { payload } = await jwtVerify(request, publicKey, {
      issuer: 'app',
      audience: 'https://op.example',
      currentDate: new Date(op.now * 1000),
    })
    expect(payload).toMatchObject({
      client_id: 'app',
      response_type: 'code',
      redirect_uri: 'https://app.example/cb',
      state: transaction.state,
      code_challenge_method: 'S256',
      max_age: 60,
      authorization_details: details,
      resource: ['https://a.example', 'https://b.example'],
      exp: op.now + 300,
    })
    expect(payload).not.toHaveProperty('request')
  })
})

describe('pushed authorization requests (RFC 9126)', () => {
  test('are used where the server requires them; the URL then shows the reference alone', async () => {
    const session = makeSession({
      require_pushed_authorization_requests: true,
      pushed_authorization_request_endpoint: 'https://op.example/par',
    })
    const { url, transaction } = await createAuthorizationUrl(session, options)
    expect(url).toBe('https://op.example/authorize?client_id=app&request_uri=urn%3Aexample%3A1')
    expect(sent).toEqual([
      {
        endpoint: 'par',
        body: expect.objectContaining({ state: transaction.state, client_id: 'app', scope: 'read' }),
      },
    ])
  })

  test('are not used by default, but on request', async () => {
    const session = makeSession({ pushed_authorization_request_endpoint: 'https://op.example/par' })
    expect((await createAuthorizationUrl(session, options)).url).toContain('code_challenge=')
    expect((await createAuthorizationUrl(session, options, { push: true })).url).toContain('request_uri=')
    await expect(createAuthorizationUrl(makeSession(), options, { push: true })).rejects.toMatchObject({
      code: 'OAUTH_ENDPOINT_MISSING',
    })
  })
})

describe('responses that are a JWT (JARM)', () => {
  const finish = async (claims: (state: string) => Record<string, unknown>, by?: string) => {
    const session = makeSession()
    const { transaction } = await createAuthorizationUrl(session, { ...options, response_mode: 'jwt' })
    const response = await op.sign(claims(transaction.state), {}, by)
    return fetchToken(
      session,
      authorizationCodeGrant({
        authorizationResponse: `https://app.example/cb?response=${response}`,
        transaction,
        jwtResponse: jarm(),
      }),
    )
  }
  const good = (state: string) => ({
    iss: 'https://op.example',
    aud: 'app',
    exp: op.now + 60,
    code: 'c',
    state,
  })

  test('are verified before anything of them is used', async () => {
    await expect(finish(good)).resolves.toMatchObject({ access_token: 'at' })
    expect(sent.at(-1)?.body).toMatchObject({ grant_type: 'authorization_code', code: 'c' })
  })

  test.each([
    ['iss', { iss: 'https://evil.example' }, 'OAUTH_ID_TOKEN_INVALID'],
    ['aud', { aud: 'other' }, 'OAUTH_ID_TOKEN_INVALID'],
    ['exp', { exp: 1_700_000_000 - 61 }, 'OAUTH_ID_TOKEN_INVALID'],
    ['exp', { exp: undefined }, 'OAUTH_ID_TOKEN_INVALID'],
    ['state', { state: 'another' }, 'OAUTH_STATE_MISMATCH'],
    ['error', { error: 'access_denied' }, 'OAUTH_AUTHORIZATION_FAILED'],
  ])('with a wrong %s are refused: %o', async (_name, extra, code) => {
    await expect(finish(state => ({ ...good(state), ...extra }))).rejects.toMatchObject({ code })
    expect(sent).toEqual([])
  })

  test('in the clear are refused', async () => {
    const session = makeSession()
    const { transaction } = await createAuthorizationUrl(session, options)
    const grant = authorizationCodeGrant({
      authorizationResponse: `https://app.example/cb?code=c&state=${transaction.state}`,
      transaction,
      jwtResponse: jarm(),
    })
    await expect(fetchToken(session, grant)).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
    expect(sent).toEqual([])
  })
})
