import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { browserAt } from '../routes/site.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { hasRedis, type RedisServer, startRedis } from '../stores/redis-server.js'
import { optional } from '../support/optional.js'

const root = join(__dirname, '../..')

let auth: AuthorizationServer
let api: ResourceServer
let processes: ChildProcess[] = []
beforeEach(async () => {
  auth = await startAuthorizationServer({ clients: { web: 'web-secret' } })
  api = await startResourceServer({ accepts: token => auth.isActive(token) })
})
afterEach(async () => {
  await Promise.all(
    processes.map(
      child =>
        new Promise<void>(resolve => {
          child.once('exit', () => resolve())
          child.kill('SIGTERM')
        }),
    ),
  )
  processes = []
  await Promise.all([auth.stop(), api.stop()])
})

const freePort = () =>
  new Promise<number>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** Starts the example as a person does, and waits until it listens. */
async function start(more: Record<string, string> = {}): Promise<string> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const child = spawn(process.execPath, ['examples/run.mjs', 'express/server'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT: String(port),
      COOKIE_SECRET: '0123456789abcdef0123456789abcdef',
      ORDERS_CLIENT_ID: 'web',
      ORDERS_CLIENT_SECRET: 'web-secret',
      AUTH_URL: auth.url,
      API_URL: api.url,
      ...more,
    },
  })
  processes.push(child)
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', code => reject(new Error(`the example ended with ${code}`)))
  })
  return url
}

const pathOf = (url: string) => new URL(url).pathname + new URL(url).search

async function signIn(site: string) {
  const browser = browserAt(site)
  const { location = '' } = await browser.go('/auth/login/orders?return_to=/orders')
  expect(await browser.go(pathOf(await auth.authorize(location)))).toMatchObject({
    status: 303,
    location: '/orders',
  })
  return browser
}

jest.setTimeout(60_000)

test('signs people in, asks the API for each of them, signs out', async () => {
  const site = await start()
  const [anna, ben] = [await signIn(site), await signIn(site)]
  for (const { go } of [anna, ben])
    expect(await go('/orders')).toMatchObject({ status: 200, body: '{"ok":true}' })
  expect(api.counts.byToken.size).toBe(2)
  expect((await anna.go('/')).body).toMatch(/Sign out/)
  await anna.own('/auth/logout')
  expect((await anna.go('/')).body).toMatch(/Sign in/)
  expect(await anna.go('/orders')).toMatchObject({ status: 302, location: '/' })
  expect((await ben.go('/orders')).status).toBe(200)
})

optional(
  'redis-server',
  hasRedis,
  'apt-get install redis-server',
)('two processes with one Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())

  test('serve the same people; every token is renewed once, and no refresh token is used twice', async () => {
    const REDIS_URL = `redis://127.0.0.1:${redis.port}`
    const one = await start({ REDIS_URL })
    const other = await start({ REDIS_URL, ORIGIN: one })
    const people = await Promise.all(Array.from({ length: 10 }, () => signIn(one)))
    auth.revokeAccessTokens()
    const answers = await Promise.all(
      people.flatMap(({ go }) =>
        Array.from({ length: 10 }, (_, count) => go(`${count % 2 ? one : other}/orders`)),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200))
    expect({ refreshes: auth.counts.grants.refresh_token, reuse: auth.counts.reuse }).toEqual({
      refreshes: 10,
      reuse: 0,
    })
  })
})
