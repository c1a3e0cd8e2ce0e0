import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileLock } from '../../src/locks/file.js'
import { redisLock } from '../../src/locks/redis.js'
import type { Lock } from '../../src/session/stored-grant.js'
import { fileStore } from '../../src/stores/file.js'
import { sampleGrant } from '../contracts/store.js'

const [role, ...args] = process.argv.slice(2) as [string, ...string[]]
const say = (line: string) => process.stdout.write(`${line}\n`)
const forEver = () => new Promise<never>(() => setInterval(() => {}, 1000))

/** Enters the lock again and again; tells of everybody alive whom it meets inside. */
async function contend(lock: Lock, witness: string, name: string) {
  for (;;) {
    await lock(name, async () => {
      try {
        writeFileSync(witness, `${process.pid}`, { flag: 'wx' })
      } catch {
        const other = Number(readFileSync(witness, 'utf8'))
        if (other && isAlive(other)) say(`met ${other}`)
        writeFileSync(witness, `${process.pid}`)
      }
      await new Promise(resolve => setTimeout(resolve, Math.random() * 5))
      rmSync(witness, { force: true })
      say('section')
    })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const roles: Record<string, () => Promise<void>> = {
  /** Holds a file lock until it is killed. */
  async 'hold-file'() {
    const [folder = '', name = ''] = args
    await fileLock(folder, { lease: 4 })(name, async () => {
      say('inside')
      await forEver()
    })
  },
  async 'contend-file'() {
    const [folder = '', witness = ''] = args
    await contend(fileLock(folder, { lease: 60, poll: 0.005 }), witness, 'name')
  },
  async 'contend-redis'() {
    const [port = '', witness = ''] = args
    const { clients } = await import('./redis-clients.js')
    const connection = await clients.ioredis?.(Number(port))
    if (connection) await contend(redisLock(connection.client, { lease: 1, poll: 0.005 }), witness, 'name')
  },
  /** Holds a Redis lock until it is killed. */
  async 'hold-redis'() {
    const [kind = '', port = '', options = '', name = ''] = args
    const { clients } = await import('./redis-clients.js')
    const connection = await clients[kind]?.(Number(port))
    if (!connection) throw new Error(`no client ${kind}`)
    await redisLock(connection.client, JSON.parse(options))(name, async () => {
      say('inside')
      await forEver()
    })
  },
  /** Writes one version after the other until it is killed; says which are written. */
  async 'write-file'() {
    const [folder = '', key = '', first = '1', size = '0'] = args
    const store = fileStore(folder)
    for (let version = Number(first); ; version++) {
      const written = await store.set(key, sampleGrant(version, { id_token: 'x'.repeat(Number(size)) }))
      if (written === false) throw new Error(`version ${version} was refused`)
      say(`wrote ${version}`)
    }
  },
}

roles[role]?.().catch(error => {
  say(`failed ${error?.code} ${error?.message}`)
  process.exitCode = 1
})
