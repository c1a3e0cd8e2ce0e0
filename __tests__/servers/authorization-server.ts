import { createHash, randomBytes } from 'node:crypto'
import type * as http from 'node:http'
import { json, listen, type RunningServer, readBody } from './http.js'

/** What the server does with a token request instead of answering it properly. */
export type Trouble =
  /** An error answer; `retryAfter` is sent as it is. Nothing is rotated. */
  | { status: number; error?: string; retryAfter?: string; body?: string; contentType?: string }
  /** A proper refusal of the grant. */
  | 'invalid_grant'
  /** The server does its work (rotates) and the answer is lost: the connection dies. */
  | 'lost'
  /** The connection dies before the server does anything. */
  | 'reset'
  /** 200 with an HTML page. */
  | 'html'
  /** Nothing is ever answered. */
  | 'silent'

/** Options of {@link startAuthorizationServer}. Times are seconds. */
export interface AuthorizationServerOptions {
  /** `expires_in` of new access tokens; `null` leaves it out. Default 3600. */
  expiresIn?: number | null
  clock?: () => number
  /** A refresh gives a new refresh token and spends the old one. Default true. */
  rotate?: boolean
  /** What the token response says of the type. Default `Bearer`. */
  tokenType?: string
  /**
   * client_id → secret; `undefined` marks a public client. Default: one of each, `app` (public) and `worker`
   * (`worker-secret`).
   */
  clients?: Record<string, string | undefined>
  /** user name → password, for the password grant. */
  users?: Record<string, string>
  /** Begins every secret that the server makes, so that a test can search for it. */
  mark?: string
  port?: number
}

/** What the server remembers about one access token. */
export interface AccessTokenRecord {
  token: string
  client_id: string
  family: string
  subject: string
  scope: string
  expiresAt: number
  revoked: boolean
}

/** One call to the token endpoint as it came in. */
export interface TokenRequestRecord {
  grantType: string
  parameters: URLSearchParams
  headers: http.IncomingHttpHeaders
  method: string
  url: string
}

/** A running authorization server with its counters and switches. */
export interface AuthorizationServer extends RunningServer {
  readonly metadata: {
    issuer: string
    authorization_endpoint: string
    token_endpoint: string
    revocation_endpoint: string
    introspection_endpoint: string
    response_types_supported: string[]
    grant_types_supported: string[]
    code_challenge_methods_supported: string[]
    token_endpoint_auth_methods_supported: string[]
    authorization_response_iss_parameter_supported: boolean
  }
  readonly counts: {
    /** Calls to the token endpoint, whatever their outcome. */
    token: number
    /** The same by `grant_type`. */
    grants: Record<string, number>
    /** Uses of a refresh token that had been spent. */
    reuse: number
    revocation: number
    introspection: number
    metadata: number
    authorize: number
  }
  /** Calls to the token endpoint, in order. */
  readonly requests: TokenRequestRecord[]
  /** Spends the next calls to the token endpoint on trouble, one for each item. */
  trouble(...next: Trouble[]): void
  /** Trouble for every call until `undefined` is set. */
  always: Trouble | undefined
  /** Waited for before a token answer is sent; the server has done its work by then. */
  latency: ((request: TokenRequestRecord) => Promise<void>) | undefined
  /** Puts more into every token answer. */
  extra: Record<string, unknown>
  expiresIn: number | null
  /** The next refresh answers keep the refresh token and leave it out. */
  rotate: boolean
  /** Gives out tokens without a request, as if a grant had run. */
  issue(options?: { client_id?: string; subject?: string; scope?: string; refresh?: boolean }): IssuedToken
  /** Makes an authorization code, as if a person had signed in. */
  code(options: {
    client_id: string
    redirect_uri: string
    subject?: string
    scope?: string
    challenge?: string
  }): string
  /** True for an access token of this server that is neither expired nor revoked. */
  isActive(token: string): boolean
  find(token: string): AccessTokenRecord | undefined
  /** Access tokens that are neither expired nor revoked, oldest first. */
  activeTokens(): AccessTokenRecord[]
  /** Revokes every access token; refresh tokens stay. */
  revokeAccessTokens(): void
  /** Revokes everything: the next refresh is answered `invalid_grant`. */
  revokeEverything(): void
  /** Plays the browser: follows the authorization URL to the redirect URI and answers that URL. */
  authorize(url: string | URL): Promise<string>
}

