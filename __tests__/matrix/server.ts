/**
 * The servers of one cell: an API with its token endpoint, and a stranger at another origin. Every case has a
 * world of its own (`/w/ID/…`), so that cases run side by side. Everything that arrives is logged, and a case
 * reads the log over HTTP, because a page in a browser cannot ask otherwise.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verify } from '../oauth1/verifier.js'

/** One request as it arrived. */
export interface Arrival {
  method: string
  path: string
  /** `home` or `stranger`. */
  at: string
  authorization?: string
  contentType?: string
  custom?: string
  /** Base64. */
  body: string
}

interface World {
  valid: Set<string>
  made: number
  broken: number
  arrivals: Arrival[]
  nonces: Set<string>
}

const worlds = new Map<string, World>()
const worldOf = (id: string): World => {
  const world = worlds.get(id) ?? { valid: new Set(), made: 0, broken: 0, arrivals: [], nonces: new Set() }
  worlds.set(id, world)
  return world
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** Judges the credential of a request; answers what is wrong with it. */
function fault(world: World, request: IncomingMessage, body: Buffer): string | undefined {
  const { authorization = '' } = request.headers
  if (authorization.startsWith('OAuth ')) {
    const { faults } = verify(request, body, { client: 'secret', token: 'token-secret' }, world.nonces)
    return faults[0]
  }
  const token = /^Bearer (.+)$/.exec(authorization)?.[1] ?? ''
  return world.valid.has(token) ? undefined : 'the token is not valid'
}

type Answer = (response: ServerResponse, arrival: Arrival, query: URLSearchParams) => void

const answers: Record<string, Answer> = {
  echo: (response, { method, path, contentType, custom, body }) =>
    json(response, 200, { method, path, contentType, custom, body }),
  text: response => response.writeHead(200, { 'content-type': 'text/plain' }).end('plain'),
  binary: response =>
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.from([0, 128, 255])),
  stream(response) {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('first ')
    response.end('second')
  },
  redirect(response, _arrival, query) {
    response.writeHead(Number(query.get('status') ?? 302), { location: query.get('to') ?? '/' }).end()
  },
  'status-500': response => json(response, 500, { error: 'broken' }),
  'status-403': response => json(response, 403, { error: 'forbidden' }),
  hang() {},
}

function answerApi(
  world: World,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  arrival: Arrival,
) {
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams
  const wrong = fault(world, request, Buffer.from(arrival.body, 'base64'))
  if (name === 'expired-body') return json(response, 200, wrong ? { error: 'token_expired' } : { ok: true })
  if (wrong || name === 'always-401')
    return json(response, 401, { error: wrong }, { 'www-authenticate': 'Bearer' })
  return (answers[name] ?? answers.echo)?.(response, arrival, query)
}

function answerToken(world: World, response: ServerResponse) {
  if (world.broken > 0) {
    world.broken -= 1
    return json(response, 400, { error: 'invalid_client' })
  }
  const access_token = `secret-token-${++world.made}`
  world.valid.add(access_token)
  return json(response, 200, { access_token, token_type: 'Bearer', expires_in: 3600 })
}

/** What a case does to its world: `expire`, `break` the token endpoint, read the `log`. */
function control(id: string, verb: string, response: ServerResponse) {
  const world = worldOf(id)
  if (verb === 'expire') world.valid.clear()
  if (verb === 'break') world.broken += 1
  const { arrivals, made } = world
  return json(response, 200, { arrivals, made })
}

const cross = (request: IncomingMessage) => ({
  'access-control-allow-origin': request.headers.origin ?? '*',
  'access-control-allow-credentials': 'true',
  'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
  'access-control-allow-methods': '*, GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD',
  'access-control-expose-headers': 'www-authenticate',
})

const listener =
  (at: string, pages: Map<string, string>) => async (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(cross(request))) response.setHeader(name, value)
    const [path = '/'] = (request.url ?? '/').split('?')
    const isPreflight =
      request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
    if (isPreflight) return response.writeHead(204).end()
    const page = pages.get(path)
    if (page !== undefined) {
      const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
      return response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(page)
    }
    const [, , id = '', room = '', name = 'echo'] = path.split('/')
    if (room === 'control') return control(id, name, response)
    const body = await bytesOf(request)
    const world = worldOf(id)
    const { authorization, 'content-type': contentType, 'x-custom': custom } = request.headers
    const arrival: Arrival = {
      method: request.method ?? '',
      path: request.url ?? '',
      at,
      ...(authorization && { authorization }),
      ...(contentType && { contentType }),
      ...(typeof custom === 'string' && { custom }),
      body: body.toString('base64'),
    }
    if (room === 'token') return answerToken(world, response)
    world.arrivals.push(arrival)
    if (room === 'api') return answerApi(world, name, request, response, arrival)
    return (answers[name] ?? answers.echo)?.(response, arrival, new URLSearchParams())
  }

async function listen(server: Server): Promise<number> {
  // longer than any client keeps an idle connection, so that none is closed just as it is used again
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Starts both servers. `pages` are served as they are, for browsers. */
export async function startServers(pages = new Map<string, string>()) {
  const servers = [createServer(listener('home', pages)), createServer(listener('stranger', pages))]
  const [home, stranger] = await Promise.all(servers.map(listen))
  return {
    base: `http://127.0.0.1:${home}`,
    stranger: `http://localhost:${stranger}`,
    close() {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}
