import { createHash, randomBytes } from 'node:crypto'
import axios from 'axios'
import * as jose from 'jose'
import { dpop } from '../../src/dpop.js'
import { attachOAuth2, createOAuth2Session, saveToken } from '../../src/index.js'
import { listen, type RunningServer } from '../servers/http.js'

/**
 * An API that checks every proof as RFC 9449 4.3 wants it, and gives out a new nonce after so many requests.
 */
async function startDPoPApi({ every, window }: { every: number; window: number }) {
  const nonces: string[] = [randomBytes(8).toString('base64url')]
  const jtis = new Set<string>()
  const counts = { requests: 0, ok: 0, nonce: 0, replayed: 0, sends: new Map<string, number>() }
  const problems: string[] = []
  let url = ''
  const server: RunningServer = await listen(async (request, response) => {
    counts.requests++
    const path = `${request.url}`
    counts.sends.set(path, (counts.sends.get(path) ?? 0) + 1)
    if (counts.requests % every === 0) nonces.push(randomBytes(8).toString('base64url'))
    const proof = `${request.headers.dpop}`
    const token = /^DPoP (.+)$/.exec(`${request.headers.authorization}`)?.[1] ?? ''
    // judged when it arrives: while one proof is verified, the others that arrive must not use up its nonce
    const isFresh = nonces.slice(-window).includes(`${jose.decodeJwt(proof).nonce}`)
    const { payload } = await jose.jwtVerify(proof, jose.EmbeddedJWK, { typ: 'dpop+jwt' })
    if (payload.htm !== request.method || payload.htu !== url + path.split('?')[0])
      problems.push(`htu ${payload.htu}`)
    if (payload.ath !== createHash('sha256').update(token).digest('base64url')) problems.push('ath')
    if (jtis.has(`${payload.jti}`)) counts.replayed++
    jtis.add(`${payload.jti}`)
    response.setHeader('DPoP-Nonce', nonces.at(-1) as string)
    if (!isFresh) {
      counts.nonce++
      response.setHeader(
        'WWW-Authenticate',
        'DPoP error="use_dpop_nonce", error_description="Resource server requires nonce"',
      )
      response.writeHead(401).end()
      return
    }
    counts.ok++
    response.end('{}')
  })
  url = server.url
  return { url, counts, problems, nonces, stop: () => server.stop() }
}

// 200 signatures take their time on a busy machine
jest.setTimeout(60_000)

async function storm(how: 'at once' | 'one by one', nonces: { every: number; window: number }) {
  const api = await startDPoPApi(nonces)
  let renewals = 0
  const session = createOAuth2Session({
    server: { token_endpoint: 'https://as.example/token' },
    client: { client_id: 'app' },
    tokenType: dpop(),
    grant: async () => {
      renewals++
      return { access_token: `a${renewals}`, token_type: 'DPoP' }
    },
  })
  await saveToken(session, { access_token: 'a0', token_type: 'DPoP' })
  const http = axios.create({ baseURL: api.url })
  attachOAuth2(http, session)
  let failures = 0
  const one = (id: number) =>
    http.get(`/x${id}?q`).catch(() => {
      failures++
    })
  if (how === 'at once') await Promise.all(Array.from({ length: 200 }, (_, id) => one(id)))
  else for (let id = 0; id < 200; id++) await one(id)
  await api.stop()
  return { ...api, renewals, failures }
}

test('200 requests at once, another nonce after every 5: none fails, no proof is seen twice, two more sends each at most', async () => {
  const { counts, failures, renewals, problems, nonces } = await storm('at once', { every: 5, window: 20 })
  expect({ failures, renewals, problems, replayed: counts.replayed, ok: counts.ok }).toEqual({
    failures: 0,
    renewals: 0,
    problems: [],
    replayed: 0,
    ok: 200,
  })
  expect(nonces.length).toBeGreaterThan(40)
  // the second send of all of them together may use up as many nonces as the API remembers
  expect(Math.max(...counts.sends.values())).toBeLessThanOrEqual(3)
})

test('200 requests one by one, only the newest nonce is good: one more send for each change of it', async () => {
  const { counts, failures, renewals, problems, nonces } = await storm('one by one', { every: 5, window: 1 })
  expect({ failures, renewals, problems, replayed: counts.replayed, ok: counts.ok }).toEqual({
    failures: 0,
    renewals: 0,
    problems: [],
    replayed: 0,
    ok: 200,
  })
  expect(counts.requests - 200).toBeLessThanOrEqual(nonces.length)
  expect(Math.max(...counts.sends.values())).toBe(2)
})
