import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOAuth2Session, type OAuth2Session, saveToken } from '../../src/index.js'

/**
 * An API behind the document, with a token endpoint; it refuses every token but the one that a refresh gives.
 */
export interface World {
  url: string
  session: OAuth2Session
  /** What arrived: method, path, token, body. */
  log: string[]
  stop(): Promise<void>
}

/**
 * Starts the API on a loopback socket, and a session whose token the API refuses: the first request renews
 * it.
 */
export async function startWorld(): Promise<World> {
  const log: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url, headers } = request
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (url === '/token') {
      log.push(`${method} /token`)
      return answer(200, {
        access_token: 'new',
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: 'next',
      })
    }
    log.push([method, url, headers.authorization ?? '-', body].join(' ').trim())
    if (url === '/status' || url === '/version') return answer(200, { ok: true, version: '1' })
    if (headers.authorization !== 'Bearer new') return answer(401, {})
    return answer(200, url === '/orders' ? JSON.parse(body) : { name: 'Anna', sub: 'anna' })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const session = createOAuth2Session({
    server: { token_endpoint: `${url}/token` },
    client: { client_id: 'app' },
  })
  await saveToken(session, { access_token: 'old', expires_in: 3600, refresh_token: 'first' })
  return {
    url,
    session,
    log,
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
