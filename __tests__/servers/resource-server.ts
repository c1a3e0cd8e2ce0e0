import type * as http from 'node:http'
import { type Gate, gate } from './gate.js'
import { json, listen, type RunningServer, readBody } from './http.js'

/** Options of {@link startResourceServer}. */
export interface ResourceServerOptions {
  /** Judges an access token; an authorization server's `isActive`, or an introspection. */
  accepts: (token: string, request: ApiRequest) => boolean | Promise<boolean>
  /** Keeps every request whole; without it only the counters grow (for storms). Default true. */
  record?: boolean
  port?: number
  host?: string
}

/** One request as the API saw it. */
export interface ApiRequest {
  method: string
  /** The request target as it stood in the request line, byte for byte. */
  target: string
  /** The request line, raw. */
  line: string
  /** Header lines as they were sent: name, value, name, value … */
  rawHeaders: string[]
  headers: http.IncomingHttpHeaders
  body: Buffer
  /** The scheme of the `Authorization` header, as it was written. */
  scheme: string | undefined
  token: string | undefined
}

/** What the API does to everybody. */
export type ResourceMode =
  | 'normal'
  /** 401 with a challenge and no body, whatever the token. */
  | 'always-401'
  /** 401 with a JSON error and no challenge, for a token it does not accept. */
  | '401-with-body'
  /** 200 with `{"ok":false,"error":"token_expired"}`, for a token it does not accept. */
  | 'expired-in-body'
  /** 403 to everybody. */
  | 'forbidden'

/** A running API with its counters and switches. */
export interface ResourceServer extends RunningServer {
  mode: ResourceMode
  readonly counts: {
    requests: number
    /** Answers by status. */
    status: Record<number, number>
    /** Requests by access token; `''` counts those without. */
    byToken: Map<string, number>
    /** Accepted requests by their id (query `id`, or `id` in a JSON body): what the API has done. */
    effects: Map<string, number>
  }
  /** Requests in order, unless `record` is false. */
  readonly requests: ApiRequest[]
  /** Ids whose effect happened more than once. */
  duplicates(): string[]
  /** Sends with this access token. */
  sends(token: string): number
  /**
   * Makes matching requests wait at the gate with their answer. Judged on arrival: a token that was refused
   * then stays refused, which is how a late 401 comes about. Ends for new requests when the gate is open.
   */
  hold(matches?: (request: ApiRequest) => boolean): Gate
  /** Answers in place of the API; true when it did. */
  respond: ((request: ApiRequest, response: http.ServerResponse) => boolean | Promise<boolean>) | undefined
  reset(): void
}

/**
 * Starts an API that wants a bearer token. Paths: `/echo` answers what it got, raw;
 * `/redirect?to=URL&status=302` sends away; anything else answers `{ ok: true }`. Each accepted request with
 * an id counts as an effect.
 */
export async function startResourceServer(options: ResourceServerOptions): Promise<ResourceServer> {
  const record = options.record ?? true
  let holds: Array<{ gate: Gate; matches: (request: ApiRequest) => boolean }> = []

  function count(
    response: http.ServerResponse,
    status: number,
    body: unknown,
    headers: http.OutgoingHttpHeaders = {},
  ) {
    server.counts.status[status] = (server.counts.status[status] ?? 0) + 1
    json(response, status, body, headers)
  }

  function idOf(request: ApiRequest): string | undefined {
    const query = request.target.indexOf('?')
    const inQuery = query < 0 ? null : new URLSearchParams(request.target.slice(query)).get('id')
    if (inQuery !== null) return inQuery
    if (!request.headers['content-type']?.startsWith('application/json')) return undefined
    try {
      const { id } = JSON.parse(request.body.toString()) as { id?: unknown }
      return id === undefined ? undefined : String(id)
    } catch {
      return undefined
    }
  }

  const running = await listen(
    async (incoming, response) => {
      const body = await readBody(incoming)
      const [, scheme, token] = /^(\S+) (\S+)$/.exec(incoming.headers.authorization ?? '') ?? []
      const method = incoming.method ?? ''
      const target = incoming.url ?? ''
      const request: ApiRequest = {
        method,
        target,
        line: `${method} ${target} HTTP/${incoming.httpVersion}`,
        rawHeaders: incoming.rawHeaders,
        headers: incoming.headers,
        body,
        scheme,
        token,
      }
      server.counts.requests += 1
      server.counts.byToken.set(token ?? '', (server.counts.byToken.get(token ?? '') ?? 0) + 1)
      if (record) server.requests.push(request)

      const accepted = token !== undefined && (await options.accepts(token, request))
      const path = target.replace(/\?.*/s, '')
      // The effect happens when the request is judged, not when the answer leaves
      const good = accepted && server.mode !== 'always-401' && server.mode !== 'forbidden'
      const id = good ? idOf(request) : undefined
      if (id !== undefined) server.counts.effects.set(id, (server.counts.effects.get(id) ?? 0) + 1)

      holds = holds.filter(hold => !hold.gate.isOpen)
      const hold = holds.find(candidate => candidate.matches(request))
      if (hold) await hold.gate.wait()

      if (await server.respond?.(request, response)) return
      if (path === '/redirect') {
        const query = new URLSearchParams(target.slice(target.indexOf('?')))
        const status = Number(query.get('status') ?? 302)
        return count(response, status, {}, { location: query.get('to') ?? '/' })
      }
      if (server.mode === 'forbidden') return count(response, 403, { error: 'forbidden' })
      if (!good) {
        if (server.mode === 'expired-in-body')
          return count(response, 200, { ok: false, error: 'token_expired' })
        if (server.mode === '401-with-body') return count(response, 401, { error: 'token_expired' })
        return count(
          response,
          401,
          {},
          { 'www-authenticate': token === undefined ? 'Bearer' : 'Bearer error="invalid_token"' },
        )
      }
      if (path === '/echo')
        return count(response, 200, {
          line: request.line,
          rawHeaders: request.rawHeaders,
          headers: request.headers,
          body: body.toString('latin1'),
        })
      count(response, 200, { ok: true, ...(id === undefined ? {} : { id }) })
    },
    { port: options.port ?? 0, ...(options.host === undefined ? {} : { host: options.host }) },
  )

  const server: ResourceServer = {
    url: running.url,
    get connections() {
      return running.connections
    },
    stop() {
      for (const { gate } of holds) gate.open()
      return running.stop()
    },
    mode: 'normal',
    counts: { requests: 0, status: {}, byToken: new Map(), effects: new Map() },
    requests: [],
    duplicates: () => [...server.counts.effects].filter(([, times]) => times > 1).map(([id]) => id),
    sends: token => server.counts.byToken.get(token) ?? 0,
    hold(matches = () => true) {
      const made = gate()
      holds.push({ gate: made, matches })
      return made
    },
    respond: undefined,
    reset() {
      server.counts.requests = 0
      server.counts.status = {}
      server.counts.byToken.clear()
      server.counts.effects.clear()
      server.requests.length = 0
    },
  }
  return server
}
