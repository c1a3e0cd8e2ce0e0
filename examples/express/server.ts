/**
 * A web application for many people, on Express: each person signs in, and the requests to the API carry that
 * person's token. Several processes can run, with Redis. Start it with
 * `node examples/run.mjs express/server`.
 */
import { discover, isOAuthError, memoryStore } from 'axios-oauth-interceptor'
import { createRegistry } from 'axios-oauth-interceptor/registry'
import { createRoutes } from 'axios-oauth-interceptor/routes'
import { expressRoutes, servedUser } from 'axios-oauth-interceptor/routes/node'
import { redisStore } from 'axios-oauth-interceptor/stores/redis'
import express from 'express'
import { Redis } from 'ioredis'

const { PORT = '3000', ORIGIN: origin = `http://localhost:${PORT}`, REDIS_URL: redis } = process.env
const store = redis ? redisStore(new Redis(redis), { subscriber: new Redis(redis) }) : memoryStore()
const served = servedUser()
const registry = createRegistry({
  // The table of APIs; ORDERS_CLIENT_ID and ORDERS_CLIENT_SECRET come from the environment.
  clients: {
    orders: {
      server: discover(process.env.AUTH_URL ?? 'https://auth.example.com'),
      baseURL: process.env.API_URL ?? 'https://api.example.com',
      authorization: { scope: 'openid profile' },
    },
  },
  store,
  user: served.user,
})
const routes = createRoutes(registry, { origin, secret: process.env.COOKIE_SECRET ?? '' })

const app = express()
app.use(expressRoutes(routes, served))
const signOut = '<form method="post" action="/auth/logout"><button>Sign out</button></form>'
app.get('/', async (_, response) => {
  const user = served.user()
  const isSignedIn = user && (await registry.session('orders', { user }).authorized())
  const signIn = '<a href="/auth/login/orders?return_to=/orders">Sign in</a>'
  response.send(isSignedIn ? `<a href="/orders">Orders</a> ${signOut}` : signIn)
})
app.get('/orders', async (_, response) => {
  response.json((await registry.client('orders').get('/orders')).data)
})
// Redirects a person without a sign-in to the sign-in page.
const toSignIn: express.ErrorRequestHandler = (error, _, response, next) => {
  const { code } = isOAuthError(error.cause) ? error.cause : error
  if (code === 'OAUTH_INTERACTION_REQUIRED' || code === 'OAUTH_SESSION_ENDED') response.redirect('/')
  else next(error)
}
app.use(toSignIn)

/** Listens; returns the address. */
export async function main(): Promise<{ url: string }> {
  const server = app.listen(Number(PORT))
  process.once('SIGTERM', () => registry.close().finally(() => server.close(() => process.exit(0))))
  return new Promise(resolve => server.once('listening', () => resolve({ url: origin })))
}
