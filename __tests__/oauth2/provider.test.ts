import { webcrypto } from 'node:crypto'
import axios from 'axios'
import * as jose from 'jose'
import { dpop } from '../../src/dpop.js'
import {
  attachOAuth2,
  authorizationCodeGrant,
  type ClientAuth,
  cibaGrant,
  clientCredentialsGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  deviceCodeGrant,
  discover,
  fetchToken,
  introspectToken,
  type OAuth2SessionOptions,
  refreshToken,
  revokeToken,
} from '../../src/index.js'
import { clientSecretJwt, privateKeyJwt } from '../../src/jwt.js'
import { type OidcProvider, startOidcProvider } from '../servers/oidc.js'
import { errorOf } from './support.js'

// The advanced parts against the certified provider, which checks every assertion and proof itself
const algs = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
const privateKeys: Record<string, jose.JWK> = {}
let provider: OidcProvider
let nonceProvider: OidcProvider

beforeAll(async () => {
  const clients: Array<Record<string, unknown>> = []
  for (const alg of algs) {
    const pair = await jose.generateKeyPair(alg, { extractable: true })
    privateKeys[alg] = await jose.exportJWK(pair.privateKey)
    clients.push({
      client_id: `jwt-${alg}`,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [{ ...(await jose.exportJWK(pair.publicKey)), alg, use: 'sig', kid: alg }] },
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1:4999/callback'],
    })
  }
  ;[provider, nonceProvider] = await Promise.all([
    startOidcProvider({ clients }),
    startOidcProvider({ dpopNonce: true }),
  ])
})
afterAll(() => Promise.all([provider.stop(), nonceProvider.stop()]))

function build(at: OidcProvider, client_id: string, options: Partial<OAuth2SessionOptions> = {}) {
  const { client_secret } = at.clients[client_id] ?? {}
  return createOAuth2Session({
    server: discover(at.issuer),
    client: client_secret === undefined ? { client_id } : { client_id, client_secret },
    // Node 18 has no global one
    crypto: webcrypto as Crypto,
    ...options,
  })
}

async function signIn(
  at: OidcProvider,
  session: ReturnType<typeof build>,
  transport: { push?: boolean } = {},
) {
  const asked = { redirect_uri: at.redirectUri, scope: 'openid offline_access', prompt: 'consent' }
  const { url, transaction } = await createAuthorizationUrl(session, asked, transport)
  const authorizationResponse = await at.authorize(url)
  return {
    url,
    token: await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction })),
  }
}

/** Token, refresh, introspection and revocation with one client authentication. */
async function everything(client_id: string, clientAuth: ClientAuth, push: boolean) {
  const session = build(provider, client_id, { clientAuth })
  const { url, token } = await signIn(provider, session, { push })
  expect(url.includes('request_uri=')).toBe(push)
  expect(token.access_token).toBeTruthy()
  const renewed = await refreshToken(session)
  expect(renewed.access_token).not.toBe(token.access_token)
  expect(await introspectToken(session)).toMatchObject({ active: true, client_id })
  await revokeToken(session)
  expect(await introspectToken(session, { token: renewed.access_token })).toEqual({ active: false })
  const worker = build(provider, client_id, { clientAuth, grant: clientCredentialsGrant() })
  expect((await worker.token()).access_token).toBeTruthy()
}

describe('client authentication: token, refresh, introspection, revocation, pushed requests', () => {
  test.each(algs)('privateKeyJwt %s', alg =>
    everything(
      `jwt-${alg}`,
      privateKeyJwt({ key: privateKeys[alg] as JsonWebKey, alg, kid: alg }),
      alg === 'ES256',
    ),
  )

  test("privateKeyJwt with the endpoint as audience, and the provider's own client", () => {
    const key = provider.clients['web-private-jwt']?.key as JsonWebKey
    return everything(
      'web-private-jwt',
      privateKeyJwt({ key, audience: 'endpoint', includeClientId: true }),
      true,
    )
  })

  test('clientSecretJwt', () => everything('web-secret-jwt', clientSecretJwt(), true))

  test('an assertion that was signed with another key is refused', async () => {
    const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
    const clientAuth = privateKeyJwt({ key: (await jose.exportJWK(privateKey)) as JsonWebKey })
    const session = build(provider, 'web-private-jwt', { clientAuth, grant: clientCredentialsGrant() })
    expect(await errorOf(() => session.token())).toMatchObject({ error: 'invalid_client' })
  })
})

