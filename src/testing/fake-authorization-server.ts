import type { Adapter } from '../axios/axios.js'
import { oauthError } from '../errors.js'
import type { HttpClient } from '../grants/grant.js'
import type { ServerMetadata } from '../server/call.js'
import { answerEndpoint, endpointOf, isAuthorized, metadataOf, signInAt } from './fake-endpoints.js'
import { type FakeState, fakeState } from './fake-state.js'
import type { FakeAuthorizationServerOptions, FakeEndpoint, FakeToken } from './fake-types.js'
import { adapterOf, type FakeAnswer, type FakeRequest, urlOf } from './wire.js'

/** A fault in the next call to an endpoint. */
export type Fault =
  /** 503 with `Retry-After: 1`. */
  | 'unavailable'
  /** The standard refusal of a grant. */
  | 'invalid_grant'
  /** 200 with an HTML page, as from a captive portal. */
  | 'html'
  /** No answer; the server has done nothing. */
  | 'network'
  /** The server does its work (it rotates the refresh token), but the answer is lost. */
  | 'lost'
  /** Any other answer. */
  | FakeAnswer

/** An authorization server in memory; see {@link fakeAuthorizationServer}. */
export interface FakeAuthorizationServer {
  readonly issuer: string
  /** For a session's option `server`. */
  readonly metadata: ServerMetadata
  /** For a session's option `http`: calls to the server never leave the process. */
  readonly http: HttpClient
  /**
   * Makes an axios adapter that answers requests to the server's origin and passes all others to `next`;
   * without `next` they fail. For applications that call the server through an instance of their own.
   */
  adapter(next?: Adapter): Adapter
  /**
   * Makes an axios adapter for an API that accepts this server's tokens: 401 for any other token, else the
   * result of `answer` (default 200 with `{ ok: true }`).
   */
  api(answer?: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>): Adapter
  /** Calls so far, by endpoint; `reuse` counts reused refresh tokens. */
  readonly counts: Readonly<Record<FakeEndpoint | 'reuse', number>>
  /** The requests to the token endpoint, in order, with their secrets, because this is a test. */
  readonly tokenRequests: readonly URLSearchParams[]
  /** Makes the next calls to an endpoint fail, one for each fault. */
  fail(endpoint: FakeEndpoint, ...faults: Fault[]): void
  /**
   * Holds the answers of an endpoint back until the returned function is called. The server does its work
   * meanwhile.
   */
  hold(endpoint: FakeEndpoint): () => void
  /**
   * Plays the browser: takes an authorization URL, signs a person in and returns the URL of the callback.
   * With `error` the person refuses (`access_denied` …).
   */
  signIn(url: string | URL, outcome?: { claims?: Record<string, unknown>; error?: string }): string
  /** Approves (or refuses) the most recent device code. */
  approveDevice(approved?: boolean): void
  /** Issues a token as if a grant had run. */
  issue(grant?: { scope?: string; claims?: Record<string, unknown>; refresh?: boolean }): FakeToken
  /** True for an access token of this server that is neither expired nor revoked. */
  isActive(accessToken: string): boolean
  /** Revokes every access token: the next API call is answered 401, and a refresh succeeds. */
  revokeAccessTokens(): void
  /** Revokes everything: the next refresh is answered `invalid_grant`. */
  revokeEverything(): void
}

function answerTo(fault: Fault): FakeAnswer {
  if (fault === 'unavailable') return { status: 503, headers: { 'retry-after': '1' } }
  if (fault === 'invalid_grant') return { status: 400, body: { error: 'invalid_grant' } }
  if (fault === 'html')
    return {
      status: 200,
      body: '<html><body>Sign in to the network</body></html>',
      headers: { 'content-type': 'text/html' },
    }
  if (typeof fault === 'object') return fault
  throw new Error('The connection was reset.')
}

