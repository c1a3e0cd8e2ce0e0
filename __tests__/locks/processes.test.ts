import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, compileChild, startChild } from '../stores/child.js'
import { hasRedis, type RedisServer, startRedis } from '../stores/redis-server.js'
import { sized } from '../support/long.js'
import { optional } from '../support/optional.js'

// more on demand: KILLS=400 npx jest __tests__/locks/processes
const KILLS = Number(process.env.KILLS ?? sized(6, 40))
const REDIS_KILLS = sized(3, 10)

/** Four processes on one lock, one of them killed every now and then; what all of them saw. */
async function contest(script: string, args: string[], kills: number, pause: number) {
  const seen = { sections: 0, meetings: 0, kills: 0, stalls: 0 }
  const take = (child: Child) => {
    const lines = child.output().split('\n')
    seen.sections += lines.filter(line => line === 'section').length
    seen.meetings += lines.filter(line => line.startsWith('met')).length
  }
  const sections = (children: Child[]) =>
    children.reduce((sum, child) => sum + child.output().split('section').length, 0)
  const children = Array.from({ length: 4 }, () => startChild(script, args))
  await Promise.all(children.map(child => child.line('section')))
  for (; seen.kills < kills; seen.kills++) {
    await new Promise(resolve => setTimeout(resolve, pause * (0.5 + Math.random())))
    const [victim] = children.splice(0, 1) as [Child]
    await victim.kill()
    take(victim)
    // the others go on: the lock of the dead one is not held for ever
    const before = sections(children)
    const killed = Date.now()
    while (sections(children) === before && Date.now() - killed < 10_000)
      await new Promise(resolve => setTimeout(resolve, 5))
    if (sections(children) === before) seen.stalls++
    children.push(startChild(script, args))
  }
  for (const child of children) {
    await child.kill()
    take(child)
  }
  return seen
}

describe('fileLock under four processes, one killed again and again', () => {
  let script: string
  let folder: string
  beforeAll(async () => {
    ;[script, folder] = await Promise.all([compileChild(), mkdtemp(join(tmpdir(), 'oauth-contest-'))])
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it(
    'never has two holders, and replaces a dead one at once',
    async () => {
      const seen = await contest(
        script,
        ['contend-file', join(folder, 'lock'), join(folder, 'witness')],
        KILLS,
        150,
      )
      expect(seen).toEqual({ sections: expect.any(Number), meetings: 0, kills: KILLS, stalls: 0 })
      expect(seen.sections).toBeGreaterThan(5 * KILLS)
    },
    120_000 + KILLS * 1000,
  )
})

optional(
  'redis-server',
  hasRedis,
  'apt-get install redis-server',
)('redisLock under four processes, one killed again and again', () => {
  let script: string
  let folder: string
  let server: RedisServer
  beforeAll(async () => {
    const made = [compileChild(), mkdtemp(join(tmpdir(), 'oauth-contest-')), startRedis()] as const
    ;[script, folder, server] = await Promise.all(made)
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('never has two holders, and replaces a dead one after its lease', async () => {
    const seen = await contest(
      script,
      ['contend-redis', `${server.port}`, join(folder, 'witness')],
      REDIS_KILLS,
      300,
    )
    expect(seen).toEqual({ sections: expect.any(Number), meetings: 0, kills: REDIS_KILLS, stalls: 0 })
    expect(seen.sections).toBeGreaterThan(10 * REDIS_KILLS)
  }, 120_000)
})
