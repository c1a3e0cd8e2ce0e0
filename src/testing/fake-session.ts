import { createOAuth2Session } from '../axios/attach-oauth2.js'
import { refreshToken, saveToken } from '../session/fetch-token.js'
import type { OAuth2Session, OAuth2SessionOptions } from '../session/session-options.js'
import type { Token } from '../session/stored-grant.js'
import { memoryStore } from '../stores/memory.js'
import { type FakeAuthorizationServer, fakeAuthorizationServer } from './fake-authorization-server.js'
import { type FakeClock, fakeClock } from './fake-clock.js'
import { unsignedJwt } from './fake-state.js'
import type { FakeToken } from './fake-types.js'

/** Options of {@link fakeSession}, in addition to those of a session. */
export interface FakeSessionOptions extends OAuth2SessionOptions {
  /**
   * The state of the session when the test begins. Default `signed-in`; with `expiring` the next request
   * renews the token.
   */
  status?: 'signed-in' | 'signed-out' | 'expiring' | 'ended'
  /** The access token, or a whole token in wire names. Default: one of the fake server. */
  token?: string | Token
  scope?: string
  /** Claims of the ID token of the signed-in person. */
  claims?: Record<string, unknown>
  /** A server to share with other sessions. Default: one of its own. */
  fakeServer?: FakeAuthorizationServer
}

/** A session in a state that the test chooses, with its server. */
export interface FakeSession extends OAuth2Session {
  /** The server that renews its tokens. */
  readonly server: FakeAuthorizationServer
  /** Sets the time of the session and the server. */
  readonly clock: FakeClock
  /** Signs a person in, with the claims of the options or other ones. */
  signIn(grant?: { scope?: string; claims?: Record<string, unknown> }): Promise<void>
  /** Lets the access token expire: the next request renews it. */
  expire(): void
  /** Ends the grant at the server and lets the session notice: it emits `ended`. */
  end(): Promise<void>
}

const KEY = 'fake'

/**
 * Creates a session that is signed in (or in another state) without a server, a browser or a network: attach
 * it to the application's instance in tests. Renewals, log-out and events work as in production.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 * @example
 * const session = fakeSession({ scope: 'read', claims: { sub: 'anna' } })
 * attachOAuth2(api, session)
 */
export function fakeSession(options: FakeSessionOptions = {}): FakeSession {
  const { status = 'signed-in', token, scope, claims = {}, fakeServer, ...rest } = options
  const clock = (rest.clock as FakeClock | undefined) ?? fakeClock()
  const server = fakeServer ?? fakeAuthorizationServer({ clock, claims })
  const store = memoryStore()
  const client = rest.client ?? { client_id: 'app' }
  const identity = () => ({
    iss: server.issuer,
    aud: client.client_id,
    iat: clock(),
    exp: clock() + 3600,
    sub: 'user',
    ...claims,
  })
  const issue = (): FakeToken => server.issue({ ...(scope && { scope }), claims })
  const first: Token | undefined = status === 'signed-out' ? undefined : { ...issue(), ...asToken(token) }
  if (first) {
    const { refresh_token, ...access } = first
    const life = status === 'expiring' ? 1 : 3600
    store.set(KEY, {
      v: 1,
      grantId: 'fake',
      version: 1,
      issuer: server.issuer,
      client_id: client.client_id,
      ...(refresh_token && status !== 'ended' && { refresh_token }),
      id_token: unsignedJwt(identity()),
      tokens: status === 'ended' ? {} : { '': { ...access, expires_at: clock() + life } },
      ...(status === 'ended' && { ended: { reason: 'invalid_grant', at: clock() } }),
    })
  }
  const session = createOAuth2Session({
    server: server.metadata,
    http: server.http,
    store,
    key: KEY,
    ...rest,
    client,
    clock,
  })
  return Object.assign(session, {
    server,
    clock,
    async signIn(grant: { scope?: string; claims?: Record<string, unknown> } = {}) {
      await saveToken(session, { ...server.issue({ ...(scope && { scope }), claims, ...grant }) })
    },
    expire: () => clock.advance(3600),
    async end() {
      server.revokeEverything()
      await refreshToken(session).catch(() => {})
    },
  })
}

const asToken = (token: string | Token | undefined) =>
  typeof token === 'string' ? { access_token: token } : token