/** The switches of a server: pending faults, and endpoints whose answers are held back. */
function switches() {
  const faults = new Map<FakeEndpoint, Fault[]>()
  const held = new Map<FakeEndpoint, Promise<void>>()
  return {
    nextFault: (endpoint: FakeEndpoint) => faults.get(endpoint)?.shift(),
    held: (endpoint: FakeEndpoint) => held.get(endpoint),
    fail(endpoint: FakeEndpoint, ...more: Fault[]) {
      faults.set(endpoint, [...(faults.get(endpoint) ?? []), ...more])
    },
    hold(endpoint: FakeEndpoint) {
      let release = () => {}
      const gate = new Promise<void>(resolve => {
        release = resolve
      })
      held.set(endpoint, gate)
      return () => {
        if (held.get(endpoint) === gate) held.delete(endpoint)
        release()
      }
    },
  }
}

const refuseOthers: Adapter = config => {
  throw oauthError('OAUTH_INVALID_OPTION', 'noFakeAnswer', { url: config.url })
}

/**
 * Creates an authorization server in memory: every endpoint, rotation with reuse detection, and faults on
 * request. It does not use the network, so it works beside nock, msw and axios-mock-adapter.
 * @example
 * const server = fakeAuthorizationServer()
 * const session = createOAuth2Session({ server: server.metadata, http: server.http, client: { client_id: 'app' } })
 * server.fail('token', 'unavailable')
 */
export function fakeAuthorizationServer(
  options: FakeAuthorizationServerOptions = {},
): FakeAuthorizationServer {
  const state = fakeState(options)
  const { issuer, counts, tokenRequests } = state
  const { origin } = new URL(issuer)
  const { nextFault, held, fail, hold } = switches()

  const respond = async (request: FakeRequest): Promise<FakeAnswer> => {
    const endpoint = endpointOf(issuer, request.url)
    if (!endpoint) return { status: 404, body: 'Not an endpoint of this server.' }
    counts[endpoint] += 1
    const fault = nextFault(endpoint)
    const answer = fault && fault !== 'lost' ? answerTo(fault) : answerEndpoint(state, endpoint, request)
    await held(endpoint)
    return fault === 'lost' ? answerTo(fault) : answer
  }
  const own = adapterOf(respond)
  const request = (config: Record<string, unknown>) => own(config)

  return {
    ...controlsOf(state),
    issuer,
    metadata: metadataOf(issuer),
    counts,
    tokenRequests,
    fail,
    hold,
    http: {
      request,
      get: (url, config) => request({ ...config, url, method: 'get' }),
      post: (url, data, config) => request({ ...config, url, data, method: 'post' }),
    },
    adapter: (next = refuseOthers) => {
      return async config => (urlOf(config).origin === origin ? own(config) : next(config))
    },
    api: (answer = () => ({ status: 200, body: { ok: true } })) =>
      adapterOf(async call => {
        if (isAuthorized(state, call)) return answer(call)
        const reason = call.header('authorization') ? ', error="invalid_token"' : ''
        return { status: 401, headers: { 'www-authenticate': `Bearer realm="${origin}"${reason}` } }
      }),
  }
}

/** The controls for a test. */
function controlsOf(state: FakeState) {
  const { access, refresh, devices, isActive } = state
  return {
    isActive,
    signIn: (url: string | URL, outcome?: { claims?: Record<string, unknown>; error?: string }) =>
      signInAt(state, url, outcome),
    issue(grant: { scope?: string; claims?: Record<string, unknown>; refresh?: boolean } = {}) {
      const family = state.newFamily(grant.scope, grant.claims)
      return state.give(family, grant.refresh ?? true, state.identify(family, null))
    },
    approveDevice(approved = true) {
      const device = [...devices.values()].pop()
      if (device) device.state = approved ? 'approved' : 'refused'
    },
    revokeAccessTokens() {
      for (const token of access.values()) token.revoked = true
    },
    revokeEverything() {
      for (const { family } of [...access.values(), ...refresh.values()]) family.revoked = true
    },
  }
}
