import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen, type RunningServer, readBody } from '../servers/http'
import { type Secrets, type Verdict, verify } from './verifier'

/** One request as it arrived, and what the verifier says of it. */
export interface Arrival extends Verdict {
  method: string
  target: string
  headers: IncomingMessage['headers']
  body: Buffer
}

export type Answer = (arrival: Arrival, response: ServerResponse, count: number) => void

export const client = { key: 'dpf43f3p2l4k3l03', secret: 'kd94hf93k423kf44' }
export const token = { oauth_token: 'nnch734d00sl2jdk', oauth_token_secret: 'pfkkdhi9sl3r4s00' }

/** A server that verifies what arrives, keeps it, and answers as it is told; 200 by default. */
export async function verifyingServer(
  secrets: Secrets = { client: client.secret, token: token.oauth_token_secret },
): Promise<RunningServer & { arrivals: Arrival[]; answer: Answer | undefined }> {
  const arrivals: Arrival[] = []
  const seen = new Set<string>()
  const server = await listen(async (request, response) => {
    const body = await readBody(request)
    const arrival = {
      ...verify(request, body, secrets, seen),
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
      body,
    }
    arrivals.push(arrival)
    const { answer } = world
    if (answer) answer(arrival, response, arrivals.length)
    if (!response.writableEnded) response.end('ok')
  })
  const world = Object.assign(server, { arrivals, answer: undefined as Answer | undefined })
  return world
}
