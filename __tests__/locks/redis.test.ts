import { redisLock } from '../../src/locks/redis.js'
import { redisCommands } from '../../src/locks/redis-commands.js'
import { gate } from '../contracts/case.js'
import { lockContract } from '../contracts/jest.js'
import { type Child, compileChild, startChild } from '../stores/child.js'
import { type Connection, clients } from '../stores/redis-clients.js'
import { hasRedis, type RedisServer, startRedis } from '../stores/redis-server.js'
import { optional } from '../support/optional.js'

optional(
  'redis-server',
  hasRedis,
  'apt-get install redis-server',
)('redisLock on a real server', () => {
  let server: RedisServer
  let script: string
  const children: Child[] = []
  const connections: Connection[] = []
  const connect = async (kind: string) => {
    const connection = await clients[kind]!(server.port)
    connections.push(connection)
    return connection.client
  }

  beforeAll(async () => {
    ;[server, script] = await Promise.all([startRedis(), compileChild()])
  })
  afterAll(async () => {
    for (const child of children) await child.kill()
    for (const { close } of connections) await close()
    await server.close()
  })

  for (const kind of Object.keys(clients)) {
    let run = 0
    lockContract(`redisLock(${kind})`, async () => {
      const options = { lease: 2, poll: 0.01, prefix: `${kind}-${++run}:` }
      const [client, otherClient] = await Promise.all([connect(kind), connect(kind)])
      return {
        lock: redisLock(client, options),
        other: redisLock(otherClient, options),
        lease: 2,
        async hold(name) {
          const child = startChild(script, [
            'hold-redis',
            kind,
            `${server.port}`,
            JSON.stringify(options),
            name,
          ])
          children.push(child)
          await child.line('inside')
          return child
        },
        async lose(name) {
          const set = "return redis.call('SET', KEYS[1], 'thief', 'PX', 100)"
          await redisCommands(client, 5).run(set, options.prefix + name)
        },
      }
    })
  }

  it('keeps the lock of a section that is longer than a lease', async () => {
    const [mine, theirs] = await Promise.all([connect('ioredis'), connect('node-redis')])
    const options = { lease: 0.4, poll: 0.01, prefix: 'long:' }
    const entered = gate()
    let lost = false
    const holder = redisLock(mine, options)('name', async ({ signal }) => {
      entered.open()
      await new Promise(resolve => setTimeout(resolve, 1500))
      lost = signal.aborted
    })
    await entered.promise
    const waiter = redisLock(theirs, options)('name', async () => 1, { maxWait: 1.2 })
    await expect(waiter).rejects.toMatchObject({ code: 'OAUTH_LOCK_TIMEOUT' })
    await holder
    expect(lost).toBe(false)
  })

  it('informs a holder whose lock the server lost, and still keeps others out', async () => {
    const [mine, theirs] = await Promise.all([connect('ioredis'), connect('node-redis')])
    const options = { lease: 0.4, poll: 0.01, prefix: 'forgotten:' }
    const outcome = await redisLock(mine, options)('name', async ({ signal }) => {
      const lost = new Promise<string>(resolve => signal.addEventListener('abort', () => resolve('lost')))
      await redisCommands(theirs, 5).run("return redis.call('DEL', KEYS[1])", 'forgotten:name')
      await lost
      const waiter = redisLock(theirs, options)('name', async () => 1, { maxWait: 0.1 })
      await expect(waiter).rejects.toMatchObject({ code: 'OAUTH_LOCK_TIMEOUT' })
      return lost
    })
    expect(outcome).toBe('lost')
  })

  it('expires only a lock that was not released', async () => {
    const client = await connect('ioredis')
    const lock = redisLock(client, { prefix: 'gone:' })
    await lock('name', async () => {
      expect(await client.get('gone:name')).toMatch(/^[\d.e-]+$/)
    })
    expect(await client.get('gone:name')).toBeNull()
  })
})

describe('redisLock without an answer', () => {
  const silent = { get: () => new Promise<null>(() => {}), eval: () => new Promise<never>(() => {}) }

  it('fails after its timeout, and says so', async () => {
    const lock = redisLock(silent, { timeout: 0.05 })
    await expect(lock('name', async () => 1)).rejects.toMatchObject({
      code: 'OAUTH_STORE_WRITE',
      message: expect.stringContaining('no answer for 0.05 s'),
    })
  })

  it('tells a holder before its lease ends, and does not keep its answer', async () => {
    let answers = 1
    const falling = { ...silent, eval: async () => (answers-- > 0 ? 'taken' : new Promise<never>(() => {})) }
    const lock = redisLock(falling, { lease: 0.4, timeout: 0.1 })
    const began = Date.now()
    const outcome = await lock('name', ({ signal }) => {
      const lost = new Promise<string>(resolve => signal.addEventListener('abort', () => resolve('lost')))
      return lost
    })
    expect(outcome).toBe('lost')
    expect(Date.now() - began).toBeLessThan(1500)
  })

  it('releases a lock that a timed-out command took', async () => {
    const commands: string[] = []
    let answer!: (value: string) => void
    const late = {
      ...silent,
      eval: (script: string) => {
        commands.push(script.includes("'DEL'") ? 'release' : 'hold')
        return new Promise<string>(resolve => {
          answer = resolve
        })
      },
    }
    const aborter = new AbortController()
    const waiter = redisLock(late, { timeout: 0.2 })('name', async () => 1, { signal: aborter.signal })
    const taken = answer
    aborter.abort()
    await expect(waiter).rejects.toMatchObject({ code: 'OAUTH_ABORTED' })
    taken('taken')
    await new Promise(resolve => setTimeout(resolve))
    expect(commands).toEqual(['hold', 'release', 'release'])
    answer('released')
  })
})
