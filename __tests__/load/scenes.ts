import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasRedis, startRedis } from '../stores/redis-server.js'
import { type Field, startField } from './field.js'

/** One load: what it is called, what it needs, and what it does. Seconds. */
export interface Scene {
  name: string
  what: string
  redis: boolean
  /** Answers what was wrong. */
  run(options: { worker: string; seconds: number; say: (line: string) => void }): Promise<string[]>
}

const LIFE = 1
/** A token is renewed at half of so short a life. */
const USE = LIFE / 2
const LEASE = 3

const sleep = (seconds: number) => new Promise(resolve => setTimeout(resolve, seconds * 1000))

/** What every load is judged by. */
function judge(
  field: Field,
  seconds: number,
  say: (line: string) => void,
  excused?: (at: number) => boolean,
): string[] {
  const failures = field.failures().filter(({ at }) => !excused?.(at))
  const codes = failures.reduce<Record<string, number>>((sums, { code }) => {
    sums[code] = (sums[code] ?? 0) + 1
    return sums
  }, {})
  const gaps = field.renewals.slice(1).map((at, index) => (at - (field.renewals[index] as number)) / 1000)
  // a token's use is counted from before it was asked for: what the request takes on a busy machine is
  // missing at the server
  const early = gaps.filter(gap => gap < USE / 2).length
  const unexplained = field.losses.filter(({ explained }) => !explained)
  say(
    `${field.ok} requests, ${failures.length} failed; ${field.renewals.length} token requests in ${seconds} s ` +
      `(a token is used for ${USE} s), ${early} of them early; ${field.reuse} reuses; slowest request ${field.slowest.toFixed(2)} s`,
  )
  const wrong: string[] = []
  if (failures.length > 0) wrong.push(`${failures.length} requests failed: ${JSON.stringify(codes)}`)
  // each loss costs a try with the lost token
  if (early > field.losses.length) wrong.push(`${early} token requests came before their time`)
  if (field.renewals.length > (seconds + 3) / USE)
    wrong.push(`${field.renewals.length} token requests are more than one for each expiry`)
  if (field.ok < seconds * 20) wrong.push(`only ${field.ok} requests: that is no load`)
  for (const { story } of unexplained) wrong.push(`a session was lost without need: ${story}`)
  return wrong
}

async function onRedis<T>(body: (redis: Awaited<ReturnType<typeof startRedis>>) => Promise<T>): Promise<T> {
  const redis = await startRedis()
  try {
    return await body(redis)
  } finally {
    await redis.close()
  }
}

async function onFiles<T>(body: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'oauth-load-'))
  try {
    return await body(join(directory, 'tokens'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function steady(field: Field, seconds: number, say: (line: string) => void): Promise<string[]> {
  await sleep(seconds)
  await field.stop()
  const wrong = judge(field, seconds, say)
  if (field.reuse > 0) wrong.push(`${field.reuse} refresh tokens were spent twice`)
  return wrong
}

async function deadly(
  field: Field,
  seconds: number,
  say: (line: string) => void,
  recovery: number,
): Promise<string[]> {
  const end = Date.now() + seconds * 1000
  for (let count = 0; Date.now() < end; count++) {
    await sleep(3)
    // where it hurts least and where it hurts most
    field.kill(count % 2 ? 'at its renewal' : 'now')
  }
  await field.stop()
  const wrong = judge(field, seconds, say)
  const explained = field.losses.filter(loss => loss.explained).length
  say(
    `${field.kills} processes killed; ${field.losses.length} sessions lost, ${explained} of them with a rotation in the ` +
      `server's log between whose answer and whose save the process was killed; recovery within ${field.slowest.toFixed(2)} s`,
  )
  if (field.slowest > recovery)
    wrong.push(`a request waited ${field.slowest.toFixed(2)} s, longer than a lease`)
  if (field.kills < Math.floor(seconds / 3) - 1) wrong.push(`only ${field.kills} processes were killed`)
  return wrong
}

/** The loads of the package, in the order in which they run. */
export const scenes: Scene[] = [
  {
    name: 'redis',
    what: '8 processes, one Redis',
    redis: true,
    run: ({ worker, seconds, say }) =>
      onRedis(async ({ port }) =>
        steady(await startField({ worker, medium: { redis: port }, processes: 8, life: LIFE }), seconds, say),
      ),
  },
  {
    name: 'redis-kill',
    what: '8 processes, one Redis, one process killed every 3 s',
    redis: true,
    run: ({ worker, seconds, say }) =>
      onRedis(async ({ port }) => {
        const field = await startField({
          worker,
          medium: { redis: port },
          processes: 8,
          life: LIFE,
          lease: LEASE,
        })
        // a lease, a try of the next one, and a machine that starts a process meanwhile
        return deadly(field, seconds, say, LEASE + 1)
      }),
  },
  {
    name: 'redis-outage',
    what: '8 processes, Redis killed and started again under load',
    redis: true,
    run: ({ worker, seconds, say }) =>
      onRedis(async redis => {
        const field = await startField({
          worker,
          medium: { redis: redis.port },
          processes: 8,
          life: LIFE,
          lease: 10,
        })
        const outages: [from: number, to: number][] = []
        const end = Date.now() + seconds * 1000
        while (Date.now() < end) {
          await sleep(3)
          const from = Date.now()
          await redis.stop()
          await sleep(2)
          await redis.start()
          outages.push([from, Date.now()])
          await sleep(3)
        }
        await field.stop()
        // a command that waits is given up after 2 s; the client needs a moment to connect again
        // a client library waits up to two seconds before it connects again
        const wrong = judge(field, seconds, say, at =>
          outages.some(([from, to]) => at >= from && at <= to + 3000),
        )
        say(
          `${outages.length} outages of 2 s; ${field.failures().length} requests failed while Redis was down; ${field.losses.length} sessions lost`,
        )
        if (field.losses.length > 0) wrong.push(`${field.losses.length} sessions were lost`)
        return wrong
      }),
  },
  {
    name: 'file',
    what: '4 processes, one directory',
    redis: false,
    run: ({ worker, seconds, say }) =>
      onFiles(async directory =>
        steady(await startField({ worker, medium: { directory }, processes: 4, life: LIFE }), seconds, say),
      ),
  },
  {
    name: 'file-kill',
    what: '4 processes, one directory, one process killed every 3 s',
    redis: false,
    run: ({ worker, seconds, say }) =>
      onFiles(async directory =>
        deadly(
          await startField({ worker, medium: { directory }, processes: 4, life: LIFE }),
          seconds,
          say,
          LEASE,
        ),
      ),
  },
]

/** Runs the loads, or those whose name is given; answers how many were not as they should be. */
export async function runScenes(options: {
  worker: string
  seconds: number
  only?: string | undefined
}): Promise<number> {
  let wrong = 0
  for (const scene of scenes) {
    if (options.only !== undefined && scene.name !== options.only) continue
    if (scene.redis && !hasRedis) {
      // in CI a load that was left out is one that failed
      if (process.env.REQUIRE_ALL === '1') wrong++
      console.log(`left out: ${scene.what} (redis-server is missing: apt-get install redis-server)`)
      continue
    }
    console.log(`${scene.name}: ${scene.what}`)
    const complaints = await scene.run({ ...options, say: line => console.log(`  ${line}`) })
    for (const complaint of complaints) console.log(`  WRONG: ${complaint}`)
    if (complaints.length === 0) console.log(`  ok: ${scene.name}`)
    wrong += complaints.length > 0 ? 1 : 0
  }
  return wrong
}
