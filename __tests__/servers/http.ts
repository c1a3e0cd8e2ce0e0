import * as http from 'node:http'
import type { AddressInfo } from 'node:net'

/** A running `node:http` server on loopback. */
export interface RunningServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  /** Connections accepted since the start. */
  readonly connections: number
  /** Closes the server and every connection, also those that wait for an answer. */
  stop(): Promise<void>
}

/** Starts a server on a free port of 127.0.0.1. An exception of `handle` becomes a 500 that names it. */
export async function listen(
  handle: (request: http.IncomingMessage, response: http.ServerResponse) => void | Promise<void>,
  { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {},
): Promise<RunningServer> {
  const sockets = new Set<import('node:net').Socket>()
  let connections = 0
  const server = http.createServer((request, response) => {
    Promise.resolve()
      .then(() => handle(request, response))
      .catch((error: unknown) => {
        if (response.destroyed) return
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
        response.end(`test server failed: ${String(error)}`)
      })
  })
  server.on('connection', socket => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // A storm opens a thousand connections at once: the default backlog of 511 would drop some
    server.listen({ port, host, backlog: 20_000 }, resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    get connections() {
      return connections
    },
    stop() {
      for (const socket of sockets) socket.destroy()
      return new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

/** Reads a request's body whole. */
export async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Answers with JSON. */
export function json(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
  response.end(JSON.stringify(body))
}
