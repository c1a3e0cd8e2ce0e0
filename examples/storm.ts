/**
 * A hundred requests around one renewal, over real sockets: 60 are refused with a 401, 25 start during the
 * renewal, 15 afterwards. Prints the records of the inspector as JSON, with the counts of both servers. `npm
 * run readme` draws the picture of README.md from it: node --import ./tools/register.mjs examples/storm.ts
 */
import axios from 'axios'
import { attachOAuth2, createOAuth2Session, saveToken } from 'axios-oauth-interceptor'
import { createInspector } from 'axios-oauth-interceptor/inspector'
import { startAuthorizationServer } from '../__tests__/servers/authorization-server.js'
import { startResourceServer } from '../__tests__/servers/resource-server.js'

const TOKEN_LATENCY = 60

/**
 * The API answers after 20 to 110 ms, the same for an order each time, so that some 401s arrive after the
 * renewal.
 */
const latencyOf = (order: number) => 20 + ((order * 37) % 90)
const pause = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds))

const auth = await startAuthorizationServer()
const server = await startResourceServer({
  async accepts(token, { body }) {
    const isActive = auth.isActive(token)
    await pause(latencyOf(JSON.parse(body.toString()).id))
    return isActive
  },
})
const session = createOAuth2Session({ server: auth.metadata, client: { client_id: 'app' } })
const api = axios.create({ baseURL: server.url })
attachOAuth2(api, session)
await saveToken(session, auth.issue())
auth.revokeAccessTokens()

const orders = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => api.post('/orders', { id: from + index }))
let duringRenewal: Promise<unknown>[] = []
auth.latency = async () => {
  await pause(TOKEN_LATENCY / 2)
  duringRenewal = orders(60, 25)
  await pause(TOKEN_LATENCY / 2)
}

const inspector = createInspector(session)
const refused = orders(0, 60)
await Promise.race(refused)
const afterwards = orders(85, 15)
await Promise.all([...refused, ...duringRenewal, ...afterwards])
inspector.stop()

const { requests, renewals } = inspector.timeline()
const facts = {
  requests: requests.length,
  succeeded: requests.filter(({ status }) => status === 200).length,
  refused: server.counts.status[401] ?? 0,
  sentAgain: requests.filter(({ sends }) => sends.length === 2).length,
  renewals: renewals.length,
  tokenRequests: auth.counts.token,
  ordersPlacedTwice: server.duplicates().length,
}
process.stdout.write(JSON.stringify({ facts, requests, renewals }))
await session.close()
await server.stop()
await auth.stop()
