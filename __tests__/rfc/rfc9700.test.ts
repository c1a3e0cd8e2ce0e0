import type { AuthorizationOptions } from '../../src/authorization/options.js'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { dpop } from '../../src/dpop.js'
import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import type { ServerRequest } from '../../src/server/call.js'
import { noClientAuth } from '../../src/server/client-auth/none.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { createSession, type OAuth2SessionOptions } from '../../src/session/session.js'
import { answer, errorOf } from '../oauth2/support.js'
import { fakeServer, makeSession } from '../support/fake-server.js'

const CALLBACK = 'https://app.example/cb'
const as = (name: string) => ({
  issuer: `https://${name}.example`,
  authorization_endpoint: `https://${name}.example/authorize`,
  token_endpoint: `https://${name}.example/token`,
})

/** A session that answers every token request, and what it sent. */
function world(options: Partial<OAuth2SessionOptions> = {}) {
  const sent: ServerRequest[] = []
  const session = createSession(
    { server: as('honest'), client: { client_id: 'app' }, ...options },
    {
      http: {} as never,
      send: async request => {
        sent.push(request)
        return answer(200, { access_token: 'a', token_type: 'Bearer' })
      },
    },
  )
  const begin = (more: AuthorizationOptions = {}) =>
    createAuthorizationUrl(session, { redirect_uri: CALLBACK, ...more })
  type Transaction = Awaited<ReturnType<typeof begin>>['transaction']
  const finish = (transaction: Transaction, response: Record<string, string> = {}) =>
    fetchToken(
      session,
      authorizationCodeGrant({
        authorizationResponse: { code: 'c', state: transaction.state, ...response },
        transaction,
      }),
    )
  return { session, sent, begin, finish }
}
const parameters = (url: string) => Object.fromEntries(new URL(url).searchParams)

