import axios from 'axios'
import {
  attachOAuth2,
  authorizationCodeGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  fetchToken,
  type OAuth2Session,
  revokeToken,
  type Token,
} from 'axios-oauth-interceptor'
import type { Provider } from 'axios-oauth-interceptor/providers/provider'
import { type Behaviour, type Issued, type Metadata, startProvider } from './provider-server.js'

const redirect_uri = 'https://app.example/callback'

/** One provider, and how its documentation says that it behaves. */
export interface Case extends Behaviour {
  provider: Provider | Omit<Parameters<typeof createOAuth2Session>[0], 'client'>
  /** The metadata that the server publishes, where the provider reads them. */
  metadata?: Metadata
  /** What the authorization URL has; `null` for what it must not have. */
  authorize: Record<string, string | null>
  /** The scope as the session stores it. */
  scope: string
  /** True for a client without a secret. */
  isPublic?: true
  /** Seconds until the access token expires, where the provider says so. */
  life?: number
  /** How long before its end a token is renewed; default 60. */
  leeway?: number
  /** False where there is no refresh token. */
  renews?: false
  /** True where the first request exchanges what the sign-in brought. */
  exchanges?: true
  /** How the application signs in, where that is not by a code. */
  signIn?(session: OAuth2Session): Promise<Token>
  /**
   * Where the attached instance sends its requests, and where tokens may go; default: the API's own address.
   */
  api?: { baseURL: string; allowedOrigins: (url: URL) => boolean }
}

export const invalidGrant = {
  status: 400,
  body: { error: 'invalid_grant', error_description: 'The grant is over.' },
}
export const unauthorized = { status: 401, body: { error: 'invalid_token' } }
export const plain = (more: object = {}) => ({
  grants: ({ access_token, refresh_token }: Issued) => ({
    status: 200,
    body: { token_type: 'Bearer', scope: 'one two', access_token, refresh_token, ...more },
  }),
  refuses: invalidGrant,
  expired: unauthorized,
  authorize: { scope: 'one two' },
  scope: 'one two',
})
export const withoutRefreshToken = ({ access_token }: { access_token: string }, more: object) => ({
  status: 200,
  body: { access_token, ...more },
})

/** An application of one provider, whose clock the test turns. */
async function start(one: Case) {
  const server: Metadata = one.metadata ?? (one.provider.server as Metadata)
  const at = await startProvider(server, one)
  let now = 1_800_000_000
  const session = createOAuth2Session({
    ...one.provider,
    client: { client_id: 'client', ...(!one.isPublic && { client_secret: 'client-secret' }) },
    http: at.http as never,
    clock: () => now,
    ...(one.insecure && { allowInsecure: [one.insecure] }),
  })
  const { baseURL = at.api, allowedOrigins } = one.api ?? {}
  const api = axios.create({ baseURL })
  attachOAuth2(api, session, allowedOrigins ? { allowedOrigins } : {})
  const signIn = async () => {
    if (one.signIn) return { url: new URL(String(server.token_endpoint)), token: await one.signIn(session) }
    const { url, transaction } = await createAuthorizationUrl(session, {
      redirect_uri,
      scope: ['one', 'two'],
    })
    const back = new URLSearchParams({ code: 'code', state: transaction.state })
    if (server.authorization_response_iss_parameter_supported) back.set('iss', String(server.issuer))
    const grant = authorizationCodeGrant({ authorizationResponse: `${redirect_uri}?${back}`, transaction })
    return { url: new URL(url), token: await fetchToken(session, grant) }
  }
  return { at, server, session, api, signIn, pass: (seconds: number) => (now += seconds) }
}

/** Drives every provider of a table over real sockets, from the sign-in to the log-out. */
export function driveProviders(cases: Record<string, Case>): void {
  let running: Awaited<ReturnType<typeof start>>
  afterEach(() => running.at.stop())

  describe.each(Object.entries(cases))('%s', (_, one) => {
    beforeEach(async () => {
      running = await start(one)
    })
    const renews = one.renews !== false
    const calls = () => running.at.grants
    const begun = one.exchanges ? ['sign-in', 'renewal'] : ['sign-in']

    test('signs in with a token that the API takes', async () => {
      const { url, token } = await running.signIn()
      const { authorization_endpoint, token_endpoint } = running.server
      const page = new URL(String(one.signIn ? token_endpoint : authorization_endpoint))
      expect(url.origin + url.pathname).toBe(page.origin + page.pathname)
      for (const name in one.authorize)
        expect([name, url.searchParams.get(name)]).toEqual([name, one.authorize[name]])
      expect(token).toMatchObject({ scope: one.scope })
      expect((await running.api.get('/me')).data).toEqual({ ok: true })
      expect(calls()).toEqual(begun)
    })

    test('knows when the token expires', async () => {
      await running.signIn()
      await running.api.get('/me')
      if (one.life === undefined) {
        running.pass(100_000_000)
        expect((await running.api.get('/me')).status).toBe(200)
        return expect(calls()).toEqual(begun)
      }
      running.pass(one.life - (one.leeway ?? 60) - 1)
      expect((await running.api.get('/me')).status).toBe(200)
      expect(calls()).toEqual(begun)
      running.pass(2 + (renews ? 0 : 60))
      const outcome = await running.api.get('/me').catch(error => error)
      if (renews) expect(outcome.data).toEqual({ ok: true })
      else expect(outcome.cause).toMatchObject({ code: 'OAUTH_INTERACTION_REQUIRED' })
      expect(calls()).toEqual(renews ? [...begun, 'renewal'] : begun)
    })

    test('renews a token that the API refuses, twice in a row', async () => {
      await running.signIn()
      await running.api.get('/me')
      if (!renews) {
        running.at.expire()
        const refused = await running.api.get('/me').catch(error => error)
        expect(refused.cause).toMatchObject({ name: 'OAuthError' })
        return expect(calls()).toEqual(begun)
      }
      for (const round of [1, 2]) {
        running.at.expire()
        running.pass(120)
        expect([round, (await running.api.get('/me')).data]).toEqual([round, { ok: true }])
        expect(running.session.current()).toMatchObject({ scope: one.scope })
      }
      expect(calls()).toEqual([...begun, 'renewal', 'renewal'])
    })

    test('asks for a sign-in when the grant is over, once', async () => {
      await running.signIn()
      await running.api.get('/me')
      running.at.endGrant()
      const ended = jest.fn()
      running.session.on('ended', ended)
      // the API's own refusal is the answer to the request that found out; later ones are not sent
      await running.api.get('/me').catch(() => undefined)
      const later = await running.api.get('/me').catch(error => error)
      if (renews) expect(later.cause).toMatchObject({ code: 'OAUTH_SESSION_ENDED' })
      if (renews) expect(ended).toHaveBeenCalledTimes(1)
      expect(calls()).toEqual(renews ? [...begun, 'renewal'] : begun)
    })

    test('logs out, and revokes where the provider has a revocation endpoint', async () => {
      const { token } = await running.signIn()
      const result = await revokeToken(running.session)
      expect(await running.session.authorized()).toBe(false)
      const revokes = running.server.revocation_endpoint !== undefined
      expect(result.revoked).toBe(revokes)
      expect(running.at.revoked).toEqual(revokes ? [token.refresh_token ?? token.access_token] : [])
      if (!result.revoked) expect(result.error.code).toBe('OAUTH_ENDPOINT_MISSING')
    })
  })
}