/** A token answer. */
export interface IssuedToken {
  access_token: string
  token_type: string
  expires_in?: number
  refresh_token?: string
  scope?: string
  [parameter: string]: unknown
}

interface RefreshRecord {
  family: string
  client_id: string
  subject: string
  scope: string
  spent: boolean
}

interface CodeRecord {
  client_id: string
  redirect_uri: string
  subject: string
  scope: string
  challenge: string | undefined
}

/**
 * Starts a small authorization server in memory: rotation, reuse detection, counters, switches for every kind
 * of trouble.
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const clock = options.clock ?? (() => Date.now() / 1000)
  const clients: Record<string, string | undefined> = options.clients ?? {
    app: undefined,
    worker: 'worker-secret',
  }
  const users = options.users ?? { anna: 'anna-password' }
  const mark = options.mark ?? ''
  const secret = () => mark + randomBytes(16).toString('base64url')

  const access = new Map<string, AccessTokenRecord>()
  const refresh = new Map<string, RefreshRecord>()
  const codes = new Map<string, CodeRecord>()
  const queue: Trouble[] = []
  const revokedFamilies = new Set<string>()

  function endFamily(family: string) {
    revokedFamilies.add(family)
    for (const record of access.values()) if (record.family === family) record.revoked = true
  }

  function give(
    grant: { client_id: string; family: string; subject: string; scope: string },
    withRefresh: boolean,
  ): IssuedToken {
    const token = secret()
    const expiresIn = server.expiresIn
    access.set(token, {
      ...grant,
      token,
      expiresAt: expiresIn === null ? Number.POSITIVE_INFINITY : clock() + expiresIn,
      revoked: false,
    })
    const answer: IssuedToken = { access_token: token, token_type: options.tokenType ?? 'Bearer' }
    if (expiresIn !== null) answer.expires_in = expiresIn
    if (grant.scope) answer.scope = grant.scope
    if (withRefresh) {
      const next = secret()
      refresh.set(next, { ...grant, spent: false })
      answer.refresh_token = next
    }
    return Object.assign(answer, server.extra)
  }

  /** The client of a request, or undefined when it did not prove itself. */
  function authenticate(request: http.IncomingMessage, parameters: URLSearchParams): string | undefined {
    const header = request.headers.authorization
    if (header?.startsWith('Basic ')) {
      const [id = '', given = ''] = Buffer.from(header.slice(6), 'base64')
        .toString()
        .split(':')
        .map(part => decodeURIComponent(part.replace(/\+/g, ' ')))
      return id in clients && clients[id] === given ? id : undefined
    }
    const id = parameters.get('client_id') ?? ''
    if (!(id in clients)) return undefined
    const expected = clients[id]
    return expected === undefined || expected === parameters.get('client_secret') ? id : undefined
  }

  /** Runs the grant; answers a token or an error code. */
  function run(client_id: string, parameters: URLSearchParams): IssuedToken | string {
    const scope = parameters.get('scope') ?? ''
    const family = randomBytes(8).toString('hex')
    switch (parameters.get('grant_type')) {
      case 'client_credentials':
        return give({ client_id, family, subject: client_id, scope }, false)
      case 'password': {
        const name = parameters.get('username') ?? ''
        if (users[name] === undefined || users[name] !== parameters.get('password')) return 'invalid_grant'
        return give({ client_id, family, subject: name, scope }, true)
      }
      case 'authorization_code': {
        const given = parameters.get('code') ?? ''
        const code = codes.get(given)
        codes.delete(given)
        if (!code || code.client_id !== client_id || code.redirect_uri !== parameters.get('redirect_uri'))
          return 'invalid_grant'
        if (code.challenge !== undefined) {
          const verifier = parameters.get('code_verifier') ?? ''
          if (createHash('sha256').update(verifier).digest('base64url') !== code.challenge)
            return 'invalid_grant'
        }
        return give({ client_id, family, subject: code.subject, scope: code.scope }, true)
      }
      case 'refresh_token': {
        const record = refresh.get(parameters.get('refresh_token') ?? '')
        if (record?.spent) {
          server.counts.reuse += 1
          endFamily(record.family)
        }
        if (!record || record.client_id !== client_id || revokedFamilies.has(record.family))
          return 'invalid_grant'
        if (server.rotate) record.spent = true
        const { spent: _, ...grant } = record
        return give(grant, server.rotate)
      }
      default:
        return 'unsupported_grant_type'
    }
  }

  async function token(request: http.IncomingMessage, response: http.ServerResponse, url: URL) {
    const parameters = new URLSearchParams((await readBody(request)).toString())
    for (const [name, value] of url.searchParams) parameters.append(name, value)
    const grantType = parameters.get('grant_type') ?? ''
    const record: TokenRequestRecord = {
      grantType,
      parameters,
      headers: request.headers,
      method: request.method ?? '',
      url: request.url ?? '',
    }
    server.requests.push(record)
    server.counts.token += 1
    server.counts.grants[grantType] = (server.counts.grants[grantType] ?? 0) + 1

    const trouble = queue.shift() ?? server.always
    if (trouble === 'silent') return
    if (trouble === 'reset') return void request.socket.destroy()
    if (typeof trouble === 'object') {
      await server.latency?.(record)
      const headers: http.OutgoingHttpHeaders = { 'content-type': trouble.contentType ?? 'application/json' }
      if (trouble.retryAfter !== undefined) headers['retry-after'] = trouble.retryAfter
      response.writeHead(trouble.status, headers)
      response.end(trouble.body ?? JSON.stringify(trouble.error ? { error: trouble.error } : {}))
      return
    }
    if (trouble === 'html') {
      await server.latency?.(record)
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!doctype html><title>Sign in</title><p>Something went wrong')
      return
    }
    const client_id = authenticate(request, parameters)
    const outcome =
      client_id === undefined
        ? 'invalid_client'
        : trouble === 'invalid_grant'
          ? 'invalid_grant'
          : run(client_id, parameters)
    await server.latency?.(record)
    if (trouble === 'lost') return void request.socket.destroy()
    if (typeof outcome === 'object') return json(response, 200, outcome)
    if (outcome === 'invalid_client')
      return json(response, 401, { error: outcome }, { 'www-authenticate': 'Basic realm="token endpoint"' })
    json(response, 400, { error: outcome, error_description: `refused by the test server (${outcome})` })
  }

  async function revoke(request: http.IncomingMessage, response: http.ServerResponse) {
    server.counts.revocation += 1
    const parameters = new URLSearchParams((await readBody(request)).toString())
    if (authenticate(request, parameters) === undefined)
      return json(response, 401, { error: 'invalid_client' })
    const given = parameters.get('token') ?? ''
    const spent = refresh.get(given)
    if (spent) endFamily(spent.family)
    const record = access.get(given)
    if (record) record.revoked = true
    response.writeHead(200).end()
  }

  async function introspect(request: http.IncomingMessage, response: http.ServerResponse) {
    server.counts.introspection += 1
    const parameters = new URLSearchParams((await readBody(request)).toString())
    if (authenticate(request, parameters) === undefined)
      return json(response, 401, { error: 'invalid_client' })
    const given = parameters.get('token') ?? ''
    const record = access.get(given)
    if (!record || !server.isActive(given)) return json(response, 200, { active: false })
    json(response, 200, {
      active: true,
      client_id: record.client_id,
      sub: record.subject,
      scope: record.scope,
      token_type: 'Bearer',
      ...(Number.isFinite(record.expiresAt) ? { exp: Math.floor(record.expiresAt) } : {}),
    })
  }

  function authorize(response: http.ServerResponse, url: URL) {
    server.counts.authorize += 1
    const query = url.searchParams
    const client_id = query.get('client_id') ?? ''
    const redirect_uri = query.get('redirect_uri') ?? ''
    if (!(client_id in clients) || !redirect_uri) return json(response, 400, { error: 'invalid_request' })
    const target = new URL(redirect_uri)
    target.searchParams.set(
      'code',
      server.code({
        client_id,
        redirect_uri,
        subject: query.get('login_hint') ?? 'anna',
        scope: query.get('scope') ?? '',
        ...(query.has('code_challenge') ? { challenge: query.get('code_challenge') ?? '' } : {}),
      }),
    )
    const state = query.get('state')
    if (state !== null) target.searchParams.set('state', state)
    target.searchParams.set('iss', server.metadata.issuer)
    response.writeHead(302, { location: target.href }).end()
  }

  const running = await listen(
    (request, response) => {
      const url = new URL(request.url ?? '/', running.url)
      switch (url.pathname) {
        case '/token':
          return token(request, response, url)
        case '/revoke':
          return revoke(request, response)
        case '/introspect':
          return introspect(request, response)
        case '/authorize':
          return authorize(response, url)
        case '/.well-known/oauth-authorization-server':
        case '/.well-known/openid-configuration':
          server.counts.metadata += 1
          return json(response, 200, server.metadata)
        default:
          return json(response, 404, { error: 'not_found' })
      }
    },
    { port: options.port ?? 0 },
  )

  const server: AuthorizationServer = {
    url: running.url,
    get connections() {
      return running.connections
    },
    stop: () => running.stop(),
    metadata: {
      issuer: running.url,
      authorization_endpoint: `${running.url}/authorize`,
      token_endpoint: `${running.url}/token`,
      revocation_endpoint: `${running.url}/revoke`,
      introspection_endpoint: `${running.url}/introspect`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'client_credentials', 'password', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      authorization_response_iss_parameter_supported: true,
    },
    counts: { token: 0, grants: {}, reuse: 0, revocation: 0, introspection: 0, metadata: 0, authorize: 0 },
    requests: [],
    trouble: (...next) => void queue.push(...next),
    always: undefined,
    latency: undefined,
    extra: {},
    expiresIn: options.expiresIn === undefined ? 3600 : options.expiresIn,
    rotate: options.rotate ?? true,
    issue: ({ client_id = 'app', subject = 'anna', scope = '', refresh: withRefresh = true } = {}) =>
      give({ client_id, family: randomBytes(8).toString('hex'), subject, scope }, withRefresh),
    code({ client_id, redirect_uri, subject = 'anna', scope = '', challenge }) {
      const code = secret()
      codes.set(code, { client_id, redirect_uri, subject, scope, challenge })
      return code
    },
    isActive(given) {
      const record = access.get(given)
      return record !== undefined && !record.revoked && record.expiresAt > clock()
    },
    find: given => access.get(given),
    activeTokens: () => [...access.values()].filter(({ token }) => server.isActive(token)),
    revokeAccessTokens() {
      for (const record of access.values()) record.revoked = true
    },
    revokeEverything() {
      for (const record of access.values()) endFamily(record.family)
    },
    async authorize(url) {
      const response = await fetch(url, { redirect: 'manual' })
      const location = response.headers.get('location')
      if (location === null) throw new Error(`the authorization endpoint answered ${response.status}`)
      return location
    },
  }
  return server
}
