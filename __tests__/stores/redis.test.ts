import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { redisLock } from '../../src/locks/redis.js'
import { redisCommands } from '../../src/locks/redis-commands.js'
import { redisStore } from '../../src/stores/redis.js'
import { must } from '../contracts/case.js'
import { storeContract } from '../contracts/jest.js'
import { sampleGrant } from '../contracts/store.js'
import { optional } from '../support/optional.js'
import { type Connection, clients } from './redis-clients.js'
import { hasRedis, type RedisServer, startRedis } from './redis-server.js'

optional(
  'redis-server',
  hasRedis,
  'apt-get install redis-server',
)('redisStore on a real server', () => {
  let server: RedisServer
  const connections: Connection[] = []
  const connect = async (kind: string) => {
    const connection = await clients[kind]!(server.port)
    connections.push(connection)
    return connection.client
  }
  /** Any command on one key. */
  const raw = async (command: string, key: string, ...args: string[]) =>
    redisCommands(await connect('ioredis'), 5).run(
      `return redis.call('${command}', KEYS[1], unpack(ARGV))`,
      key,
      ...args,
    )

  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    for (const { close } of connections) await close()
    await server.close()
  })

  for (const kind of Object.keys(clients)) {
    let run = 0
    const options = () => ({ prefix: `${kind}-${++run}:` })
    storeContract(`redisStore(${kind})`, async () => {
      const { prefix } = options()
      const [one, two, subscriber] = await Promise.all([connect(kind), connect(kind), connect(kind)])
      return { store: redisStore(one, { prefix, subscriber }), other: redisStore(two, { prefix }) }
    })

    it(`hears with ${kind} what the other client wrote or deleted, and nothing of its own`, async () => {
      const { prefix } = options()
      const otherKind = Object.keys(clients).find(name => name !== kind) ?? ''
      const [one, two, subscriber] = await Promise.all([connect(kind), connect(otherKind), connect(kind)])
      const [store, other] = [redisStore(one, { prefix, subscriber }), redisStore(two, { prefix })]
      let told = 0
      const end = store.subscribe?.('key', () => told++)
      for (let version = 1; !told; version++) {
        await other.set('key', sampleGrant(version))
        await new Promise(resolve => setTimeout(resolve, 10))
      }
      const before = told
      await store.set('key', sampleGrant(1000))
      await store.delete('key')
      await new Promise(resolve => setTimeout(resolve, 50))
      expect(told).toBe(before)
      await other.delete('key')
      while (told === before) await new Promise(resolve => setTimeout(resolve, 5))
      end?.()
    })

    it(`loses nothing with ${kind} while the server is stopped and started, and fails only then`, async () => {
      const { prefix } = options()
      const [one, two] = await Promise.all([connect(kind), connect(kind)])
      // an answer that was lost with the connection leaves a lock behind, for one lease
      const stores = [one, two].map(client =>
        redisStore(client, {
          prefix,
          timeout: 0.3,
          lock: redisLock(client, { prefix: `${prefix}lock:`, lease: 1, timeout: 0.3 }),
        }),
      )
      let up = true
      let working = true
      const count = { written: 0, failedDown: 0, failedUp: 0 }
      let acknowledged = 0
      const workers = stores.map(async store => {
        while (working) {
          const wasUp = up
          try {
            await store.lock?.('key', async () => {
              const version = ((await store.get('key'))?.version ?? 0) + 1
              must(version > acknowledged, `version ${acknowledged} was acknowledged and is gone`)
              if ((await store.set('key', sampleGrant(version))) === false) return
              acknowledged = version
              count.written++
            })
          } catch (error) {
            const { code } = error as { code?: string }
            must(/^OAUTH_(STORE_(READ|WRITE)|LOCK_TIMEOUT)$/.test(code ?? ''), inspect(error))
            if (up && wasUp) count.failedUp++
            else count.failedDown++
          }
          await new Promise(resolve => setTimeout(resolve, 5))
        }
      })
      const working500 = () => new Promise(resolve => setTimeout(resolve, 500))
      for (let round = 0; round < 3; round++) {
        await working500()
        up = false
        await server.stop()
        await working500()
        await server.start()
        const before: number = count.written
        const started = Date.now()
        // the clients find out in their own time
        while (count.written === before) {
          must(Date.now() - started < 5000, 'no write within 5 s of the start')
          await new Promise(resolve => setTimeout(resolve, 10))
        }
        await working500()
        up = true
      }
      working = false
      await Promise.all(workers)
      expect(count.failedUp).toBe(0)
      expect(count.failedDown).toBeGreaterThan(0)
      expect((await stores[0]?.get('key'))?.version).toBe(acknowledged)
    }, 60_000)
  }

  it.each(['', '{', 'null', '7', '{"access_token":"secret"}'])(
    'calls a broken value by its name (%s)',
    async text => {
      await raw('SET', 'broken:key', text)
      const store = redisStore(await connect('ioredis'), { prefix: 'broken:' })
      await expect(store.get('key')).rejects.toMatchObject({ code: 'OAUTH_STORE_VALUE' })
      await expect(store.get('key')).rejects.not.toThrow(/secret/)
      expect(await store.set('key', sampleGrant(1))).toBe(true)
      expect(await store.get('key')).toEqual(sampleGrant(1))
    },
  )

  it('keeps an unused grant as long as it was told', async () => {
    const client = await connect('ioredis')
    await redisStore(client, { prefix: 'ttl:', ttl: 100 }).set('key', sampleGrant(1))
    await redisStore(client, { prefix: 'ttl:' }).set('for ever', sampleGrant(1))
    expect(await raw('TTL', 'ttl:key')).toBeGreaterThan(98)
    expect(await raw('TTL', 'ttl:for ever')).toBe(-1)
  })

  it('shows no tokens when Redis refuses', async () => {
    await raw('RPUSH', 'list:key', 'x')
    const store = redisStore(await connect('ioredis'), { prefix: 'list:' })
    const failure = await Promise.resolve(
      store.set('key', sampleGrant(1, { refresh_token: 'secret' })),
    ).catch(error => error)
    expect(failure).toMatchObject({ code: 'OAUTH_STORE_WRITE' })
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('secret')
    await expect(store.get('key')).rejects.toMatchObject({ code: 'OAUTH_STORE_READ' })
  })

  it('writes where it may not publish', async () => {
    const admin = new Redis(server.port, '127.0.0.1')
    await admin.acl('SETUSER', 'mute', 'on', '>pw', '~*', '+@all', 'resetchannels')
    admin.disconnect()
    const client = new Redis(server.port, '127.0.0.1', { username: 'mute', password: 'pw' })
    connections.push({ client, close: async () => client.disconnect() })
    const store = redisStore(client, { prefix: 'mute:' })
    expect(await store.set('key', sampleGrant(1))).toBe(true)
    expect(await store.get('key')).toEqual(sampleGrant(1))
    await store.delete('key')
    expect(await store.get('key')).toBeUndefined()
  })
})
