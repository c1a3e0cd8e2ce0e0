/**
 * A server with many users: 100 000 sessions over one store. An idle session, its token read, takes at most a
 * kilobyte more than its record, keeps no timer and listens to nobody. Run with --expose-gc; `SESSIONS` sets
 * another number.
 */
import { createOAuth2Session, defineStore, memoryStore, type OAuth2Session } from '../src/index.js'
import { heap } from './support/heap.js'

const SESSIONS = Number(process.env.SESSIONS ?? 100_000)
/** Bytes over the record. */
const LIMIT = 1024

const inner = memoryStore()

const store = defineStore({
  ...inner,
  get: key => inner.get(key),
  set: (key, next) => inner.set(key, next),
})
const record = (user: number) => ({
  v: 1 as const,
  grantId: `grant-${user}`,
  version: 1,
  issuer: 'https://as.example.com',
  client_id: 'bench',
  refresh_token: `refresh-${user}-`.padEnd(64, 'x'),
  tokens: {
    '': {
      access_token: `access-${user}-`.padEnd(128, 'x'),
      token_type: 'Bearer',
      expires_in: 3600,
      expires_at: Math.floor(Date.now() / 1000) + 3600,
    },
  },
})
for (let user = 0; user < SESSIONS; user++) await store.set(`user-${user}`, record(user))

// what a record takes in memory, which is more than its text
const records: unknown[] = []
const bare = await heap()
for (let user = 0; user < SESSIONS; user++) records.push(await store.get(`user-${user}`))
const size = ((await heap()) - bare) / SESSIONS
records.length = 0

const server = { issuer: 'https://as.example.com', token_endpoint: 'https://as.example.com/token' }
const client = { client_id: 'bench' }
const sessions: OAuth2Session[] = []
const timersBefore = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
const emitter = process.eventNames().length
const before = await heap()
for (let user = 0; user < SESSIONS; user++) {
  const session = createOAuth2Session({ server, client, store, key: `user-${user}` })
  await session.token()
  sessions.push(session)
}
const after = await heap()
const timers = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length - timersBefore
const listeners = process.eventNames().length - emitter
const each = (after - before) / SESSIONS
console.log(
  `${sessions.length} idle sessions: ${each.toFixed(0)} bytes each, ${(each - size).toFixed(0)} over a record of ${size.toFixed(0)} bytes; ` +
    `${timers} timers, ${listeners} listeners`,
)
if (each - size > LIMIT || timers > 0 || listeners > 0) {
  console.error(`MISSED: at most ${LIMIT} bytes over the record, no timers, no listeners`)
  process.exitCode = 1
}
