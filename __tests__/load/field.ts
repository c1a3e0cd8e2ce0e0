import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { createOAuth2Session, defineStore, saveToken, type TokenStore } from '../../src/index.js'
import { fileStore } from '../../src/stores/file.js'
import { redisStore } from '../../src/stores/redis.js'
import { startAuthorizationServer } from '../servers/authorization-server.js'
import { startResourceServer } from '../servers/resource-server.js'
import type { Command, Report, Task } from './worker.js'

/** How a field of workers is set up; seconds. */
export interface FieldOptions {
  /** Path of the bundled worker. */
  worker: string
  medium: Task['medium']
  processes: number
  /** `expires_in` of the access tokens. */
  life: number
  lease?: number
}

/** A session that is lost, and whether the server's log explains it. */
export interface Loss {
  key: string
  /**
   * The log shows a rotation by a process that was killed before it had saved: nobody could have kept this
   * session.
   */
  explained: boolean
  story: string
}

/** Worker processes on one store, an API, and an authorization server that judges them. */
export interface Field {
  readonly ok: number
  readonly reuse: number
  readonly losses: Loss[]
  /** Requests that failed, but for those of sessions that were lost. */
  failures(): { code: string; at: number }[]
  /** When the server was asked for a token (milliseconds). */
  readonly renewals: number[]
  /** The longest that a request took since `reset`, seconds. */
  slowest: number
  readonly kills: number
  /**
   * Kills a worker: any, or the next that has its refresh answered – after the server has rotated, before it
   * can save.
   */
  kill(when: 'now' | 'at its renewal'): void
  stop(): Promise<void>
}

/** Starts servers and workers, all on loopback. */
export async function startField({
  worker,
  medium,
  processes,
  life,
  lease = 3,
}: FieldOptions): Promise<Field> {
  const as = await startAuthorizationServer({ expiresIn: life })
  const api = await startResourceServer({ accepts: token => as.isActive(token), record: false })
  const store: TokenStore & { end?(): void } = openStore(medium)
  const workers = new Map<number, ChildProcess>()
  const failed: Report['failed'] = []
  const killed = new Map<number, number>()
  const spentBy = new Map<string, { pid: number; at: number }>()
  const losses: Loss[] = []
  const renewals: number[] = []
  let serial = 0
  let reuse = 0
  let ok = 0
  let lethal = false
  let stopping = false

  /** Signs in under a new key. */
  async function signIn(): Promise<string> {
    const key = `me-${++serial}`
    const session = createOAuth2Session({ server: as.metadata, client: { client_id: 'app' }, store, key })
    await saveToken(session, as.issue())
    await session.close()
    return key
  }
  let key = await signIn()

  function spawn() {
    const child = fork(worker, { stdio: 'inherit' })
    const task: Task = {
      medium,
      lease,
      server: { issuer: as.metadata.issuer, token_endpoint: as.metadata.token_endpoint },
      api: api.url,
      key,
      callers: 4,
      pause: 0.02,
    }
    child.send(task)
    child.on('message', (report: Report) => {
      ok += report.ok
      failed.push(...report.failed)
      field.slowest = Math.max(field.slowest, report.slowest)
    })
    workers.set(child.pid as number, child)
    child.on('exit', () => {
      workers.delete(child.pid as number)
      if (!stopping) spawn()
    })
  }

  function execute(pid: number) {
    killed.set(pid, Date.now())
    workers.get(pid)?.kill('SIGKILL')
  }

  // the server has done its work by now, and its answer waits for us
  as.latency = async ({ grantType, parameters, headers }) => {
    if (grantType !== 'refresh_token') return
    const token = parameters.get('refresh_token') ?? ''
    const pid = Number(headers['x-process'])
    renewals.push(Date.now())
    if (as.counts.reuse > reuse) {
      reuse = as.counts.reuse
      await lose(token, pid)
      return
    }
    spentBy.set(token, { pid, at: Date.now() })
    if (lethal) {
      lethal = false
      execute(pid)
    }
  }

  async function lose(token: string, by: number) {
    const lost = key
    const first = spentBy.get(token)
    const stored = await store.get(lost)
    const died = first && killed.get(first.pid)
    // killed from the moment the server answered on, and what it got was never saved
    const explained = died !== undefined && died >= first!.at && stored?.refresh_token === token
    const story = `${by} sent what ${first?.pid} had spent; that one was ${died ? `killed ${died - first!.at} ms after` : 'not killed'}, the store ${stored?.refresh_token === token ? 'has not' : 'has'} what it got`
    losses.push({ key: lost, explained, story })
    key = await signIn()
    for (const child of workers.values()) if (child.connected) child.send({ key } satisfies Command)
  }

  const field: Field = {
    get ok() {
      return ok
    },
    get reuse() {
      return reuse
    },
    losses,
    failures: () => failed.filter(({ key }) => !losses.some(loss => loss.key === key)),
    renewals,
    slowest: 0,
    get kills() {
      return killed.size
    },
    kill(when) {
      const pids = [...workers.keys()]
      if (when === 'at its renewal') lethal = true
      else execute(pids[Math.floor(Math.random() * pids.length)] as number)
    },
    async stop() {
      stopping = true
      await Promise.all(
        [...workers.values()].map(child => {
          if (child.connected) child.send('stop' satisfies Command)
          return Promise.race([once(child, 'exit'), new Promise(resolve => setTimeout(resolve, 45_000))])
        }),
      )
      for (const child of workers.values()) child.kill('SIGKILL')
      store.end?.()
      await api.stop()
      await as.stop()
    },
  }
  for (let count = 0; count < processes; count++) spawn()
  return field
}

function openStore(medium: Task['medium']): TokenStore & { end?(): void } {
  if ('directory' in medium) return fileStore(medium.directory)
  const client = new Redis({ port: medium.redis, host: '127.0.0.1' })
  client.on('error', () => {})
  return defineStore({ ...redisStore(client), end: () => client.disconnect() })
}
