import axios from 'axios'
import { Redis } from 'ioredis'
import { attachOAuth2, createOAuth2Session, isOAuthError, type TokenStore } from '../../src/index.js'
import { redisLock } from '../../src/locks/redis.js'
import { fileStore } from '../../src/stores/file.js'
import { redisStore } from '../../src/stores/redis.js'

/** What a worker process is told when it starts; seconds. */
export interface Task {
  /** Port of Redis, or the directory of a file store. */
  medium: { redis: number } | { directory: string }
  /** The lease of the Redis lock. */
  lease: number
  server: { issuer: string; token_endpoint: string }
  api: string
  key: string
  /** Requests at a time, and the pause between two of one caller. */
  callers: number
  pause: number
}

/** What a worker reports, four times a second. */
export interface Report {
  ok: number
  failed: { code: string; key: string; at: number }[]
  /** The longest that a request took, seconds. */
  slowest: number
}

/** What the parent says to a worker later on. */
export type Command = { key: string } | 'stop'

function openStore({ medium, lease }: Task): TokenStore {
  if ('directory' in medium) return fileStore(medium.directory)
  const connect = () => {
    const client = new Redis({ port: medium.redis, host: '127.0.0.1', retryStrategy: () => 50 })
    client.on('error', () => {})
    return client
  }
  const client = connect()
  const lock = redisLock(client, { prefix: 'oauth:lock:', lease, timeout: 2 })
  return redisStore(client, { subscriber: connect(), lock, timeout: 2 })
}

function work(task: Task) {
  const store = openStore(task)
  let stopped = false
  let report: Report = { ok: 0, failed: [], slowest: 0 }

  const open = (key: string) => {
    const http = axios.create({ baseURL: task.api, proxy: false })
    const session = createOAuth2Session({
      server: task.server,
      client: { client_id: 'app' },
      store,
      key,
      // the server's log must tell who asked
      hooks: {
        refreshRequest: request => {
          request.headers['x-process'] = `${process.pid}`
        },
      },
    })
    attachOAuth2(http, session)
    return { http, key }
  }
  let current = open(task.key)

  const tell = () => {
    process.send?.(report)
    report = { ok: 0, failed: [], slowest: 0 }
  }
  const timer = setInterval(tell, 250)

  const call = async () => {
    while (!stopped) {
      const { http, key } = current
      const began = performance.now()
      try {
        await http.get('/thing')
        report.ok++
      } catch (error) {
        const { cause, message } = error as Error
        const code = isOAuthError(cause) ? cause.code : message
        report.failed.push({ code, key, at: Date.now() })
      }
      report.slowest = Math.max(report.slowest, (performance.now() - began) / 1000)
      await new Promise(resolve => setTimeout(resolve, task.pause * 1000 * (0.5 + Math.random())))
    }
  }
  const callers = Promise.all(Array.from({ length: task.callers }, call))

  process.on('message', async (command: Command) => {
    if (command !== 'stop') {
      current = open(command.key)
      return
    }
    stopped = true
    await callers
    clearInterval(timer)
    tell()
    process.disconnect()
    process.exit()
  })
}

process.once('message', work)