describe('grants that wait for a person', () => {
  test('deviceCodeGrant: the code is entered while it polls', async () => {
    const session = build(provider, 'tv')
    let polled = 0
    let shown = ''
    const token = await fetchToken(
      session,
      deviceCodeGrant({
        scope: 'openid offline_access',
        onUserCode: ({ user_code, verification_uri_complete }) => {
          expect(verification_uri_complete).toContain(user_code)
          shown = `${verification_uri_complete}`
        },
        sleep: async () => {
          polled++
          if (polled === 2) await provider.visit(shown)
        },
      }),
    )
    expect(token).toMatchObject({ token_type: 'Bearer' })
    expect(polled).toBe(2)
    expect((await refreshToken(session)).access_token).not.toBe(token.access_token)
  })

  test.each([true, false])('cibaGrant: the person answers on the phone: %p', async agree => {
    const session = build(provider, 'till')
    let polled = 0
    const run = () =>
      fetchToken(
        session,
        cibaGrant({
          login_hint: 'anna',
          scope: 'openid offline_access',
          sleep: async () => {
            polled++
            if (polled === 2) await provider.answerBackchannel(agree)
          },
        }),
      )
    if (agree) expect(await run()).toMatchObject({ token_type: 'Bearer' })
    else expect(await errorOf(run)).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error: 'access_denied' })
    expect(polled).toBe(2)
  })
})

describe('DPoP', () => {
  test.each(['ES256', 'EdDSA'] as const)(
    'a server that wants nonces: sign-in, refresh by the same key: %s',
    async alg => {
      const tokenType = dpop({ alg })
      const session = build(nonceProvider, 'dpop-spa', { tokenType })
      const { token } = await signIn(nonceProvider, session)
      expect(token.token_type).toBe('DPoP')
      const renewed = await refreshToken(session)
      expect(renewed.access_token).not.toBe(token.access_token)
      const other = build(nonceProvider, 'dpop-spa', { tokenType: dpop({ alg }) })
      const stolen = await errorOf(() =>
        fetchToken(other, endpoint =>
          endpoint({
            grant_type: 'refresh_token',
            refresh_token: renewed.refresh_token ?? token.refresh_token,
          }),
        ),
      )
      expect(stolen.error).toBe('invalid_grant')
    },
  )

  test('the code is bound to the key, by dpop_jkt and by a proof on the pushed request', async () => {
    for (const push of [false, true]) {
      const tokenType = dpop({ bindCode: true })
      const session = build(nonceProvider, 'dpop-spa', { tokenType })
      const asked = { redirect_uri: nonceProvider.redirectUri, scope: 'openid' }
      const { url, transaction } = await createAuthorizationUrl(session, asked, { push })
      if (!push) expect(new URL(url).searchParams.get('dpop_jkt')).toBe(await tokenType.thumbprint())
      const authorizationResponse = await nonceProvider.authorize(url)
      const grant = () => authorizationCodeGrant({ authorizationResponse, transaction })
      const thief = build(nonceProvider, 'dpop-spa', { tokenType: dpop() })
      expect((await errorOf(() => fetchToken(thief, grant()))).error).toBe('invalid_grant')
    }
  })

  test("the provider's own API, with axios: the proof is checked, a nonce asked for and given", async () => {
    const session = build(nonceProvider, 'dpop-spa', { tokenType: dpop() })
    await signIn(nonceProvider, session)
    const http = axios.create({ baseURL: nonceProvider.issuer })
    attachOAuth2(http, session)
    const answers = await Promise.all([http.get('/me'), http.get('/me?x=y'), http.post('/me')])
    expect(answers.map(({ status, data }) => [status, data.sub])).toEqual(Array(3).fill([200, 'anna']))
  })
})
