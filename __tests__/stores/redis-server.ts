import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether this machine has a Redis server to start. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0

/** A Redis server of the test's own, on its own port; it forgets nothing when it is stopped and started. */
export interface RedisServer {
  readonly port: number
  start(): Promise<void>
  /** As a crash: no goodbye. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** Starts a Redis server on a free port of the loopback interface. */
export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'oauth-redis-'))
  const port = await freePort()
  let server: ChildProcess | undefined
  const redis: RedisServer = {
    port,
    async start() {
      const args = [
        '--port',
        port,
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
        '--appendonly',
        'yes',
        '--appendfsync',
        'always',
        '--save',
        '',
      ]
      server = spawn('redis-server', args.map(String), { stdio: 'ignore' })
      while (!(await answers(port))) await new Promise(resolve => setTimeout(resolve, 20))
    },
    async stop() {
      const gone = new Promise(resolve => server?.once('close', resolve))
      if (!server?.kill('SIGKILL')) return
      await gone
      server = undefined
    },
    async close() {
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await redis.start()
  return redis
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

/** True when the server says PONG: it has read its file and takes commands. */
function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', data => {
      socket.destroy()
      resolve(data.toString().startsWith('+PONG'))
    })
    socket.once('error', () => resolve(false))
  })
}
