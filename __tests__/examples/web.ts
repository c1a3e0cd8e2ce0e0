import { randomBytes } from 'node:crypto'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebApplication, WebRequest, WebResponse } from '../../examples/web-application.js'

/** As much of Express as the example needs, with a cookie that leads to the visitor's session. */
export function webApplication(): WebApplication & { listen(): Promise<string>; stop(): Promise<void> } {
  type Handler = (request: WebRequest, response: WebResponse) => Promise<unknown>
  const routes = new Map<string, Handler>()
  const sessions = new Map<string, WebRequest['session']>()
  const server = http.createServer(async (request, response) => {
    const { url = '/' } = request
    const known = sessions.get(/sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '')
    const session = known ?? { id: randomBytes(8).toString('hex') }
    sessions.set(session.id, session)
    const answer: WebResponse = {
      redirect: to => response.writeHead(302, { location: to }).end(),
      status(code) {
        response.statusCode = code
        return answer
      },
      json(value) {
        response.setHeader('content-type', 'application/json')
        return response.end(JSON.stringify(value))
      },
    }
    if (!known) response.setHeader('set-cookie', `sid=${session.id}`)
    try {
      await routes.get(url.replace(/\?.*/, ''))?.({ url, session }, answer)
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  return {
    get: (path, handler) => routes.set(path, handler),
    listen: () =>
      new Promise(resolve =>
        server.listen(0, '127.0.0.1', () =>
          resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
        ),
      ),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A visitor's browser: keeps one cookie, follows no redirect. */
export function visitor(
  base: string,
): (path: string) => Promise<{ status: number; location: string; body: unknown }> {
  let cookie = ''
  return path =>
    new Promise((resolve, reject) => {
      http
        .get(new URL(path, base), { headers: { cookie } }, response => {
          cookie = response.headers['set-cookie']?.[0] ?? cookie
          let text = ''
          response.setEncoding('utf8')
          response.on('data', chunk => {
            text += chunk
          })
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              location: response.headers.location ?? '',
              body: text && JSON.parse(text),
            }),
          )
        })
        .on('error', reject)
    })
}
