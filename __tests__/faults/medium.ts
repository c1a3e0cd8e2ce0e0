import { inProcessLock } from '../../src/locks/in-process.js'
import { type Lease, runLeased } from '../../src/locks/lease.js'
import { webLocks } from '../../src/locks/web-locks.js'
import type { Lock, StoredGrant, TokenStore } from '../../src/session/stored-grant.js'
import { defineStore } from '../../src/stores/define-store.js'
import type { Owner } from './scheduler.js'
import type { Process, Section, World } from './world-types.js'

/** The place that all processes share: one record, one lock. */
export interface Medium {
  /** One process's hand on it: shared by the sessions of the process, as one store object is. */
  open(process: Process): TokenStore
  record(): StoredGrant | undefined
  put(grant: StoredGrant): void
  /** True while a write of it is on its way. */
  isWriting(process: Process): boolean
  /** Frees what a dead process leaves: Web Locks do that at once, a lease runs out. */
  bury(process: Process): void
}

/** Makes the medium of a world. */
export function makeMedium(world: World): Medium {
  const { time, random, profile, judge } = world
  let text: string | undefined
  const record = (): StoredGrant | undefined => text && JSON.parse(text)
  const subscribers = new Set<{ owner: Process; changed: () => void }>()
  const leases = new Map<string, { hand: string; until: number }>()
  const manager = makeLockManager(world)
  let hands = 0

  /** What drivers throw: they like to show the command. */
  const driverError = (shown: string) =>
    Object.assign(new Error(`READONLY ${shown}`), { code: 'EIO', command: { args: [shown] } })

  const delay = () =>
    random.happens(0.6) ? 0 : random() * (!world.calm && random.happens(profile.faults.slowness) ? 1.5 : 0.02)
  const flying = new Set<Flight>()

  type Trouble = 'before' | 'after' | undefined
  const trouble = (kind: 'read' | 'write' | 'lock'): Trouble => {
    if (world.calm) return undefined
    if (time.now < world.storeDown) return 'before'
    const { store, lock } = profile.faults
    if (kind === 'read') return random.happens(store.read) ? 'before' : undefined
    if (kind === 'lock') return random.happens(lock) ? random.pick(['before', 'after'] as const) : undefined
    return random.happens(store.before) ? 'before' : random.happens(store.after) ? 'after' : undefined
  }

  /**
   * An operation on the medium: a way there, the deed, a way back. The deed is done even if its process dies
   * meanwhile.
   */
  function operate<T>(
    owner: Process,
    label: string,
    failure: Trouble,
    shown: string,
    deed: () => T,
    undone?: () => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const name = `${label} of ${owner.name} arrives${failure ? ` (fails ${failure})` : ''}`
      const arrive = () => {
        flying.delete(flight)
        if (failure === 'before') undone?.()
        const result = failure === 'before' ? undefined : deed()
        if (!owner.alive) return
        time.after(delay(), owner, `${label} answers`, () =>
          failure ? reject(driverError(shown)) : resolve(result as T),
        )
      }
      const depart = (wait: number) => time.after(wait, undefined, name, arrive)
      const flight: Flight = { owner, writes: label.startsWith('store.set'), id: depart(delay()), depart }
      flying.add(flight)
    })
  }

  function write(owner: Process, next: StoredGrant): boolean {
    const before = record()
    if (before && before.version >= next.version) {
      time.note(`write of version ${next.version} refused: ${before.version} is stored`)
      return false
    }
    time.note(
      `version ${next.version} stored: ${next.ended ? `ended (${next.ended.reason})` : next.refresh_token}`,
    )
    judge.written(owner, before, next)
    text = JSON.stringify(next)
    for (const subscriber of subscribers) {
      if (subscriber.owner === owner || !subscriber.owner.alive) continue
      if (!world.calm && random.happens(profile.faults.noticeLost)) continue
      time.after(delay(), subscriber.owner, 'a notice of the write', subscriber.changed)
    }
    return true
  }

  /** Lets the judge know who is inside. */
  const watched = <T>(
    process: Process,
    signal: AbortSignal,
    isLost: () => boolean,
    critical: () => Promise<T>,
  ): Promise<T> => {
    // asking a lease whether it stands may end it: so it is told here, and not asked
    let lost = signal.aborted
    signal.addEventListener('abort', () => {
      lost ||= section.open
    })
    const section: Section = {
      process,
      open: true,
      lost: () => {
        lost ||= section.open && isLost()
        return lost
      },
    }
    judge.enter(section)
    return critical().finally(() => {
      section.lost()
      judge.exit(section)
      section.open = false
    })
  }

  function leaseLock(process: Process): Lock {
    return (name, critical, wait) => {
      judge.shown('the name of a lock', name)
      const mine = `${process.name}#${++hands}`
      const held = () => {
        const lease = leases.get(name)
        return lease?.hand === mine && lease.until > time.now
      }
      const put = () => leases.set(name, { hand: mine, until: time.now + profile.lease })
      const ask = <T>(label: string, deed: () => T) =>
        operate(process, label, trouble('lock'), 'SET lock', deed)
      const hand: Lease = {
        take: () =>
          ask('lock.take', () => {
            const lease = leases.get(name)
            if (lease && lease.until > time.now && lease.hand !== mine) return false
            put()
            return true
          }),
        renew: () => ask('lock.renew', () => held() && !!put()),
        release: () => ask('lock.release', () => held() && leases.delete(name)),
      }
      return runLeased(
        hand,
        { lease: profile.lease, poll: 1 },
        lease =>
          watched(
            process,
            lease.signal,
            () => !held(),
            () => critical(lease),
          ),
        wait,
      )
    }
  }

  function lockOf(process: Process): Lock | undefined {
    if (profile.lock === 'none') return undefined
    if (profile.lock === 'lease') return leaseLock(process)
    const inner = profile.lock === 'memory' ? inProcessLock() : webLocks({ locks: manager.of(process) })
    return (name, critical, wait) => {
      judge.shown('the name of a lock', name)
      return inner(
        name,
        lease =>
          watched(
            process,
            lease.signal,
            () => false,
            () => critical(lease),
          ),
        wait,
      )
    }
  }

  function open(process: Process): TokenStore {
    const lock = lockOf(process)
    const direct = <T>(failure: Trouble, shown: string, deed: () => T): T => {
      if (failure === 'before') throw driverError(shown)
      const result = deed()
      if (failure) throw driverError(shown)
      return result
    }
    return defineStore({
      get() {
        const failure = trouble('read')
        return profile.synchronous
          ? direct(failure, text ?? '', record)
          : operate(process, 'store.get', failure, text ?? '', record)
      },
      set(_key, next) {
        const failure = trouble('write')
        const copy = JSON.parse(JSON.stringify(next))
        const shown = JSON.stringify(next)
        judge.tried(copy)
        const undone = () => judge.notWritten(copy)
        if (!profile.synchronous)
          return operate(
            process,
            `store.set (version ${next.version})`,
            failure,
            shown,
            () => write(process, copy),
            undone,
          )
        if (failure === 'before') undone()
        return direct(failure, shown, () => write(process, copy))
      },
      delete() {
        judge.fail('a deletion', 'a session deleted what is stored')
      },
      ...(lock && { lock }),
      ...(profile.subscribe && {
        subscribe(_key: string, changed: () => void) {
          const subscriber = { owner: process, changed }
          subscribers.add(subscriber)
          return () => void subscribers.delete(subscriber)
        },
      }),
    })
  }

  return {
    open,
    record,
    put(grant) {
      judge.written(undefined, undefined, grant)
      text = JSON.stringify(grant)
    },
    isWriting: process => [...flying].some(({ owner, writes }) => owner === process && writes),
    bury(process) {
      manager.bury(process)
      for (const flight of flying) {
        // what it has sent may arrive long after its death
        if (flight.owner !== process || random.happens(0.4)) continue
        time.cancel(flight.id)
        flight.id = flight.depart(random() * random.pick([0.3, 2, 15]))
      }
      for (const subscriber of subscribers) if (subscriber.owner === process) subscribers.delete(subscriber)
    },
  }
}

