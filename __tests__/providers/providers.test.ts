import axios from 'axios'
import {
  attachOAuth2,
  authorizationCodeGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  fetchToken,
  revokeToken,
} from 'axios-oauth-interceptor'
import { discord } from 'axios-oauth-interceptor/providers/discord'
import { facebook } from 'axios-oauth-interceptor/providers/facebook'
import { github } from 'axios-oauth-interceptor/providers/github'
import { gitlab } from 'axios-oauth-interceptor/providers/gitlab'
import { google } from 'axios-oauth-interceptor/providers/google'
import { hubspot } from 'axios-oauth-interceptor/providers/hubspot'
import { linkedin } from 'axios-oauth-interceptor/providers/linkedin'
import { microsoft } from 'axios-oauth-interceptor/providers/microsoft'
import type { Provider } from 'axios-oauth-interceptor/providers/provider'
import { slack } from 'axios-oauth-interceptor/providers/slack'
import { spotify } from 'axios-oauth-interceptor/providers/spotify'
import { type Behaviour, startProvider } from './provider-server.js'

const redirect_uri = 'https://app.example/callback'

interface Case extends Behaviour {
  provider: Provider
  /** What the authorization URL has; `null` for what it must not have. */
  authorize: Record<string, string | null>
  /** The scope as the session stores it. */
  scope: string
  /** Seconds until the access token expires, where the provider says so. */
  life?: number
  /** False where there is no refresh token. */
  renews?: false
}

const invalidGrant = { status: 400, body: { error: 'invalid_grant', error_description: 'The grant is over.' } }
const unauthorized = { status: 401, body: { error: 'invalid_token' } }
const plain = (more: object = {}) => ({
  grants: (token: object) => ({ status: 200, body: { token_type: 'Bearer', scope: 'one two', ...token, ...more } }),
  refuses: invalidGrant,
  expired: unauthorized,
  authorize: { scope: 'one two' },
  scope: 'one two',
})
const withoutRefreshToken = ({ access_token }: { access_token: string }, more: object) => ({
  status: 200,
  body: { access_token, ...more },
})
const slackRefuses = { status: 200, body: { ok: false, error: 'invalid_refresh_token' } }
const slackExpired = { status: 200, body: { ok: false, error: 'token_expired' } }

const cases: Record<string, Case> = {
  GitHub: {
    ...plain({ scope: 'one,two', token_type: 'bearer', expires_in: '28800', refresh_token_expires_in: '15811200' }),
    provider: github,
    secret: 'body',
    life: 28_800,
    refuses: { status: 200, body: { error: 'bad_refresh_token', error_description: 'Incorrect or expired.' } },
    expired: { status: 401, body: { message: 'Bad credentials' } },
  },
  Google: {
    ...plain({ expires_in: 3599 }),
    provider: google,
    secret: 'body',
    authorize: { scope: 'one two', access_type: 'offline' },
    life: 3599,
    refreshes: token => withoutRefreshToken(token, { token_type: 'Bearer', scope: 'one two', expires_in: 3599 }),
    keepsRefreshToken: true,
  },
  Microsoft: {
    ...plain({ expires_in: 3599, ext_expires_in: 3599 }),
    provider: microsoft(),
    secret: 'body',
    life: 3599,
    refuses: { status: 400, body: { error: 'interaction_required', error_codes: [50076], suberror: 'basic_action' } },
  },
  'Facebook (D1)': {
    ...plain(),
    provider: facebook(),
    secret: 'body',
    // a form as text/plain, `expires`, no token type, no scope
    grants: ({ access_token }) => ({
      status: 200,
      type: 'text/plain',
      body: `access_token=${access_token}&expires=5183944`,
    }),
    expired: { status: 400, body: { error: { message: 'Session has expired', type: 'OAuthException', code: 190 } } },
    life: 5_183_944,
    renews: false,
  },
  'LinkedIn (D10)': {
    ...plain({ scope: 'one,two', expires_in: 5_184_000, refresh_token_expires_in: 31_536_000, token_type: undefined }),
    provider: linkedin,
    secret: 'body',
    life: 5_184_000,
    keepsRefreshToken: true,
  },
  'Slack, the bot': {
    ...plain({ ok: true, scope: 'one,two', token_type: 'bot', expires_in: 43_200, authed_user: { id: 'U1' } }),
    provider: slack(),
    secret: 'header',
    authorize: { scope: 'one,two', user_scope: null },
    life: 43_200,
    refuses: slackRefuses,
    expired: slackExpired,
  },
  'Slack, the person': {
    ...plain({ ok: true, scope: 'one,two', token_type: 'user', expires_in: 43_200 }),
    provider: slack({ as: 'user' }),
    secret: 'header',
    grants: token => ({
      status: 200,
      body: {
        ok: true,
        access_token: 'xoxb-of-the-bot',
        refresh_token: 'xoxe-of-the-bot',
        expires_in: 60,
        token_type: 'bot',
        scope: 'chat:write',
        authed_user: { id: 'U1', scope: 'one,two', token_type: 'user', expires_in: 43_200, ...token },
      },
    }),
    refreshes: token => ({
      status: 200,
      body: { ok: true, scope: 'one,two', token_type: 'user', expires_in: 43_200, ...token },
    }),
    authorize: { scope: null, user_scope: 'one,two' },
    life: 43_200,
    refuses: slackRefuses,
    expired: slackExpired,
  },
  GitLab: {
    ...plain({ expires_in: 7200, created_at: 1_607_635_748 }),
    provider: gitlab({ url: 'https://gitlab.example/' }),
    secret: 'header',
    life: 7200,
  },
  Discord: { ...plain({ expires_in: 604_800 }), provider: discord, secret: 'header', life: 604_800 },
  Spotify: {
    ...plain({ expires_in: 3600 }),
    provider: spotify,
    secret: 'header',
    life: 3600,
    refreshes: token => withoutRefreshToken(token, { token_type: 'Bearer', expires_in: 3600 }),
    keepsRefreshToken: true,
  },
  HubSpot: {
    ...plain({ expires_in: 1800 }),
    provider: hubspot,
    secret: 'body',
    life: 1800,
    // the form of the older endpoints: no `error`
    refuses: { status: 400, body: { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' } },
  },
}

/** An application of one provider, whose clock the test turns. */
async function start(one: Case) {
  const at = await startProvider(one.provider, one)
  let now = 1_800_000_000
  const session = createOAuth2Session({
    ...one.provider,
    client: { client_id: 'client', client_secret: 'client-secret' },
    http: at.http as never,
    clock: () => now,
  })
  const api = axios.create({ baseURL: at.api })
  attachOAuth2(api, session)
  const signIn = async () => {
    const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri, scope: ['one', 'two'] })
    const back = new URLSearchParams({ code: 'code', state: transaction.state })
    if (one.provider.server.authorization_response_iss_parameter_supported)
      back.set('iss', String(one.provider.server.issuer))
    const grant = authorizationCodeGrant({ authorizationResponse: `${redirect_uri}?${back}`, transaction })
    return { url: new URL(url), token: await fetchToken(session, grant) }
  }
  return { at, session, api, signIn, pass: (seconds: number) => (now += seconds) }
}

