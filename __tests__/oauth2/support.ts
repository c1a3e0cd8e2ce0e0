import { webcrypto } from 'node:crypto'
import * as http from 'node:http'
import { OAuthError } from '../../src/errors.js'
import type { EndpointContext, Send, ServerRequest, ServerResponse } from '../../src/server/call.js'
import { bearer } from '../../src/token-types/bearer.js'

// Node 18 has no global one, and oauth4webapi knows no other
if (!globalThis.crypto) Object.defineProperty(globalThis, 'crypto', { value: webcrypto, configurable: true })

/** Where the tests' time stands still, in seconds. */
export const NOW = 1_800_000_000

/** An answer of the authorization server; an object is sent as JSON. */
export function answer(
  status: number,
  body: unknown = '',
  headers: Record<string, string> = {},
): ServerResponse {
  return {
    status,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    header: name => headers[name.toLowerCase()],
  }
}

/**
 * What `callEndpoint` needs, with a transport that answers from `answers` (the last one again and again) and
 * keeps what was sent.
 */
export function scripted(
  answers: ServerResponse[] = [answer(200, {})],
  overrides: Partial<EndpointContext> = {},
): EndpointContext & { sent: ServerRequest[] } {
  const sent: ServerRequest[] = []
  return {
    server: {
      issuer: 'https://as.example',
      authorization_endpoint: 'https://as.example/authorize',
      token_endpoint: 'https://as.example/token',
      revocation_endpoint: 'https://as.example/revoke',
      introspection_endpoint: 'https://as.example/introspect',
    },
    client: { client_id: 'app' },
    clock: () => NOW,
    random: bytes => Uint8Array.from({ length: bytes }, (_, at) => at + sent.length),
    crypto: globalThis.crypto,
    tokenType: bearer(),
    send: async request => {
      sent.push(request)
      return answers[Math.min(sent.length, answers.length) - 1] as ServerResponse
    },
    ...overrides,
    sent,
  }
}

/** The error that `run` throws or rejects with; fails the test when there is none. */
export async function errorOf(run: () => unknown): Promise<OAuthError> {
  try {
    await run()
  } catch (error) {
    expect(error).toBeInstanceOf(OAuthError)
    return error as OAuthError
  }
  throw new Error('nothing was thrown')
}

/** A transport over a real socket. */
export const nodeSend: Send = request =>
  new Promise((resolve, reject) => {
    const call = http.request(request.url, { method: request.method, headers: request.headers }, response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body,
          header: name => [response.headers[name.toLowerCase()]].flat().join(', ') || undefined,
        }),
      )
    })
    call.on('error', () => reject(new OAuthError('OAUTH_SERVER_UNAVAILABLE', 'No answer')))
    call.end(request.method === 'GET' ? undefined : request.body.toString())
  })
