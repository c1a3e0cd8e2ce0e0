import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { Redis } from 'ioredis'
import type { Lock } from '../../src/session/stored-grant.js'
import { lockContract } from '../contracts/jest.js'
import { hasRedis, type RedisServer, startRedis } from '../stores/redis-server.js'
import { optional } from '../support/optional.js'

/** The locks that docs/stores.md shows are run as they stand there. */
function documented(name: string): (medium: unknown) => Lock {
  const text = readFileSync(join(__dirname, '../../docs/stores.md'), 'utf8')
  const block = text.split('```ts\n').find(block => block.includes(`export function ${name}(`))
  const { code } = transformSync(block?.split('\n```')[0] ?? '', { loader: 'ts', format: 'cjs' })
  const module = { exports: {} as Record<string, (medium: unknown) => Lock> }
  new Function('module', 'exports', 'require', code)(module, module.exports, require)
  return module.exports[name] as (medium: unknown) => Lock
}

optional(
  'redis-server',
  hasRedis,
  'apt-get install redis-server',
)('the documented lock of redis-semaphore', () => {
  let server: RedisServer
  let redis: Redis
  beforeAll(async () => {
    server = await startRedis()
    redis = new Redis(server.port, '127.0.0.1')
  })
  afterAll(async () => {
    redis.disconnect()
    await server.close()
  })
  lockContract('semaphoreLock', async () => {
    await redis.flushall()
    return { lock: documented('semaphoreLock')(redis), lease: 60 }
  })
})

describe('the documented advisory lock', () => {
  /** PostgreSQL's advisory locks: each belongs to a connection, and may be taken again by it. */
  function pool() {
    const held = new Map<unknown, object>()
    const returned: boolean[] = []
    const connect = async () => {
      const connection = {
        async query(text: string, [name]: unknown[]) {
          const mine = held.get(name) === connection
          if (text.includes('pg_try_advisory_lock')) {
            if (held.has(name) && !mine) return { rows: [{ done: false }] }
            held.set(name, connection)
            return { rows: [{ done: true }] }
          }
          if (mine) held.delete(name)
          return { rows: [{ done: mine }] }
        },
        on: () => {},
        off: () => {},
        release: (destroy: boolean) => void returned.push(destroy),
      }
      return connection
    }
    return { connect, returned }
  }

  lockContract('advisoryLock', () => {
    const shared = pool()
    return { lock: documented('advisoryLock')(shared), other: documented('advisoryLock')(shared), lease: 60 }
  })

  it('does not put a connection back that may still hold the lock', async () => {
    const shared = pool()
    const dying = {
      ...shared,
      connect: async () => {
        const connection = await shared.connect()
        const { query } = connection
        let asked = 0
        connection.query = (...args) => (asked++ ? Promise.reject(new Error('gone')) : query(...args))
        return connection
      },
    }
    expect(await documented('advisoryLock')(dying)('name', async () => 1)).toBe(1)
    expect(shared.returned).toEqual([true])
  })

  it('gives every connection back, whole ones only', async () => {
    const shared = pool()
    const lock = documented('advisoryLock')(shared)
    await lock('name', async () => {})
    await lock('name', () => Promise.reject(new Error('inside'))).catch(() => {})
    await lock('name', () => lock('name', async () => {}, { maxWait: 0.1 })).catch(() => {})
    expect(shared.returned).toEqual([false, false, false, false])
  })
})
