import { newest } from './versions.js'
import { memoryWorld, settle, startWorld, type World } from './world.js'

const sizes = [10, 100, 1000, 10_000]
// Ten thousand sockets' worth of requests take a quarter of a minute: CI does it once
const socketSizes = process.env.FULL_STORM === '1' ? sizes : sizes.slice(0, 3)

const statuses = (outcomes: Awaited<ReturnType<typeof settle>>) => {
  const found: Record<string, number> = {}
  for (const outcome of outcomes) {
    const name = outcome.ok ? String(outcome.status) : String(outcome.error)
    found[name] = (found[name] ?? 0) + 1
  }
  return found
}

describe('in memory', () => {
  test.each(sizes)(
    'token revoked, %i requests at once: one token request, each request twice, all succeed',
    async n => {
      const world = await memoryWorld(newest)
      world.revoke()
      const outcomes = await settle(Array.from({ length: n }, (_, id) => world.http.get(`/items/${id}`)))
      expect(statuses(outcomes)).toEqual({ 200: n })
      expect(world.counts).toEqual({ token: 1, resource: 2 * n, reuse: 0 })
      expect(world.effects.size).toBe(n)
      expect(Math.max(...world.effects.values())).toBe(1)
    },
  )

  test.each(sizes)('token expired, %i requests at once: one token request, each request once', async n => {
    const world = await memoryWorld(newest, true)
    const outcomes = await settle(Array.from({ length: n }, (_, id) => world.http.get(`/items/${id}`)))
    expect(statuses(outcomes)).toEqual({ 200: n })
    expect(world.counts).toEqual({ token: 1, resource: n, reuse: 0 })
  })
})

describe('over sockets', () => {
  let world: World
  afterEach(() => world.stop())

  test.each(socketSizes)(
    'token revoked, %i requests at once: one token request, nothing is done twice',
    async n => {
      const http = await import('node:http')
      const agent = new http.Agent({ keepAlive: true, maxSockets: 200 })
      try {
        world = await startWorld(newest, { api: { record: false }, instance: { httpAgent: agent, proxy: false } })
        world.as.revokeAccessTokens()
        const outcomes = await settle(Array.from({ length: n }, (_, id) => world.http.post('/items', { id })))
        expect(statuses(outcomes)).toEqual({ 200: n })
        expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
        expect(world.api.counts.effects.size).toBe(n)
        expect(world.api.duplicates()).toEqual([])
        expect(world.api.counts.requests).toBeLessThanOrEqual(2 * n)
      } finally {
        agent.destroy()
      }
    },
    120_000,
  )

  test.each(socketSizes.slice(0, 3))(
    'token expired, %i requests at once: one token request, each request once',
    async n => {
      const http = await import('node:http')
      const agent = new http.Agent({ keepAlive: true, maxSockets: 200 })
      let now = Date.now() / 1000
      try {
        world = await startWorld(newest, {
          api: { record: false },
          instance: { httpAgent: agent, proxy: false },
          session: { clock: () => now },
          as: { clock: () => now },
        })
        now += 3601
        const outcomes = await settle(Array.from({ length: n }, (_, id) => world.http.post('/items', { id })))
        expect(statuses(outcomes)).toEqual({ 200: n })
        expect(world.as.counts).toMatchObject({ token: 1, reuse: 0 })
        expect(world.api.counts.requests).toBe(n)
        expect(world.api.duplicates()).toEqual([])
      } finally {
        agent.destroy()
      }
    },
    120_000,
  )

  test('ten storms in a row: one token request each, no spent token', async () => {
    world = await startWorld(newest)
    for (let round = 1; round <= 10; round += 1) {
      world.as.revokeAccessTokens()
      const outcomes = await settle(Array.from({ length: 20 }, () => world.http.get('/x')))
      expect(statuses(outcomes)).toEqual({ 200: 20 })
      expect(world.as.counts).toMatchObject({ token: round, reuse: 0 })
    }
  })
})
