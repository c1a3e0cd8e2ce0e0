import type { AxiosAdapter, AxiosInstance, CreateAxiosDefaults } from 'axios'
import {
  type AttachOptions,
  isOAuthError,
  type OAuth2Session,
  type OAuth2SessionOptions,
  type OAuthError,
} from '../../src/index.js'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type IssuedToken,
  startAuthorizationServer,
} from '../servers/authorization-server.js'
import {
  type ResourceServer,
  type ResourceServerOptions,
  startResourceServer,
} from '../servers/resource-server.js'
import type { Version } from './versions.js'

/** What {@link startWorld} may be told. */
export interface WorldOptions {
  session?: Partial<OAuth2SessionOptions>
  attach?: AttachOptions
  instance?: CreateAxiosDefaults
  as?: AuthorizationServerOptions
  api?: Partial<ResourceServerOptions>
  /** Begin without a token. */
  signedOut?: boolean
}

/** An authorization server, an API and one attached instance whose session holds a token. */
export interface World {
  as: AuthorizationServer
  api: ResourceServer
  session: OAuth2Session
  http: AxiosInstance
  /** What the session begins with. */
  first: IssuedToken
  /** Another instance on the same session. */
  another(defaults?: CreateAxiosDefaults): AxiosInstance
  stop(): Promise<void>
}

/**
 * Starts both servers on loopback sockets and attaches a session that holds a good token of the public client
 * `app`.
 */
export async function startWorld({ axios, oauth }: Version, options: WorldOptions = {}): Promise<World> {
  const { attachOAuth2, createOAuth2Session, saveToken } = oauth
  const as = await startAuthorizationServer(options.as)
  const api = await startResourceServer({ accepts: token => as.isActive(token), ...options.api })
  const session = createOAuth2Session({
    server: as.metadata,
    client: { client_id: 'app' },
    ...options.session,
  })
  const another = (defaults: CreateAxiosDefaults = {}) => {
    const instance = axios.create({ baseURL: api.url, ...options.instance, ...defaults })
    attachOAuth2(instance, session, options.attach)
    return instance
  }
  const first = as.issue()
  if (!options.signedOut) await saveToken(session, first)
  return {
    as,
    api,
    session,
    http: another(),
    first,
    another,
    async stop() {
      await session.close()
      await api.stop()
      await as.stop()
    },
  }
}

/** The same world without sockets: one function adapter plays both servers. */
export interface MemoryWorld {
  http: AxiosInstance
  session: OAuth2Session
  counts: { token: number; resource: number; reuse: number }
  /** What the API has done, by the last segment of the request's path. */
  effects: Map<string, number>
  revoke(): void
}

/**
 * Builds the in-memory world: the answer to every request comes in a later turn of the event loop, as on a
 * network, so all requests of one turn are on their way before the first is answered.
 */
export async function memoryWorld({ axios, oauth }: Version, expired = false): Promise<MemoryWorld> {
  const { attachOAuth2, createOAuth2Session, saveToken } = oauth
  const origin = 'https://api.example.com'
  let serial = 1
  const active = new Set(['access-1'])
  const spent = new Set<string>()
  let refresh = 'refresh-1'
  const counts = { token: 0, resource: 0, reuse: 0 }
  const effects = new Map<string, number>()

  const adapter: AxiosAdapter = async config => {
    await new Promise(resolve => setImmediate(resolve))
    const answer = (status: number, data: unknown) => {
      const response = {
        status,
        statusText: '',
        headers: { 'content-type': 'application/json' },
        config,
        request: {},
        data: JSON.stringify(data),
      }
      if (!config.validateStatus || config.validateStatus(status)) return response
      throw new axios.AxiosError(`status ${status}`, 'ERR_BAD_REQUEST', config, {}, response as never)
    }
    if (config.url === 'https://as.example.com/token') {
      counts.token += 1
      const given = new URLSearchParams(String(config.data)).get('refresh_token') ?? ''
      if (given !== refresh) {
        if (spent.has(given)) counts.reuse += 1
        return answer(400, { error: 'invalid_grant' })
      }
      spent.add(given)
      serial += 1
      refresh = `refresh-${serial}`
      active.add(`access-${serial}`)
      return answer(200, {
        access_token: `access-${serial}`,
        token_type: 'bearer',
        expires_in: 3600,
        refresh_token: refresh,
      })
    }
    counts.resource += 1
    const header = Object.entries(config.headers).find(
      ([name]) => name.toLowerCase() === 'authorization',
    )?.[1]
    const token = /^Bearer (.*)$/.exec(String(header))?.[1] ?? ''
    if (!active.has(token)) return answer(401, {})
    const item = /[^/]*$/.exec(String(config.url))?.[0] ?? ''
    effects.set(item, (effects.get(item) ?? 0) + 1)
    return answer(200, { ok: true })
  }

  const session = createOAuth2Session({
    server: { issuer: 'https://as.example.com', token_endpoint: 'https://as.example.com/token' },
    client: { client_id: 'app' },
    http: axios.create({ adapter }) as never,
  })
  const http = axios.create({ baseURL: origin, adapter })
  attachOAuth2(http, session)
  await saveToken(session, {
    access_token: 'access-1',
    refresh_token: 'refresh-1',
    expires_at: Date.now() / 1000 + (expired ? -1 : 3600),
  })
  return { http, session, counts, effects, revoke: () => active.clear() }
}

/** How a request ended. */
export type Outcome = { ok: true; status: number } | { ok: false; error: unknown }

/** Waits for all, whatever they end in. */
export function settle(requests: Array<Promise<{ status: number }>>): Promise<Outcome[]> {
  return Promise.all(
    requests.map(request =>
      request.then(
        ({ status }): Outcome => ({ ok: true, status }),
        (error: unknown): Outcome => ({ ok: false, error }),
      ),
    ),
  )
}

/** The error that a request ended in; fails when it went through. */
export async function failure(request: Promise<unknown>): Promise<Error & { [property: string]: unknown }> {
  try {
    await request
  } catch (error) {
    return error as Error & { [property: string]: unknown }
  }
  throw new Error('the request went through')
}

/** The OAuthError behind what axios threw, or undefined. */
export function reason(error: unknown): OAuthError | undefined {
  if (isOAuthError(error)) return error
  const { cause } = error as { cause?: unknown }
  return isOAuthError(cause) ? cause : undefined
}

/** Lets the event loop turn: everything that needs no outside help gets done. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(resolve => setImmediate(resolve))
}

/** Turns the event loop until `done`; fails after a while. */
export async function until(done: () => boolean): Promise<void> {
  const limit = Date.now() + 10_000
  while (!done()) {
    if (Date.now() > limit) throw new Error(`this never came true: ${done}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}
