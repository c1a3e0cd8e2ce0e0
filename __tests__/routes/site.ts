import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { clientCredentialsGrant, discover } from 'axios-oauth-interceptor'
import { createRegistry, type Registry, type RegistryOptions } from 'axios-oauth-interceptor/registry'
import { createRoutes, type Routes, type RoutesOptions } from 'axios-oauth-interceptor/routes'
import {
  expressRoutes,
  fastifyRoutes,
  handleNode,
  koaRoutes,
  type ServedUser,
  servedUser,
} from 'axios-oauth-interceptor/routes/node'
import Fastify from 'fastify'
import { Hono } from 'hono'

export const SECRET = '0123456789abcdef0123456789abcdef'

/** What an application of any kind does: `/me` asks the API for the person who is served. */
export interface Site {
  origin: string
  registry: Registry
  routes: Routes
  stop(): Promise<void>
}

type Listener = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** Answers with what the API says of the person who is served. */
async function me(registry: Registry): Promise<{ status: number; body: unknown }> {
  try {
    return { status: 200, body: (await registry.client('api').get('/me')).data }
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } }
    return { status: 401, body: { code: cause?.code } }
  }
}

/** A server of `Request` and `Response`, as Hono, Next.js or a worker has it. */
const fetchStyle =
  (handler: (request: Request) => Response | Promise<Response>): Listener =>
  async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = 'GET', url, headers } = request
    const hasBody = method !== 'GET'
    const answer = await handler(
      new Request(`http://${headers.host}${url}`, {
        method,
        headers: headers as Record<string, string>,
        ...(hasBody && { body: Buffer.concat(chunks) }),
      }),
    )
    response.writeHead(answer.status, {
      ...Object.fromEntries(answer.headers),
      'set-cookie': answer.headers.getSetCookie(),
    })
    response.end(await answer.text())
  }

/** One of every kind of server, with the routes and `/me`. */
export const servers: Record<
  string,
  (routes: Routes, served: ServedUser, registry: Registry) => Promise<Listener>
> = {
  'node:http': async (routes, served, registry) => async (request, response) => {
    if (await handleNode(routes, request, response)) return
    const user = await routes.user(
      new Request('http://site.invalid/', { headers: { cookie: request.headers.cookie ?? '' } }),
    )
    const { status, body } = await served.run(user, () => me(registry))
    response.writeHead(status).end(JSON.stringify(body))
  },
  Express: async (routes, served, registry) => {
    const express = jest.requireActual('express')
    const app = express()
    app.use(express.urlencoded({ extended: false }), express.json())
    app.use(expressRoutes(routes, served))
    app.get('/me', async (_: unknown, response: { status(code: number): { json(body: unknown): void } }) => {
      const { status, body } = await me(registry)
      response.status(status).json(body)
    })
    return app
  },
  Fastify: async (routes, served, registry) => {
    const app = Fastify()
    app.addHook('onRequest', fastifyRoutes(routes, served))
    app.get('/me', async (_, reply) => {
      const { status, body } = await me(registry)
      return reply.status(status).send(body)
    })
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  Koa: async (routes, served, registry) => {
    const Koa = jest.requireActual('koa')
    const app = new Koa()
    app.use(koaRoutes(routes, served))
    app.use(async (context: { path: string; status: number; body: unknown }) => {
      if (context.path === '/me') Object.assign(context, await me(registry))
    })
    return app.callback()
  },
  Hono: async (routes, served, registry) => {
    const app = new Hono()
    app.use(async (context, next) => {
      const answer = await routes.handle(context.req.raw)
      if (answer) return answer
      return served.run(await routes.user(context.req.raw), next)
    })
    app.get('/me', async context => {
      const { status, body } = await me(registry)
      return context.json(body as object, status as 200)
    })
    return fetchStyle(request => app.fetch(request))
  },
}

/** What a site is made with. */
export interface SiteOptions {
  issuer: string
  client: { client_id: string; client_secret?: string }
  api: string
  registry?: Partial<RegistryOptions<never>>
  clients?: object
  routes?: Partial<RoutesOptions>
}

/** Starts an application on a free port. */
export async function startSite(
  kind: string,
  { issuer, client, api, clients, ...more }: SiteOptions,
): Promise<Site> {
  let listener: Listener = () => {}
  const server = http.createServer((request, response) => listener(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const served = servedUser()
  const registry = createRegistry({
    clients: {
      api: {
        server: discover(issuer),
        client,
        baseURL: api,
        authorization: { scope: 'openid offline_access', prompt: 'consent' },
      },
      machine: { server: discover(issuer), client, grant: clientCredentialsGrant(), baseURL: api },
      ...clients,
    },
    user: served.user,
    environment: {},
    ...more.registry,
  }) as unknown as Registry
  const routes = createRoutes(registry, { origin, secret: SECRET, ...more.routes })
  listener = await (servers[kind] as NonNullable<(typeof servers)[string]>)(routes, served, registry)
  return {
    origin,
    registry,
    routes,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What a site answered. */
export interface Page {
  status: number
  location: string | undefined
  body: string
  headers: http.IncomingHttpHeaders
}

/** A person's browser at one site: keeps its cookies, follows no redirect. */
export function browserAt(origin: string) {
  const cookies = new Map<string, string>()
  const strict = new Set<string>()
  const go = (
    path: string,
    options: {
      method?: string
      headers?: Record<string, string>
      body?: string
      /** True for a redirect of another site, which brings no Strict cookie. */
      fromElsewhere?: boolean
    } = {},
  ) =>
    new Promise<Page>((resolve, reject) => {
      const { method = 'GET', headers = {}, body, fromElsewhere } = options
      const cookie = [...cookies]
        .filter(([name]) => !(fromElsewhere && strict.has(name)))
        .map(([name, value]) => `${name}=${value}`)
        .join('; ')
      const request = http.request(
        new URL(path, origin),
        { method, headers: { ...(cookie && { cookie }), ...headers } },
        response => {
          for (const line of response.headers['set-cookie'] ?? []) {
            const [pair = ''] = line.split(';')
            const [name = '', value = ''] = [
              pair.slice(0, pair.indexOf('=')),
              pair.slice(pair.indexOf('=') + 1),
            ]
            if (value) cookies.set(name, value)
            else cookies.delete(name)
            if (/; SameSite=Strict/.test(line)) strict.add(name)
            else strict.delete(name)
          }
          let text = ''
          response.setEncoding('utf8')
          response.on('data', chunk => {
            text += chunk
          })
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              location: response.headers.location,
              body: text,
              headers: response.headers,
            }),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  /** A form or a fetch of the site's own pages. */
  const own = (path: string, body = '', headers: Record<string, string> = {}) =>
    go(path, { method: 'POST', body, headers: { origin, 'sec-fetch-site': 'same-origin', ...headers } })
  return { cookies, go, own }
}
