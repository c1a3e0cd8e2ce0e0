import { Agent } from 'node:http'
import { sized } from '../support/long.js'
import { newest } from './versions.js'
import { memoryWorld, type Outcome, settle, startWorld, type World, type WorldOptions } from './world.js'

const sizes = sized([10, 100], [10, 100, 1000, 10_000])

const statuses = (outcomes: Outcome[]) => {
  const found: Record<string, number> = {}
  for (const outcome of outcomes) {
    const name = outcome.ok ? String(outcome.status) : String(outcome.error)
    found[name] = (found[name] ?? 0) + 1
  }
  return found
}

describe.each(sizes)('in memory, %i requests at once', n => {
  test('token revoked: one token request, each request twice, all succeed', async () => {
    const world = await memoryWorld(newest)
    world.revoke()
    const outcomes = await settle(Array.from({ length: n }, (_, id) => world.http.get(`/items/${id}`)))
    expect(statuses(outcomes)).toEqual({ 200: n })
    expect(world.counts).toEqual({ token: 1, resource: 2 * n, reuse: 0 })
    expect(world.effects.size).toBe(n)
    expect(Math.max(...world.effects.values())).toBe(1)
  })

  test('token expired: one token request, each request once', async () => {
    const world = await memoryWorld(newest, true)
    const outcomes = await settle(Array.from({ length: n }, (_, id) => world.http.get(`/items/${id}`)))
    expect(statuses(outcomes)).toEqual({ 200: n })
    expect(world.counts).toEqual({ token: 1, resource: n, reuse: 0 })
    expect(Math.max(...world.effects.values())).toBe(1)
  })
})

let world: World
let agent: Agent

/**
 * A world whose requests share 200 sockets: most wait in the agent's queue, signed with a token that has gone
 * meanwhile.
 */
async function crowded(options: WorldOptions = {}): Promise<World> {
  agent = new Agent({ keepAlive: true, maxSockets: 200 })
  world = await startWorld(newest, {
    api: { record: false },
    instance: { httpAgent: agent, proxy: false },
    ...options,
  })
  return world
}

async function revoked(n: number): Promise<void> {
  const { as, api, http } = await crowded()
  as.revokeAccessTokens()
  const outcomes = await settle(Array.from({ length: n }, (_, id) => http.post('/items', { id })))
  expect(statuses(outcomes)).toEqual({ 200: n })
  expect(as.counts).toMatchObject({ token: 1, reuse: 0 })
  expect(api.counts.effects.size).toBe(n)
  expect(api.duplicates()).toEqual([])
  expect(api.counts.requests).toBeLessThanOrEqual(2 * n)
}

async function expired(n: number): Promise<void> {
  let now = Date.now() / 1000
  const clock = () => now
  const { as, api, http } = await crowded({ session: { clock }, as: { clock } })
  now += 3601
  api.reset()
  const outcomes = await settle(Array.from({ length: n }, (_, id) => http.post('/items', { id })))
  expect(statuses(outcomes)).toEqual({ 200: n })
  expect(as.counts).toMatchObject({ token: 1, reuse: 0 })
  expect(api.counts.requests).toBe(n)
  expect(api.duplicates()).toEqual([])
}

describe('over sockets', () => {
  afterEach(async () => {
    agent?.destroy()
    await world.stop()
  })

  test.each(sizes)(
    'token revoked, %i requests at once: one token request, nothing is done twice',
    revoked,
    120_000,
  )
  test.each(sizes)(
    'token expired, %i requests at once: one token request, each request once',
    expired,
    120_000,
  )

  test('ten storms in a row: one token request each, no spent token', async () => {
    const { as, http } = await crowded()
    for (let round = 1; round <= 10; round += 1) {
      as.revokeAccessTokens()
      const outcomes = await settle(Array.from({ length: 20 }, () => http.get('/x')))
      expect(statuses(outcomes)).toEqual({ 200: 20 })
      expect(as.counts).toMatchObject({ token: round, reuse: 0 })
    }
  })
})
