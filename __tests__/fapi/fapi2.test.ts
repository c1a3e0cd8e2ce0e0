/**
 * What the FAPI 2.0 profiles forbid is refused before it is sent; the good case is in
 * __tests__/foreign/openid-rp.test.ts.
 */
import { exportJWK, generateKeyPair } from 'jose'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { type Fapi2Options, fapi2 } from '../../src/fapi.js'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.js'
import { passwordGrant } from '../../src/grants/password.js'
import type { ServerRequest } from '../../src/server/messages.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'

const issuer = 'https://bank.example'
const endpoints = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  pushed_authorization_request_endpoint: `${issuer}/par`,
  mtls_endpoint_aliases: { token_endpoint: 'https://mtls.bank.example/token' },
}
const redirect_uri = 'https://app.example/cb'
let key: JsonWebKey
beforeAll(async () => {
  key = (await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)) as JsonWebKey
})

/** A session of the profile, and what it sent to a server whose metadata and token are as given. */
function start(options: Partial<Fapi2Options> = {}, metadata: object = {}, token: object = {}) {
  const sent: ServerRequest[] = []
  const profile = fapi2({ issuer, client_id: 'app', key, ...options })
  const answers: Record<string, object> = {
    discovery: { ...endpoints, ...metadata },
    par: { request_uri: 'urn:example:1', expires_in: 60 },
    token: { access_token: 'at', token_type: 'DPoP', ...token },
  }
  const session = createSession(profile.session, {
    http: {} as never,
    send: async request => {
      sent.push(request)
      return { status: 200, body: JSON.stringify(answers[request.endpoint]), header: () => undefined }
    },
  })
  const ask = (parameters: object = {}, transport: object = {}) =>
    createAuthorizationUrl(
      session,
      { redirect_uri, ...profile.parameters, ...parameters },
      { ...profile.transport, ...transport },
    )
  const pushed = () => sent.find(({ endpoint }) => endpoint === 'par')
  return { session, sent, ask, pushed }
}

const invalidOption = { code: 'OAUTH_INVALID_OPTION' }

describe('options', () => {
  const refusals: Array<[string, () => Partial<Fapi2Options>]> = [
    ['a client secret', () => ({ client: { client_secret: 'x' } as never })],
    ['neither key nor certificate', () => ({ key: undefined as never })],
    ['RS256', () => ({ alg: 'RS256' as never })],
    ['ES384', () => ({ alg: 'ES384' as never })],
    ['an algorithm that is not named, of a signing function', () => ({ key: data => data })],
    ['proofs with RS256', () => ({ dpop: { alg: 'RS256' as never } })],
    ['ID tokens with RS256', () => ({ client: { id_token_signed_response_alg: 'RS256' } })],
    [
      'message signing without a key',
      () => ({ key: undefined as never, bind: 'mtls', messageSigning: true }),
    ],
  ]
  test.each(refusals)('%s is refused', (_, options) => {
    expect(() => start(options())).toThrow(expect.objectContaining(invalidOption))
  })
})

describe('authorization requests', () => {
  test('are pushed with PKCE S256 and a client assertion for the issuer; the URL shows the reference alone', async () => {
    const { ask, pushed } = start()
    const { url } = await ask()
    expect([...new URL(url).searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    const body = Object.fromEntries(pushed()?.body ?? [])
    expect(body).toMatchObject({ response_type: 'code', code_challenge_method: 'S256', redirect_uri })
    const claims = JSON.parse(
      Buffer.from(String(body.client_assertion).split('.')[1] ?? '', 'base64url').toString(),
    )
    expect(claims.aud).toBe(issuer)
  })

  test('are signed under message signing, and ask for a signed response', async () => {
    const { ask, pushed } = start({ messageSigning: true })
    await ask()
    const request = `${pushed()?.body.get('request')}`
    const claims = JSON.parse(Buffer.from(request.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ aud: issuer, response_mode: 'jwt', code_challenge_method: 'S256' })
    expect(claims.exp - claims.nbf).toBeLessThanOrEqual(3600)
  })

  test.each([
    ['PKCE plain', { pkce: 'plain' }, {}],
    ['no PKCE', { pkce: false }, {}],
    ['another response_type', { response_type: 'code id_token' }, {}],
    ['redirect_uri over http', { redirect_uri: 'http://app.example/cb' }, {}],
    ['no redirect_uri', { redirect_uri: undefined }, {}],
    ['a request that is not pushed', {}, { push: false }],
  ])('%s is refused, and nothing is sent', async (_, parameters, transport) => {
    const { ask, pushed } = start()
    await expect(ask(parameters, transport)).rejects.toMatchObject(invalidOption)
    expect(pushed()).toBeUndefined()
  })

  test.each([
    ['no signature', {}, { sign: undefined }],
    ['another response_mode', { response_mode: 'query' }, {}],
  ])('under message signing %s is refused', async (_, parameters, transport) => {
    const { ask, pushed } = start({ messageSigning: true })
    await expect(ask(parameters, transport)).rejects.toMatchObject(invalidOption)
    expect(pushed()).toBeUndefined()
  })

  test('the loopback address of a native application may be http', async () => {
    await expect(start().ask({ redirect_uri: 'http://127.0.0.1:4711/cb' })).resolves.toHaveProperty('url')
  })

  test.each([
    ['pushed requests', { pushed_authorization_request_endpoint: undefined }],
    ['PKCE S256', { code_challenge_methods_supported: ['plain'] }],
  ])('a server without %s is refused', async (_, metadata) => {
    await expect(start({}, metadata).ask()).rejects.toMatchObject({ code: 'OAUTH_DISCOVERY_FAILED' })
  })
})

describe('tokens', () => {
  test('the password grant is refused, and nothing is sent', async () => {
    const { session, sent } = start()
    await expect(fetchToken(session, passwordGrant({ username: 'a', password: 'b' }))).rejects.toMatchObject(
      invalidOption,
    )
    expect(sent.filter(({ endpoint }) => endpoint === 'token')).toEqual([])
  })

  test('a token that is bound to nothing is refused', async () => {
    const { session } = start({}, {}, { token_type: 'Bearer' })
    await expect(fetchToken(session, clientCredentialsGrant())).rejects.toMatchObject({
      code: 'OAUTH_UNSUPPORTED_TOKEN_TYPE',
    })
  })

  test('bound by TLS they are fetched at the alias, with the certificate', async () => {
    const agent = {}
    const { session, sent } = start({ bind: 'mtls', agent }, {}, { token_type: 'Bearer' })
    await fetchToken(session, clientCredentialsGrant())
    const call = sent.find(({ endpoint }) => endpoint === 'token')
    expect(call?.url.href).toBe('https://mtls.bank.example/token')
    expect(call?.agent).toBe(agent)
  })
})
