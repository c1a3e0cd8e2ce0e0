import * as http from 'node:http'
import { createOAuth2Session, type OAuth2Session } from '../../src/index'
import type { AuthorizationServer } from '../servers/authorization-server'

/** What came back for a request that a browser, or somebody else, sent. */
export interface Page {
  status: number
  headers: http.IncomingHttpHeaders
  body: string
}

/** Sends one request with exactly these headers and this target. */
export function send(
  url: string,
  options: http.RequestOptions & { form?: string; target?: string } = {},
): Promise<Page> {
  const { form, target, ...more } = options
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { agent: false, ...more, ...(target && { path: target }) },
      response => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          body += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        )
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(form)
  })
}

/** Why nothing answers at this address; `undefined` when something does. */
export const refusal = (url: string): Promise<string | undefined> =>
  send(url).then(
    () => undefined,
    (error: { code: string }) => error.code,
  )

/** Waits until `holds`, a turn of the loop at a time. */
export async function until(holds: () => unknown): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve))
}

/** A program's session at this server. */
export const sessionAt = (auth: AuthorizationServer, more: object = {}): OAuth2Session =>
  createOAuth2Session({ server: { ...auth.metadata, ...more }, client: { client_id: 'app' } })

/** A timer that a test sets off: a wait ends when it is told so, or is given up. */
export function manualTimer() {
  const waits: Array<{ seconds: number; end: () => void; isOver: boolean }> = []
  const sleep = (seconds: number, signal?: AbortSignal) =>
    new Promise<void>(resolve => {
      const wait = {
        seconds,
        isOver: false,
        end() {
          wait.isOver = true
          resolve()
        },
      }
      waits.push(wait)
      signal?.addEventListener('abort', wait.end)
    })
  return { waits, sleep }
}