let running: Awaited<ReturnType<typeof start>>
afterEach(() => running.at.stop())

describe.each(Object.entries(cases))('%s', (_, one) => {
  beforeEach(async () => {
    running = await start(one)
  })
  const grants = () => running.at.seen.map(({ parameters }) => parameters.get('grant_type')).filter(Boolean)
  const renews = one.renews !== false

  test('signs in with a token that the API takes', async () => {
    const { url, token } = await running.signIn()
    expect(url.origin + url.pathname).toBe(one.provider.server.authorization_endpoint)
    for (const name in one.authorize) expect([name, url.searchParams.get(name)]).toEqual([name, one.authorize[name]])
    expect(token).toMatchObject({ scope: one.scope })
    expect((await running.api.get('/me')).data).toEqual({ ok: true })
    expect(grants()).toEqual(['authorization_code'])
  })

  test('knows when the token expires', async () => {
    await running.signIn()
    running.pass((one.life as number) - 61)
    expect((await running.api.get('/me')).status).toBe(200)
    expect(grants()).toEqual(['authorization_code'])
    running.pass(62)
    const outcome = await running.api.get('/me').catch(error => error)
    if (renews) expect(outcome.data).toEqual({ ok: true })
    else expect(outcome.cause).toMatchObject({ code: 'OAUTH_INTERACTION_REQUIRED' })
    expect(grants()).toEqual(renews ? ['authorization_code', 'refresh_token'] : ['authorization_code'])
  })

  test('renews a token that the API refuses, twice in a row', async () => {
    await running.signIn()
    if (!renews) {
      running.at.expire()
      const refused = await running.api.get('/me').catch(error => error)
      expect(refused.cause).toMatchObject({ name: 'OAuthError' })
      return expect(grants()).toEqual(['authorization_code'])
    }
    for (const round of [1, 2]) {
      running.at.expire()
      running.pass(120)
      expect([round, (await running.api.get('/me')).data]).toEqual([round, { ok: true }])
      expect(running.session.current()).toMatchObject({ scope: one.scope })
    }
    expect(grants()).toEqual(['authorization_code', 'refresh_token', 'refresh_token'])
  })

  test('asks for a sign-in when the grant is over, once', async () => {
    await running.signIn()
    running.at.endGrant()
    const ended = jest.fn()
    running.session.on('ended', ended)
    // the API's own refusal is the answer to the request that found out; later ones are not sent
    await running.api.get('/me').catch(() => undefined)
    const later = await running.api.get('/me').catch(error => error)
    if (renews) expect(later.cause).toMatchObject({ code: 'OAUTH_SESSION_ENDED' })
    if (renews) expect(ended).toHaveBeenCalledTimes(1)
    expect(grants()).toEqual(renews ? ['authorization_code', 'refresh_token'] : ['authorization_code'])
  })

  test('logs out, and revokes where the provider has a revocation endpoint', async () => {
    const { token } = await running.signIn()
    const result = await revokeToken(running.session)
    expect(await running.session.authorized()).toBe(false)
    const revokes = one.provider.server.revocation_endpoint !== undefined
    expect(result.revoked).toBe(revokes)
    expect(running.at.revoked).toEqual(revokes ? [token.refresh_token ?? token.access_token] : [])
    if (!result.revoked) expect(result.error.code).toBe('OAUTH_ENDPOINT_MISSING')
  })
})