describe('RFC 9700 Best Current Practice for OAuth 2.0 Security', () => {
  test('section 2.1: the redirect URI is sent as it is, to the last character, in both requests', async () => {
    for (const redirect_uri of [
      'https://APP.example:443/a/../cb/?x=%7e&y',
      'com.example.app:/cb',
      `${CALLBACK}/`,
    ]) {
      const { sent, begin, finish } = world()
      const { url, transaction } = await begin({ redirect_uri })
      expect(parameters(url).redirect_uri).toBe(redirect_uri)
      await finish(transaction)
      expect(sent[0]?.body.get('redirect_uri')).toBe(redirect_uri)
    }
  })

  test('section 2.1: MUST NOT forward to an address from a query: no address of a callback is called', async () => {
    const { sent, begin, finish } = world()
    const evil = 'https://evil.example/'
    const names = ['redirect_uri', 'url', 'next', 'token_endpoint', 'error_uri', 'resource']
    const { transaction } = await begin()
    const token = await finish(transaction, Object.fromEntries(names.map(name => [name, evil])))
    expect(sent.map(({ url }) => url.href)).toEqual([as('honest').token_endpoint])
    expect(`${sent[0]?.body}${JSON.stringify(token)}`).not.toContain('evil')
    const refused = (await begin()).transaction
    const error = await errorOf(() => finish(refused, { error: 'access_denied', error_uri: evil }))
    expect(error.code).toBe('OAUTH_AUTHORIZATION_FAILED')
    expect(sent).toHaveLength(1)
  })

  test('section 2.1: MUST prevent cross-site request forgery: a state for each request, bound to its transaction, used once', async () => {
    const { sent, begin, finish } = world()
    const [one, two] = [await begin(), await begin()]
    expect(one.transaction.state).not.toBe(two.transaction.state)
    expect(one.transaction.state.length).toBeGreaterThanOrEqual(43)
    expect(parameters(one.url).state).toBe(one.transaction.state)
    for (const state of [two.transaction.state, '', 'x'])
      expect((await errorOf(() => finish(one.transaction, { state }))).code).toBe('OAUTH_STATE_MISMATCH')
    expect(sent).toEqual([])
    await finish(one.transaction)
    expect((await errorOf(() => finish(one.transaction))).code).toBe('OAUTH_TRANSACTION_USED')
    expect(sent).toHaveLength(1)
  })

  test('section 2.1.1: public clients MUST use PKCE', async () => {
    for (const options of [{}, { clientAuth: noClientAuth() }, { clientAuth: { token: noClientAuth() } }]) {
      const { begin } = world(options)
      expect((await errorOf(() => begin({ pkce: false }))).code).toBe('OAUTH_INVALID_OPTION')
    }
    const { sent, begin, finish } = world()
    const { url, transaction } = await begin()
    expect(parameters(url).code_challenge).toMatch(/^[\w-]{43}$/)
    await finish(transaction)
    expect(sent[0]?.body.get('code_verifier')).toBe(transaction.code_verifier)
  })

  test('section 2.1.1: confidential clients do so too, unless they say otherwise', async () => {
    const { begin } = world({ client: { client_id: 'app', client_secret: 'hush' } })
    expect(parameters((await begin()).url)).toHaveProperty('code_challenge')
    expect(parameters((await begin({ pkce: false })).url)).not.toHaveProperty('code_challenge')
  })

  test('section 2.1.1: the challenge and the nonce MUST be of one transaction', async () => {
    const { begin } = world()
    const made = await Promise.all([1, 2, 3].map(() => begin({ scope: 'openid' })))
    for (const name of ['code_verifier', 'nonce'] as const)
      expect(new Set(made.map(({ transaction }) => transaction[name])).size).toBe(3)
    expect(new Set(made.map(({ url }) => parameters(url).code_challenge)).size).toBe(3)
  })

  test('section 2.1.1: the verifier is not shown in the authorization request, and stays S256 where the server knows that', async () => {
    const { begin } = world()
    const { url, transaction } = await begin()
    expect(parameters(url).code_challenge_method).toBe('S256')
    expect(url).not.toContain(transaction.code_verifier)
    const server = { ...as('honest'), code_challenge_methods_supported: ['plain', 'S256'] }
    expect((await errorOf(() => world({ server }).begin({ pkce: 'plain' }))).code).toBe(
      'OAUTH_INVALID_OPTION',
    )
  })

  test('section 2.1.2: asks for a code unless told otherwise, and takes no token out of a callback for one', async () => {
    const { sent, begin, finish } = world()
    const { url, transaction } = await begin()
    expect(parameters(url).response_type).toBe('code')
    const error = await errorOf(() =>
      finish(transaction, { code: '', access_token: 'evil', token_type: 'Bearer' }),
    )
    expect(error.code).toBe('OAUTH_CODE_MISSING')
    expect(sent).toEqual([])
  })

  test('section 2.2.2: refresh tokens of public clients are rotated: the new one replaces the old, which is not sent again', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    let token = await fetchToken(session, async () => ({ access_token: 'a0', refresh_token: 'r0' }))
    for (let time = 0; time < 3; time++) token = await session.token({ rejected: token })
    expect(server.requests.map(({ body }) => body.get('refresh_token'))).toEqual(['r0', 'r1', 'r2'])
    expect(server.reuse).toBe(0)
  })

  test('section 2.2.2: or they are sender-constrained: every refresh is signed with the same key', async () => {
    const server = fakeServer({ rotate: false })
    const { session } = makeSession(server, { tokenType: dpop() })
    const answered = { access_token: 'a', token_type: 'DPoP' }
    server.answers.push({ body: answered }, { body: answered })
    let token = await fetchToken(session, async () => ({ ...answered, refresh_token: 'r0' }))
    for (let time = 0; time < 2; time++) token = await session.token({ rejected: token })
    const proofs = server.requests.map(({ headers }) => `${headers.DPoP}`.split('.'))
    expect(proofs).toHaveLength(2)
    const keys = proofs.map(([header = '']) => JSON.parse(Buffer.from(header, 'base64url').toString()).jwk.x)
    expect(keys[0]).toEqual(expect.any(String))
    expect(keys[1]).toBe(keys[0])
    expect(proofs[0]?.[2]).not.toBe(proofs[1]?.[2])
  })

  test('section 4.4.2: MUST store with each request the issuer it went to, and finish there and nowhere else', async () => {
    const [honest, evil] = [world(), world({ server: as('evil') })]
    const { transaction } = await honest.begin()
    expect(transaction.issuer).toBe('https://honest.example')
    expect((await errorOf(() => evil.finish(transaction))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(evil.sent).toEqual([])
  })

  test('section 4.4.2: without an issuer, the authorization endpoint alone does not identify the server', async () => {
    const { issuer: _, ...endpoints } = as('honest')
    const honest = world({ server: endpoints })
    const evil = world({ server: { ...endpoints, token_endpoint: 'https://evil.example/token' } })
    const { transaction } = await honest.begin()
    expect((await errorOf(() => evil.finish(transaction))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(evil.sent).toEqual([])
    await honest.finish((await honest.begin()).transaction)
    expect(honest.sent).toHaveLength(1)
  })

  test('section 4.4.2.1: MUST abort where the issuer in the response is not the one that was stored', async () => {
    const { sent, begin, finish } = world()
    for (const response of [
      { iss: 'https://evil.example' },
      { iss: 'https://evil.example', error: 'access_denied' },
    ]) {
      const { transaction } = await begin()
      expect((await errorOf(() => finish(transaction, response as never))).code).toBe('OAUTH_ISSUER_MISMATCH')
      // and it is over: the same request cannot be finished any more
      expect((await errorOf(() => finish(transaction))).code).toBe('OAUTH_TRANSACTION_USED')
    }
    expect(sent).toEqual([])
  })

  test('section 4.4.2.2: with a redirect URI for each server, MUST check that the response arrived at that of the request', async () => {
    const { session, sent, begin } = world()
    const { transaction } = await begin({ redirect_uri: 'https://app.example/cb/honest' })
    const arrive = (path: string) =>
      fetchToken(
        session,
        authorizationCodeGrant({
          authorizationResponse: `https://app.example/cb/${path}?code=c&state=${transaction.state}`,
          transaction,
        }),
      )
    expect((await errorOf(() => arrive('evil'))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(sent).toEqual([])
  })

  test('section 4.5.3.2: MUST check the nonce of the ID token before any token is used', async () => {
    const claims = {
      iss: 'https://honest.example',
      aud: 'app',
      sub: 'anna',
      exp: 4e9,
      iat: 1e9,
      nonce: 'stolen',
    }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const id_token = `${part({ alg: 'RS256' })}.${part(claims)}.AA`
    const { session, begin } = world()
    const { transaction } = await begin({ scope: 'openid' })
    const injected = createSession(
      { server: as('honest'), client: { client_id: 'app' } },
      {
        http: {} as never,
        send: async () => answer(200, { access_token: 'evil', token_type: 'Bearer', id_token }),
      },
    )
    const grant = authorizationCodeGrant({
      authorizationResponse: { code: 'stolen', state: transaction.state },
      transaction,
    })
    expect((await errorOf(() => fetchToken(injected, grant))).code).toBe('OAUTH_ID_TOKEN_INVALID')
    expect(injected.current()).toBeUndefined()
    expect(session.current()).toBeUndefined()
  })
})
