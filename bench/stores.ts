/**
 * What a token costs that is there already: `await session.token()` against an awaited `Map.get`, for every
 * store. A session remembers what it read, so all stores cost the same and none is asked again within
 * `recheck`. Prints percentiles as ratios.
 */
import 'fake-indexeddb/auto'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startRedis } from '../__tests__/stores/redis-server.js'
import {
  createOAuth2Session,
  defineStore,
  memoryStore,
  saveToken,
  type TokenStore,
  webStorageStore,
} from '../src/index.js'
import { inProcessLock } from '../src/locks/in-process.js'
import { fileStore } from '../src/stores/file.js'
import { indexedDbStore } from '../src/stores/indexed-db.js'
import { redisStore } from '../src/stores/redis.js'

/** The most that a token from memory may cost, in awaited `Map.get`s (median). */
const LIMIT = 3
const SAMPLES = 400
const PER_SAMPLE = 500

/** A `Storage` like a page has one. */
function storage(): Storage {
  const items = new Map<string, string>()
  return {
    get length() {
      return items.size
    },
    clear: () => items.clear(),
    key: index => [...items.keys()][index] ?? null,
    getItem: key => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: key => void items.delete(key),
  }
}

// a page has them; nobody changes the storage here
globalThis.addEventListener ??= () => {}
globalThis.removeEventListener ??= () => {}

/** Counts the reads of a store. */
function counted(inner: TokenStore): { store: TokenStore; reads(): number } {
  let reads = 0
  const store = defineStore({
    ...inner,
    get(key) {
      reads++
      return inner.get(key)
    },
  })
  return { store, reads: () => reads }
}

async function time(body: () => Promise<void>): Promise<number> {
  const began = process.hrtime.bigint()
  await body()
  return Number(process.hrtime.bigint() - began) / PER_SAMPLE
}

const at = (sorted: number[], share: number) => sorted[Math.floor(sorted.length * share)] as number

async function measure(name: string, inner: TokenStore, limit?: number): Promise<void> {
  const { store, reads } = counted(inner)
  const session = createOAuth2Session({
    server: { token_endpoint: 'https://as.example.com/token' },
    client: { client_id: 'bench' },
    store,
    key: 'me',
  })
  await saveToken(session, { access_token: 'a', refresh_token: 'r', expires_in: 3600 })
  await session.token()
  const before = reads()
  const map = new Map([['me', { access_token: 'a' }]])
  const mine = async () => {
    for (let count = 0; count < PER_SAMPLE; count++) await session.token()
  }
  const theirs = async () => {
    for (let count = 0; count < PER_SAMPLE; count++) await map.get('me')
  }
  for (let count = 0; count < 20; count++) {
    await mine()
    await theirs()
  }
  const [ours, base]: [number[], number[]] = [[], []]
  for (let count = 0; count < SAMPLES; count++) {
    // who comes first changes, so that neither gains by it
    if (count % 2) base.push(await time(theirs))
    ours.push(await time(mine))
    if (count % 2 === 0) base.push(await time(theirs))
  }
  for (const list of [ours, base]) list.sort((one, other) => one - other)
  // the median of the other: its slowest percent is noise of the machine
  const ratios = [0.5, 0.9, 0.99].map(share => at(ours, share) / at(base, 0.5))
  const asked = reads() - before
  const [median = 0, p90 = 0, p99 = 0] = ratios
  console.log(
    `${name.padEnd(12)} p50 ${median.toFixed(2)}  p90 ${p90.toFixed(2)}  p99 ${p99.toFixed(2)}  × an awaited Map.get ` +
      `(${at(base, 0.5).toFixed(0)} ns); ${asked} reads of the medium`,
  )
  if (asked > 0) fail(`${name} was read ${asked} times`)
  if (limit !== undefined && median > limit) fail(`${name} costs more than ${limit} awaited Map.get`)
  await session.close()
}

function fail(text: string): void {
  console.error(`MISSED: ${text}`)
  process.exitCode = 1
}

const directory = mkdtempSync(join(tmpdir(), 'oauth-bench-'))
await measure('memory', memoryStore(), LIMIT)
await measure('web storage', webStorageStore(storage(), { lock: inProcessLock() }))
await measure('IndexedDB', indexedDbStore({ lock: inProcessLock() }))
await measure('file', fileStore(directory))
rmSync(directory, { recursive: true, force: true })
if (spawnSync('redis-server', ['--version']).status === 0) {
  const server = await startRedis()
  const client = new Redis({ port: server.port, host: '127.0.0.1' })
  await measure('Redis', redisStore(client))
  client.disconnect()
  await server.close()
} else console.log('Redis        left out: redis-server is missing (apt-get install redis-server)')
