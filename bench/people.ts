/**
 * A server that 100 000 people visit in a day, one after the other: their sessions are let go an hour after
 * they left, so that what the registry holds is what an hour brings, and each finds the sign-in again in the
 * store. Run with --expose-gc; `PEOPLE` sets another number.
 */
import { memoryStore } from '../src/index.js'
import { createRegistry } from '../src/registry.js'
import { heap } from './support/heap.js'

const PEOPLE = Number(process.env.PEOPLE ?? 100_000)
const DAY = 86_400
const IDLE = 3600
/** Milliseconds that a visit may take, and megabytes that all of them may leave. */
const [LIMIT, ROOM] = [1, 10]

let now = Math.floor(Date.now() / 1000)
const store = memoryStore()
const registry = createRegistry({
  clients: {
    orders: {
      server: { issuer: 'https://as.example.com', token_endpoint: 'https://as.example.com/token' },
      client: { client_id: 'bench' },
    },
  },
  store,
  environment: {},
  idle: IDLE,
  clock: () => now,
})
for (let person = 0; person < PEOPLE; person++)
  await store.set(`orders/${person}`, {
    v: 1,
    grantId: `grant-${person}`,
    version: 1,
    issuer: 'https://as.example.com',
    client_id: 'bench',
    refresh_token: `refresh-${person}`,
    tokens: { '': { access_token: `access-${person}`, token_type: 'Bearer' } },
  })

const before = await heap()
let most = 0
let wrong = 0
const began = performance.now()
for (let person = 0; person < PEOPLE; person++) {
  const session = registry.session('orders', { user: `${person}` })
  const { access_token } = await session.token()
  if (access_token !== `access-${person}`) wrong++
  if (person % 100 === 0) most = Math.max(most, registry.sessions().length)
  now += DAY / PEOPLE
}
const each = (performance.now() - began) / PEOPLE
const grown = ((await heap()) - before) / 1e6
const hour = Math.ceil((PEOPLE * IDLE) / DAY) + 1
now += IDLE
registry.session('orders', { user: 'the last' })
const left = registry.sessions().length
console.log(
  `${PEOPLE} people in a day: ${most} sessions held at most (an hour brings ${hour}), ${left} after an idle hour, ` +
    `${each.toFixed(3)} ms for each, ${wrong} wrong tokens; the heap has ${grown.toFixed(1)} MB more`,
)
if (most > hour || left !== 1 || wrong > 0 || each > LIMIT || grown > ROOM) {
  console.error(
    `MISSED: what an hour brings, none but the last after it, no wrong token, ${LIMIT} ms, ${ROOM} MB`,
  )
  process.exitCode = 1
}
