/**
 * What becomes of requests under axios-oauth-interceptor and under other packages for the same job, in
 * situations that happen to every application. Server and API are in memory and answer in later turns of the
 * event loop, so every count is the same in every run. README.md shows the table: `npm run readme` writes it,
 * and `npm run check -- readme` compares it with a fresh run.
 * `node --import ./tools/register.mjs bench/peers.ts --json` prints it as data.
 */
import { readFileSync } from 'node:fs'
import axios, { type AxiosAdapter, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { createAuthRefresh } from 'axios-auth-refresh'
import { applyAuthTokenInterceptor, setAuthTokens } from 'axios-jwt'
// @ts-expect-error it has no types
import tokenInterceptor from 'axios-token-interceptor'
import { attachOAuth2, createOAuth2Session, saveToken } from '../src/index.js'

const API = 'https://api.example.com'
const AUTH = 'https://auth.example.com'

/** An authorization server that rotates refresh tokens, and an API. */
interface World {
  adapter: AxiosAdapter
  /** What the application was signed in with. */
  first: { access_token: string; refresh_token: string }
  counts: { token: number; api: number }
  /** What the API does with a token: nothing but the newest, or none at all. */
  refuseAll: boolean
  /** Refuses the access tokens given out so far. */
  revoke(): void
  /** Refuses the refresh token. */
  endGrant(): void
  /** Holds the answers to a path back. */
  hold(path: string): () => void
  /** `Authorization` headers that arrived at an origin. */
  arrived: Map<string, string[]>
}

const turn = () => new Promise(resolve => setImmediate(resolve))
const turns = async (count = 30) => {
  for (let i = 0; i < count; i++) await turn()
}

/** An unsigned JWT, because axios-jwt reads the expiry from the token. */
const jwt = (serial: number) =>
  `e30.${Buffer.from(JSON.stringify({ exp: 4_000_000_000, serial })).toString('base64url')}.`

function createWorld(): World {
  let serial = 1
  let good = jwt(1)
  let refresh = 'refresh-1'
  let isOver = false
  const gates = new Map<string, Promise<void>>()
  const world: World = {
    first: { access_token: good, refresh_token: refresh },
    counts: { token: 0, api: 0 },
    refuseAll: false,
    arrived: new Map(),
    revoke: () => {
      good = ''
    },
    endGrant: () => {
      isOver = true
    },
    hold(path) {
      let release = () => {}
      gates.set(path, new Promise<void>(resolve => (release = resolve)))
      return () => {
        gates.delete(path)
        release()
      }
    },
    adapter: async config => {
      const { origin, pathname } = new URL(config.url as string, config.baseURL)
      const given = String(config.headers.get('Authorization') ?? '')
      await turn()
      const [status, data] = origin === AUTH ? answerToken(config.data) : answerApi(origin, given)
      await gates.get(pathname)
      return settle(config, status, data)
    },
  }
  function answerToken(body: unknown): [number, object] {
    world.counts.token += 1
    if (isOver || !String(body).includes(refresh)) return [400, { error: 'invalid_grant' }]
    serial += 1
    good = jwt(serial)
    refresh = `refresh-${serial}`
    return [200, { access_token: good, refresh_token: refresh, token_type: 'Bearer', expires_in: 3600 }]
  }
  function answerApi(origin: string, given: string): [number, object] {
    world.counts.api += 1
    world.arrived.set(origin, [...(world.arrived.get(origin) ?? []), given])
    return given === `Bearer ${good}` && !world.refuseAll ? [200, { ok: true }] : [401, {}]
  }
  return world
}

function settle(config: InternalAxiosRequestConfig, status: number, data: object) {
  const response = { status, statusText: '', headers: {}, config, request: {}, data: JSON.stringify(data) }
  if (status < 300) return response
  throw new axios.AxiosError(`status ${status}`, 'ERR_BAD_REQUEST', config, {}, response)
}

type Contender = (world: World) => Promise<AxiosInstance>

/** What the user of a package without OAuth writes: the refresh itself, and the token on every request. */
function tokensByHand({ first, adapter }: World) {
  const http = axios.create({ adapter })
  const tokens = { ...first }
  return {
    tokens,
    async refresh() {
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
      const { data } = await http.post(`${AUTH}/token`, form.toString())
      return Object.assign(tokens, data) as typeof tokens
    },
    onEveryRequest: (config: InternalAxiosRequestConfig) => {
      config.headers.set('Authorization', `Bearer ${tokens.access_token}`)
      return config
    },
  }
}

const create = ({ adapter }: World) => axios.create({ baseURL: API, adapter })

const ours: Contender = async world => {
  const session = createOAuth2Session({
    server: { token_endpoint: `${AUTH}/token` },
    client: { client_id: 'app' },
    http: axios.create({ adapter: world.adapter }),
  })
  await saveToken(session, { ...world.first, expires_in: 3600 })
  const api = create(world)
  attachOAuth2(api, session)
  return api
}

const authRefresh: Contender = async world => {
  const api = create(world)
  const { refresh, onEveryRequest } = tokensByHand(world)
  api.interceptors.request.use(onEveryRequest)
  const renew = async (failed: { response: { config: InternalAxiosRequestConfig } }) => {
    const { access_token } = await refresh()
    failed.response.config.headers.set('Authorization', `Bearer ${access_token}`)
  }
  // its default answers all but the first of several refused requests with the 401
  createAuthRefresh(api, renew, { deduplicateRefresh: false })
  return api
}

const axiosJwt: Contender = async world => {
  const api = create(world)
  const { refresh } = tokensByHand(world)
  const kept = new Map<string, string>()
  applyAuthTokenInterceptor(api, {
    requestRefresh: async () => {
      const { access_token, refresh_token } = await refresh()
      return { accessToken: access_token, refreshToken: refresh_token }
    },
    getStorage: () => ({
      get: async key => kept.get(key) ?? null,
      set: async (key, value) => void kept.set(key, value),
      remove: async key => void kept.delete(key),
    }),
  })
  await setAuthTokens({ accessToken: world.first.access_token, refreshToken: world.first.refresh_token })
  return api
}

const tokenCache: Contender = async world => {
  const api = create(world)
  const { tokens, refresh } = tokensByHand(world)
  let isFirst = true
  const getToken = async () => {
    const { access_token } = isFirst ? tokens : await refresh()
    isFirst = false
    return access_token
  }
  api.interceptors.request.use(
    tokenInterceptor({ getToken: tokenInterceptor.tokenCache(getToken, { maxAge: 3_600_000 }) }),
  )
  return api
}

/**
 * The interceptors that most applications carry: one renewal at a time, the other refused requests in a
 * queue.
 */
const byHand: Contender = async world => {
  const api = create(world)
  const { refresh, onEveryRequest } = tokensByHand(world)
  api.interceptors.request.use(onEveryRequest)
  let isRefreshing = false
  let queue: { resolve(): void; reject(error: unknown): void }[] = []
  const flush = (settle: (waiting: (typeof queue)[number]) => void) => {
    for (const waiting of queue) settle(waiting)
    queue = []
  }
  api.interceptors.response.use(undefined, async error => {
    const { config, response } = error
    if (response?.status !== 401 || config.retried) throw error
    config.retried = true
    if (isRefreshing) {
      await new Promise<void>((resolve, reject) => queue.push({ resolve, reject }))
      return api(config)
    }
    isRefreshing = true
    try {
      await refresh()
      flush(({ resolve }) => resolve())
      return await api(config)
    } catch (failure) {
      flush(({ reject }) => reject(failure))
      throw failure
    } finally {
      isRefreshing = false
    }
  })
  return api
}

const version = (name: string): string =>
  `${name} ${JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version}`

const contenders: [string, Contender][] = [
  ['axios-oauth-interceptor', ours],
  [version('axios-auth-refresh'), authRefresh],
  [version('axios-jwt'), axiosJwt],
  [version('axios-token-interceptor'), tokenCache],
  ['`failedQueue` by hand', byHand],
]

const succeeded = async (requests: Promise<unknown>[]): Promise<number> =>
  (await Promise.allSettled(requests)).filter(({ status }) => status === 'fulfilled').length

const renewals = ({ counts }: World) => `${counts.token || 'no renewal'}`

const yes = (value: boolean) => (value ? 'yes' : 'no')

/** One row of the table: what a reader knows it by, and how it is measured. */
const rows: [string, (api: AxiosInstance, world: World) => Promise<string>][] = [
  [
    '100 requests, token revoked: answered, renewals',
    async (api, world) => {
      world.revoke()
      const count = await succeeded(Array.from({ length: 100 }, (_, id) => api.get(`/things/${id}`)))
      return `${count}, ${world.counts.token}`
    },
  ],
  [
    'ten 401s that arrive after the renewal: further renewals',
    async (api, world) => {
      world.revoke()
      const releases = Array.from({ length: 10 }, (_, id) => world.hold(`/late/${id}`))
      const late = releases.map((_, id) => api.get(`/late/${id}`))
      const early = api.get('/early').catch(() => {})
      await turns()
      await early
      const before = world.counts.token
      if (before === 0) return 'no renewal'
      for (const release of releases) {
        release()
        await turns()
      }
      await succeeded(late)
      return `${world.counts.token - before}`
    },
  ],
  [
    'an API that refuses every token, 20 requests one by one: renewals',
    async (api, world) => {
      world.refuseAll = true
      for (let id = 0; id < 20; id++) await api.get(`/things/${id}`).catch(() => {})
      return renewals(world)
    },
  ],
  [
    'refresh token refused, 10 more requests: token requests',
    async (api, world) => {
      world.revoke()
      world.endGrant()
      for (let id = 0; id < 11; id++) await api.get(`/things/${id}`).catch(() => {})
      return renewals(world)
    },
  ],
  [
    'abort while the renewal runs: the caller is free at once',
    async (api, world) => {
      world.revoke()
      const release = world.hold('/token')
      const controller = new AbortController()
      let isFree = false
      const request = api.get('/me', { signal: controller.signal }).catch(() => {
        isFree = true
      })
      await turns()
      if (world.counts.token === 0) return 'no renewal'
      controller.abort()
      await turns()
      const wasFree = isFree
      release()
      await request
      return yes(wasFree)
    },
  ],
  [
    'a request that is sent again: runs of `transformRequest`',
    async (api, world) => {
      world.revoke()
      let runs = 0
      const transformRequest = [
        (data: unknown) => {
          runs += 1
          return JSON.stringify(data)
        },
      ]
      await api.post('/orders', { item: 'tea' }, { transformRequest }).catch(() => {})
      return world.counts.token === 0 ? 'no renewal' : `${runs}`
    },
  ],
  [
    'an absolute URL of another host gets the token',
    async (api, world) => {
      await api.get('https://other.example.net/').catch(() => {})
      return yes(!!world.arrived.get('https://other.example.net')?.[0])
    },
  ],
  [
    'the token is on `response.config`',
    async (api, { first }) => {
      const { config } = await api.get('/me')
      return yes(JSON.stringify(config).includes(first.access_token))
    },
  ],
]

const table: string[][] = [['', ...contenders.map(([name]) => name)]]
for (const [name, measure] of rows) {
  const cells: string[] = []
  for (const [, contender] of contenders) {
    const world = createWorld()
    cells.push(await measure(await contender(world), world))
  }
  table.push([name, ...cells])
}

if (process.argv.includes('--json')) console.log(JSON.stringify(table))
else
  for (const [name = '', ...cells] of table)
    console.log(`${name.padEnd(68)} ${cells.map(cell => cell.padEnd(30)).join('')}`)
