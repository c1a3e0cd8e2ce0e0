import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'

/** One request as it came over the socket. */
export interface Seen {
  method: string
  url: string
  headers: http.IncomingHttpHeaders
  body: string
}

/** A loopback server that keeps what it saw. */
export interface TestServer {
  origin: string
  port: number
  seen: Seen[]
  /** The `Authorization` headers in order; `undefined` for a request without one. */
  authorizations(): (string | undefined)[]
  /** Cuts all connections. */
  hangUp(): void
  close(): Promise<void>
}

type Answer = { status?: number; headers?: Record<string, string>; body?: string | Buffer }

/** Starts a server on 127.0.0.1; `answer` is called once the body is read. */
export async function listen(
  answer: (request: Seen, index: number) => Answer | Promise<Answer>,
  tls?: https.ServerOptions,
): Promise<TestServer> {
  const seen: Seen[] = []
  const listener: http.RequestListener = async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return // the client went away
    }
    const one: Seen = {
      method: request.method as string,
      url: request.url as string,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    }
    seen.push(one)
    const {
      status = 200,
      headers = { 'content-type': 'application/json' },
      body = '{}',
    } = await answer(one, seen.length - 1)
    response.writeHead(status, headers)
    response.end(body)
  }
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener)
  // a test that fails before it closes its server must not keep the process
  server.unref().on('connection', socket => socket.unref())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http${tls ? 's' : ''}://127.0.0.1:${port}`,
    port,
    seen,
    authorizations: () => seen.map(({ headers }) => headers.authorization),
    hangUp: () => server.closeAllConnections(),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
