/** The routes for servers of Node: Express and Connect, Fastify, Koa, or `node:http` itself. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Routes } from './routes.js'

/** The part of `node:http`'s request that the routes read. */
export interface NodeRequest extends AsyncIterable<unknown> {
  method?: string | undefined
  url?: string | undefined
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** The part of `node:http`'s response that the routes write. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string | string[]>): unknown
  end(text: string): unknown
}

/** Additions of frameworks: the address before a router shortened it, and the parsed body. */
type FrameworkRequest = NodeRequest & { originalUrl?: string; body?: unknown }

/**
 * The person of the current request: `user` is for `createRegistry`, the adapters call `run` for each
 * request.
 */
export interface ServedUser {
  readonly user: () => string | undefined
  run<T>(user: string | undefined, work: () => T): T
}

/**
 * Carries the person of the current request through all asynchronous work of that request.
 * @example
 * const served = servedUser()
 * const registry = createRegistry({ clients: {}, user: served.user })
 * const routes = createRoutes(registry, { origin: 'https://app.example.com', secret: process.env.COOKIE_SECRET ?? '' })
 * app.use(expressRoutes(routes, served))
 */
export function servedUser(): ServedUser {
  const storage = new AsyncLocalStorage<string | undefined>()
  return { user: () => storage.getStore(), run: (user, work) => storage.run(user, work) }
}

/** The longest body that a route reads; a logout token has a few kilobytes. */
const MAX_BODY = 65_536

/** The body of a request, whether a framework has read it or not. */
async function bodyOf(request: FrameworkRequest): Promise<string> {
  const { body } = request
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  if (body && typeof body === 'object') {
    const isJson = /json/.test(`${request.headers['content-type']}`)
    return isJson ? JSON.stringify(body) : `${new URLSearchParams(body as Record<string, string>)}`
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length <= MAX_BODY) chunks.push(chunk as Buffer)
  }
  return length > MAX_BODY ? '' : Buffer.concat(chunks).toString()
}

/** The address of a request; only its path counts. `OPTIONS *` has none. */
function addressOf({ originalUrl, url = '/' }: FrameworkRequest): URL {
  const path = originalUrl ?? url
  return new URL(path.startsWith('/') ? `http://site.invalid${path}` : 'http://site.invalid')
}

/** Methods that a standard `Request` cannot have. */
const FORBIDDEN = /^(CONNECT|TRACE|TRACK)$/i

/** The request as a standard `Request`. */
async function requestOf(request: FrameworkRequest, withBody: boolean): Promise<Request> {
  const { method: asked = 'GET', headers } = request
  const method = FORBIDDEN.test(asked) ? 'GET' : asked
  const sent = new Headers()
  for (const [name, values] of Object.entries(headers)) {
    // HTTP/2 keeps the request line among the headers (`:path`), where a standard `Request` allows no colon.
    if (name.startsWith(':')) continue
    for (const value of [values ?? []].flat() as string[]) sent.append(name, value)
  }
  const hasBody = withBody && method !== 'GET' && method !== 'HEAD'
  return new Request(addressOf(request), {
    method,
    headers: sent,
    ...(hasBody && { body: await bodyOf(request) }),
  })
}

/** Compares the path as `routes.handle` reads it, without dot segments. */
const isOurs = ({ basePath }: Routes, request: FrameworkRequest) =>
  addressOf(request).pathname.startsWith(`${basePath}/`) && !FORBIDDEN.test(request.method ?? '')

async function send(answer: Response, response: NodeResponse): Promise<void> {
  const headers: Record<string, string | string[]> = Object.fromEntries(answer.headers)
  const cookies = answer.headers.getSetCookie()
  response.writeHead(answer.status, { ...headers, ...(cookies.length > 0 && { 'set-cookie': cookies }) })
  response.end(await answer.text())
}

/** Answers a request of `node:http` that belongs to the routes; returns `false` for any other. */
export async function handleNode(
  routes: Routes,
  request: NodeRequest,
  response: NodeResponse,
): Promise<boolean> {
  if (!isOurs(routes, request)) return false
  const answer = await routes.handle(await requestOf(request, true))
  if (!answer) return false
  await send(answer, response)
  return true
}

const personOf = async (routes: Routes, request: NodeRequest) => routes.user(await requestOf(request, false))

/**
 * The routes as middleware of Express or Connect. Later middleware runs for the person of the request.
 * @example
 * app.use(expressRoutes(routes, served))
 */
export function expressRoutes(routes: Routes, served?: ServedUser) {
  return (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void => {
    const serve = async () => {
      if (await handleNode(routes, request, response)) return
      const user = served && (await personOf(routes, request))
      if (served) served.run(user, next)
      else next()
    }
    serve().catch(next)
  }
}

/** The part of Fastify that the hook uses. */
interface FastifyReplyLike {
  hijack(): unknown
  raw: NodeResponse
}

/**
 * The routes as an `onRequest` hook of Fastify, before it reads a body.
 * @example
 * app.addHook('onRequest', fastifyRoutes(routes, served))
 */
export function fastifyRoutes(routes: Routes, served?: ServedUser) {
  return ({ raw }: { raw: NodeRequest }, reply: FastifyReplyLike, done: (error?: Error) => void): void => {
    const serve = async () => {
      if (isOurs(routes, raw)) {
        const answer = (await routes.handle(await requestOf(raw, true))) as Response
        reply.hijack()
        return send(answer, reply.raw)
      }
      const user = served && (await personOf(routes, raw))
      if (served) served.run(user, done)
      else done()
    }
    serve().catch(done)
  }
}

/** The part of Koa that the middleware uses. */
interface KoaContextLike {
  req: NodeRequest
  status: number
  body: unknown
  set(name: string, value: string | string[]): void
}

/**
 * The routes as middleware of Koa.
 * @example
 * app.use(koaRoutes(routes, served))
 */
export function koaRoutes(routes: Routes, served?: ServedUser) {
  return async (context: KoaContextLike, next: () => Promise<unknown>): Promise<unknown> => {
    const { req } = context
    const answer = isOurs(routes, req) ? await routes.handle(await requestOf(req, true)) : undefined
    if (!answer) {
      const user = served && (await personOf(routes, req))
      return served ? served.run(user, next) : next()
    }
    context.status = answer.status
    for (const [name, value] of answer.headers) if (name !== 'set-cookie') context.set(name, value)
    context.set('set-cookie', answer.headers.getSetCookie())
    context.body = await answer.text()
    return undefined
  }
}
