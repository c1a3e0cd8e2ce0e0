/**
 * A web application for many people, on Express: each of them signs in, and its requests to the API carry
 * their own token. Several processes of it may run, with Redis or with one directory of files. Start it with
 * `node examples/run.mjs express/server`.
 */
import { discover, memoryStore, type TokenStore } from 'axios-oauth-interceptor'
import { createRegistry } from 'axios-oauth-interceptor/registry'
import { createRoutes } from 'axios-oauth-interceptor/routes'
import { expressRoutes, servedUser } from 'axios-oauth-interceptor/routes/node'
import { redisStore } from 'axios-oauth-interceptor/stores/redis'
import express from 'express'
import { Redis } from 'ioredis'

const {
  PORT = '3000',
  ORIGIN = `http://localhost:${PORT}`,
  REDIS_URL,
  COOKIE_SECRET = '',
  AUTH_URL,
  API_URL,
} = process.env

const store: TokenStore = REDIS_URL
  ? redisStore(new Redis(REDIS_URL), { subscriber: new Redis(REDIS_URL) })
  : memoryStore()
const served = servedUser()
// the table of APIs; ORDERS_CLIENT_ID and ORDERS_CLIENT_SECRET come from the environment
const registry = createRegistry({
  clients: {
    orders: {
      server: discover(AUTH_URL ?? 'https://auth.example.com'),
      baseURL: API_URL ?? 'https://api.example.com',
      authorization: { scope: 'openid profile' },
    },
  },
  store,
  user: served.user,
})
const routes = createRoutes(registry, { origin: ORIGIN, secret: COOKIE_SECRET })

const app = express()
app.use(expressRoutes(routes, served))
app.get('/', async (_, response) => {
  const user = served.user()
  const isSignedIn = user && (await registry.session('orders', { user }).authorized())
  response.send(
    isSignedIn
      ? '<a href="/orders">Orders</a> <form method="post" action="/auth/logout"><button>Sign out</button></form>'
      : '<a href="/auth/login/orders?return_to=/orders">Sign in</a>',
  )
})
app.get('/orders', async (_, response) => {
  response.json((await registry.client('orders').get('/orders')).data)
})
app.use(
  (
    error: { cause?: { code?: string } },
    _: unknown,
    response: express.Response,
    next: express.NextFunction,
  ) => {
    if (error.cause?.code !== 'OAUTH_INTERACTION_REQUIRED' && error.cause?.code !== 'OAUTH_SESSION_ENDED')
      return next(error)
    return response.redirect('/')
  },
)

/** Listens; answers where. */
export const main = () =>
  new Promise<{ url: string }>(resolve => {
    const server = app.listen(Number(PORT), () => resolve({ url: ORIGIN }))
    process.once('SIGTERM', () => registry.close().finally(() => server.close(() => process.exit(0))))
  })
