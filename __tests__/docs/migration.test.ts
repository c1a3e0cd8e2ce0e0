/**
 * Runs every block of docs/migration.md, before and after, against one server, and observes each change that
 * the page names.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { AxiosInstance } from 'axios'
import { transformSync } from 'esbuild'

const page = readFileSync(join(__dirname, '../../docs/migration.md'), 'utf8')

/** The blocks of a section: the code before, and the code after. */
function blocksOf(title: string): string[] {
  const section = page.split(/^## /m).find(text => text.startsWith(title)) ?? ''
  return [...section.matchAll(/```(?:ts|js)\n([\s\S]*?)```/g)].map(([, code = '']) => code)
}

/** An unsigned JWT, because axios-jwt reads the expiry out of the token. */
function jwt(name: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ jti: name, iat: 1, exp: 4_000_000_000 })}.x`
}

interface World {
  api: AxiosInstance
  /** Calls to the token endpoint. */
  renewals: number
  /** `Authorization` of every call to the API, and to a second origin, in order. */
  sent: string[]
  elsewhere: string[]
  other: string
  /** Makes the API refuse what it gave out last. */
  expire(): void
  /** Answers the next token requests with 500. */
  break(): void
  /** Lets requests to /late wait for their 401 until `release` is called. */
  release(): void
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

async function listen(
  answer: (request: IncomingMessage, body: string) => Promise<[number, object]> | [number, object],
) {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const [status, data] = await answer(request, body)
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(data))
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function memoryStorage() {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    key: (index: number) => [...items.keys()][index] ?? null,
    get length() {
      return items.size
    },
  }
}

/** Runs a block as a module of its own, with the addresses of this test's servers. */
async function start(code: string): Promise<World> {
  let count = 0
  let valid = jwt('at-0')
  let broken = false
  let release = () => {}
  const gate = new Promise<void>(resolve => {
    release = resolve
  })
  const world = { renewals: 0, sent: [] as string[], elsewhere: [] as string[], release: () => release() }
  const auth = await listen(() => {
    world.renewals += 1
    if (broken) return [500, {}]
    count += 1
    valid = jwt(`at-${count}`)
    return [
      200,
      { access_token: valid, refresh_token: `rt-${count}`, token_type: 'Bearer', expires_in: 3600 },
    ]
  })
  const api = await listen(async request => {
    const { authorization = '' } = request.headers
    world.sent.push(authorization)
    const good = authorization === `Bearer ${valid}` || authorization.startsWith('OAuth ')
    if (request.url === '/late' && !good) await gate
    return [good ? 200 : 401, { url: request.url }]
  })
  const other = await listen(request => {
    world.elsewhere.push(request.headers.authorization ?? '')
    return [200, {}]
  })
  const text = code
    .replaceAll('https://api.example.com', api)
    .replaceAll('https://auth.example.com', auth)
    .replaceAll('at-0', jwt('at-0'))
  const module = { exports: {} as { api: AxiosInstance; ready?: Promise<unknown> } }
  const { code: script } = transformSync(text, { loader: 'ts', format: 'cjs', target: 'es2022' })
  const storage = memoryStorage()
  Object.assign(globalThis, { window: { localStorage: storage }, localStorage: storage })
  new Function('require', 'module', 'exports', 'localStorage', 'window', script)(
    require,
    module,
    module.exports,
    storage,
    { localStorage: storage },
  )
  await module.exports.ready
  return Object.assign(world, {
    api: module.exports.api,
    other,
    expire: () => {
      valid = 'nothing'
    },
    break: () => {
      broken = true
    },
  })
}
afterEach(() => {
  for (const name of ['window', 'localStorage']) Reflect.deleteProperty(globalThis, name)
  jest.resetModules()
})

const [authRefresh, authRefreshAfter] = blocksOf('axios-auth-refresh') as [string, string]
const [axiosJwt, axiosJwtAfter] = blocksOf('axios-jwt') as [string, string]
const [byHand] = blocksOf('A flag and a queue') as [string]
const [tokenInterceptor, tokenInterceptorAfter] = blocksOf('axios-token-interceptor') as [string, string]
const [oauth1, oauth1After] = blocksOf('axios-oauth-1.0a') as [string, string]

const statusOf = (request: Promise<{ status: number }>) =>
  request.then(
    ({ status }) => status,
    error => error.response?.status ?? error.message,
  )

const all = {
  'axios-auth-refresh': [authRefresh, authRefreshAfter],
  'axios-jwt': [axiosJwt, axiosJwtAfter],
  'by hand': [byHand, authRefreshAfter],
  'axios-token-interceptor': [tokenInterceptor, tokenInterceptorAfter],
  'axios-oauth-1.0a': [oauth1, oauth1After],
} as const
const each = Object.entries(all).flatMap(([name, [before, after]]) => [
  [`${name}, before`, before] as const,
  [`${name}, after`, after] as const,
])

test.each(each)('%s: a good request is authenticated', async (_, code) => {
  const { api } = await start(code)
  expect(await statusOf(api.get('/a'))).toBe(200)
})

test.each([byHand, authRefreshAfter, axiosJwtAfter])(
  'several refused requests share one renewal (%#)',
  async code => {
    const world = await start(code)
    world.expire()
    const statuses = await Promise.all(['/a', '/b', '/c'].map(path => statusOf(world.api.get(path))))
    expect(statuses).toEqual([200, 200, 200])
    expect(world.renewals).toBe(1)
  },
)

test('axios-auth-refresh: before, concurrent requests fail during the renewal', async () => {
  const world = await start(authRefresh)
  world.expire()
  const statuses = await Promise.all(['/a', '/b', '/c'].map(path => statusOf(world.api.get(path))))
  expect(statuses.sort()).toEqual([200, 401, 401])
})

/** One request is refused at once, another when everything is renewed. */
async function renewalsWithLateRefusal(code: string): Promise<number> {
  const world = await start(code)
  world.expire()
  const late = statusOf(world.api.get('/late'))
  while (world.sent.length < 1) await new Promise(resolve => setImmediate(resolve))
  expect(await statusOf(world.api.get('/a'))).toBe(200)
  world.release()
  expect(await late).toBe(200)
  return world.renewals
}

test.each([authRefresh, byHand])('a late 401 costs another renewal before (%#)', async code => {
  expect(await renewalsWithLateRefusal(code)).toBe(2)
})

test('a late 401 costs no other renewal after', async () => {
  expect(await renewalsWithLateRefusal(authRefreshAfter)).toBe(1)
})

test.each([
  ['axios-jwt', axiosJwt, axiosJwtAfter],
  ['axios-token-interceptor', tokenInterceptor, tokenInterceptorAfter],
])('%s: a refused token is renewed after, not before', async (_, before, after) => {
  for (const [code, status] of [
    [before, 401],
    [after, 200],
  ] as const) {
    const world = await start(code)
    expect(await statusOf(world.api.get('/a'))).toBe(200)
    world.expire()
    expect(await statusOf(world.api.get('/b'))).toBe(status)
  }
})

test.each(Object.entries(all))(
  '%s: the credential goes to another origin before, not after',
  async (_, [before, after]) => {
    const old = await start(before)
    await old.api.get(old.other)
    expect(old.elsewhere[0]).toMatch(/^(Bearer|OAuth) /)
    const now = await start(after)
    await now.api.get(now.other)
    expect(now.elsewhere).toEqual([''])
  },
)

test('axios-auth-refresh: an error shows the token before, not after', async () => {
  for (const [code, shows] of [
    [authRefresh, true],
    [authRefreshAfter, false],
  ] as const) {
    const { api } = await start(code)
    const error = await api.get('/a', { validateStatus: () => false }).catch(failure => failure)
    expect(JSON.stringify(error.toJSON()).includes(jwt('at-0'))).toBe(shows)
  }
})

test('by hand: a renewal that fails lets the others wait for ever before, not after', async () => {
  const old = await start(byHand)
  old.expire()
  old.break()
  let waiting = 2
  const settled = ['/a', '/b'].map(path => statusOf(old.api.get(path)).then(() => (waiting -= 1)))
  await Promise.race(settled)
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(waiting).toBe(1)
  const now = await start(authRefreshAfter)
  now.expire()
  now.break()
  expect(await Promise.all(['/a', '/b'].map(path => statusOf(now.api.get(path))))).toHaveLength(2)
})