/** An operation that has left its process and is not there yet. */
interface Flight {
  owner: Process
  writes: boolean
  id: number
  depart: (wait: number) => number
}

interface Waiter {
  owner: Owner
  run: () => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/**
 * The part of a browser's lock manager that the lock uses: first come, first served; the dead hold nothing.
 */
function makeLockManager({ time }: World) {
  const queues = new Map<string, Waiter[]>()
  const granted = new Set<Waiter>()

  const next = (name: string) => {
    const first = queues.get(name)?.[0]
    if (!first || granted.has(first)) return
    granted.add(first)
    time.after(0, first.owner, 'the lock is granted', () => {
      if (!queues.get(name)?.includes(first)) return
      first
        .run()
        .then(first.resolve, first.reject)
        .then(() => leave(name, first))
    })
  }
  const leave = (name: string, waiter: Waiter) => {
    const queue = queues.get(name) ?? []
    const index = queue.indexOf(waiter)
    if (index >= 0) queue.splice(index, 1)
    granted.delete(waiter)
    next(name)
  }
  return {
    of: (owner: Owner): Pick<LockManager, 'request'> => ({
      request: ((name: string, { signal }: { signal?: AbortSignal }, run: () => Promise<unknown>) =>
        new Promise((resolve, reject) => {
          let running = false
          const waiter: Waiter = {
            owner,
            run: () => {
              running = true
              return Promise.resolve(run())
            },
            resolve: resolve as Waiter['resolve'],
            reject,
          }
          queues.set(name, [...(queues.get(name) ?? []), waiter])
          const give = () => {
            if (running) return
            leave(name, waiter)
            reject(new Error('AbortError'))
          }
          signal?.addEventListener('abort', give)
          if (signal?.aborted) give()
          else next(name)
        })) as LockManager['request'],
    }),
    bury(owner: Owner) {
      for (const [name, queue] of queues) {
        for (const waiter of queue.filter(waiter => waiter.owner === owner)) leave(name, waiter)
      }
    },
  }
}
