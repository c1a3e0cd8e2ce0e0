import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { timeoutNow } from '../lib/timer.js'
import type { Lock } from '../session/stored-grant.js'
import { fileName } from './file-name.js'
import { type Lease, runLeased } from './lease.js'

/** Options of {@link fileLock}; seconds. */
export interface FileLockOptions {
  /** How long a silent holder keeps the lock; one that died on this machine loses it at once. Default 60. */
  lease?: number
  /** Mean pause between two tries. Default 0.05. */
  poll?: number
  /** The suffix of a lock's directory. Default `.lock`. */
  suffix?: string
}

/**
 * A lock for all processes that see the same directory. Each holder is a file with the next number, so
 * exactly one of many contenders takes over from a dead holder: a number is created once, and the highest is
 * never removed.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT`, `OAUTH_ABORTED`, `OAUTH_STORE_READ` when the directory cannot be
 * used
 */
export function fileLock(directory: string, options: FileLockOptions = {}): Lock {
  const { lease = 60, poll = 0.05, suffix = '.lock' } = options
  const watched = new Map<string, LastSign>()
  const timeout = timeoutNow()
  return async (name, critical, wait) => {
    const folder = join(directory, fileName(name) + suffix)
    return runLeased(contender(folder, lease, watched), { lease, poll, timeout }, critical, wait)
  }
}

/** The last sign of life of a holder (monotonic, milliseconds). */
interface LastSign {
  beat: string
  since: number
}

function contender(folder: string, lease: number, watched: Map<string, LastSign>): Lease {
  const here = processScope()
  let mine = 0
  const path = (number: number) => join(folder, `${number}`)

  /** True if the holder is dead, or has been silent for longer than its lease. */
  const isAbandoned = async (number: number): Promise<boolean> => {
    const [text, { mtimeMs }] = await Promise.all([readFile(path(number), 'utf8'), stat(path(number))])
    const [where, pid] = text.split(' ')
    if (where === here && !alive(Number(pid))) return true
    const beat = `${number} ${mtimeMs}`
    const seen = watched.get(folder)
    const now = performance.now()
    if (seen?.beat !== beat) {
      watched.set(folder, { beat, since: now })
      return false
    }
    // Check both clocks: one can be set, and the other stops during sleep.
    return now - seen.since > lease * 500 && Date.now() - mtimeMs > lease * 1000
  }

  return {
    async take() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      let next: number
      try {
        const { number, free } = highest(await readdir(folder))
        if (!free && !(await isAbandoned(number))) return false
        next = number + 1
        await claim(path(next), `${here} ${process.pid}`)
      } catch (error) {
        // Another process was faster, or the holder has left meanwhile.
        if (isCode(error, 'EEXIST') || isCode(error, 'ENOENT')) return false
        throw error
      }
      // A number that was used and removed can be created again: then a higher one, or its end, is there to
      // show it.
      const names = await readdir(folder)
      const top = highest(names)
      if (top.number !== next || top.free) {
        await rm(path(next), { force: true })
        return false
      }
      mine = next
      watched.delete(folder)
      await Promise.all(names.map(name => name !== `${next}` && rm(join(folder, name), { force: true })))
      return true
    },
    async renew() {
      if (highest(await readdir(folder)).number !== mine) return false
      const now = new Date()
      await utimes(path(mine), now, now)
      return true
    },
    async release() {
      if (mine) await rename(path(mine), `${path(mine)}.free`)
    },
  }
}

/**
 * Creates a file with its content in one step if it does not exist, so that a holder that dies at any moment
 * has left its name.
 */
async function claim(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  await writeFile(draft, text, { mode: 0o600 })
  try {
    await link(draft, path)
  } catch (error) {
    if (isCode(error, 'EEXIST') || isCode(error, 'ENOENT')) throw error
    // Without hard links it takes two steps; a holder that dies between them costs one lease of waiting.
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
  } finally {
    await rm(draft, { force: true })
  }
}

function highest(names: string[]): { number: number; free: boolean } {
  const number = Math.max(
    0,
    ...names.map(name => (/^\d+(\.free)?$/.test(name) ? Number.parseInt(name, 10) : 0)),
  )
  return { number, free: number === 0 || names.includes(`${number}.free`) }
}

/** The scope of a process number: this machine since its start, and this container. */
function processScope(): string {
  const read = (how: () => string) => {
    try {
      return how().trim()
    } catch {
      return ''
    }
  }
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  const container = read(() => readlinkSync('/proc/self/ns/pid'))
  return `${hostname()}/${boot}/${container}`.replace(/\s/g, '')
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code
}
