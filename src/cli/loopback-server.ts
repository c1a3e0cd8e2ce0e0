import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { parseAuthorizationResponse } from '../authorization/response.js'
import { oauthError } from '../errors.js'
import { sendPage } from './page.js'

/** The address on which the program waits for the callback. */
export interface LoopbackOptions {
  /** Default: any free port. Set it for servers that compare the port too, though they should not. */
  port?: number
  /** Default `/callback`. */
  path?: string
  /** Default `127.0.0.1`. A name such as `localhost` may resolve elsewhere, so names are not allowed. */
  host?: '127.0.0.1' | '[::1]'
}

/** A received callback; its taker must answer the browser. */
export interface Callback {
  parameters: Record<string, string>
  answer(name: 'success' | 'failure'): Promise<void>
}

/** The expected callback. */
export interface Expectation {
  /** True if the response comes as a form (`response_mode=form_post`). */
  asForm: boolean
  /**
   * Returns the parameters if this is the response to this sign-in; otherwise `undefined` or an error, and
   * the wait goes on.
   */
  judge(parameters: Record<string, string>): Promise<Record<string, string> | undefined>
  take(callback: Callback): void
}

/** A server that waits for one callback. */
export interface LoopbackServer {
  readonly redirect_uri: string
  /** Every request is refused before this call, and after one callback was taken. */
  expect(expectation: Expectation): void
  close(): void
}

/** The largest form, in bytes. */
const MAX_FORM_BYTES = 65_536

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
function checkPlace({ path, host }: { path: string; host: string }): void {
  if (!/^(127\.0\.0\.1|\[::1\])$/.test(host)) throw oauthError('OAUTH_INVALID_OPTION', 'loopbackHost')
  const { pathname } = new URL(`http://${host}${path.replace(/^(?!\/)/, '/')}`)
  if (pathname !== path) throw oauthError('OAUTH_INVALID_OPTION', 'loopbackPath')
}

/** @throws OAuthError `OAUTH_INVALID_OPTION` when the address cannot be used */
function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        oauthError('OAUTH_INVALID_OPTION', 'loopbackPort', {
          address: `${host}:${port}`,
          problem: error.code,
        }),
      )
    })
    // Without `exclusive`, the workers of a cluster would share the port and each other's callbacks.
    server.listen({ port, host: host.replace(/[[\]]/g, ''), exclusive: true }, () =>
      resolve((server.address() as AddressInfo).port),
    )
  })
}

/** The form in a request's body; `undefined` if it is not a form, or too long. */
async function readForm(request: IncomingMessage): Promise<string | undefined> {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(request.headers['content-type'] ?? ''))
    return undefined
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > MAX_FORM_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/**
 * Listens on loopback for the response to one sign-in. Every page in a browser can send requests to this
 * port, so anything but that response is refused and changes nothing: another path, method or Host (DNS
 * rebinding), a wrong `state`, a second callback.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3
 */
export async function startLoopbackServer({
  port = 0,
  path = '/callback',
  host = '127.0.0.1',
}: LoopbackOptions = {}): Promise<LoopbackServer> {
  checkPlace({ path, host })
  let expected: Expectation | undefined

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', method, headers } = request
    const [place, ...queries] = url.split('?')
    if (place !== path) return sendPage(response, 'absent')
    const isRight = headers.host === authority && method === (expected?.asForm ? 'POST' : 'GET')
    const text = isRight && expected && (expected.asForm ? await readForm(request) : queries.join('?'))
    if (typeof text !== 'string') return sendPage(response, 'foreign')
    const found = await expected?.judge(parseAuthorizationResponse(new URLSearchParams(text)))
    // Another callback may have been taken while this one was judged.
    const { take } = expected ?? {}
    if (!found || !take) return sendPage(response, 'foreign')
    expected = undefined
    take({
      parameters: found,
      answer: name => sendPage(response, name),
    })
  }

  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    handle(request, response).catch(() => sendPage(response, 'foreign'))
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const redirect = new URL(`http://${host}:${await listen(server, port, host)}${path}`)
  const authority = redirect.host
  return {
    redirect_uri: redirect.href,
    expect(expectation) {
      expected = expectation
    },
    close() {
      expected = undefined
      server.close()
      // Browsers keep spare connections open, which would delay the end; the answered one has its page
      // already.
      for (const socket of sockets) socket.destroy()
    },
  }
}
