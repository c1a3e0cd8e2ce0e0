import { inProcessLock } from '../../src/locks/in-process.js'
import type { Lock, StoredGrant, TokenStore } from '../../src/session/stored-grant.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { Case } from './case.js'
import { type LockSubject, lockCases } from './lock.js'
import { type StoreSubject, storeCases } from './store.js'

const { setTimeout: keepAlive } = globalThis
beforeAll(() => {
  // A lock that hangs leaves a waiter behind, whose timer must not keep the process.
  globalThis.setTimeout = ((...given: Parameters<typeof setTimeout>) =>
    keepAlive(...given).unref()) as typeof setTimeout
})
afterAll(() => {
  globalThis.setTimeout = keepAlive
})

/** The names of the cases that fail; a case that hangs fails too. */
async function failing(cases: Case[], patience = 1200): Promise<string[]> {
  const names = await Promise.all(
    cases.map(async ({ name, run }) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const hangs = new Promise((_, reject) => {
        timer = keepAlive(() => reject(new Error('hangs')), patience)
      })
      const outcome = await Promise.race([run(), hangs]).then(
        () => [],
        () => [name],
      )
      clearTimeout(timer)
      return outcome
    }),
  )
  return names.flat()
}

/** A store that does all things right, to be spoilt in one. */
function sound(): TokenStore & { map: Map<string, string> } {
  const map = new Map<string, string>()
  const get = (key: string): StoredGrant | undefined => JSON.parse(map.get(key) ?? 'null') ?? undefined
  return {
    map,
    get,
    set(key, next) {
      if ((get(key)?.version ?? -1) >= next.version) return false
      map.set(key, JSON.stringify(next))
      return true
    },
    delete: key => void map.delete(key),
    lock: inProcessLock(),
  }
}

describe('the contract of stores catches a store that', () => {
  const spoilt: Record<string, () => StoreSubject> = {
    'does not compare versions': () => {
      const store = sound()
      return { store: { ...store, set: (key, next) => void store.map.set(key, JSON.stringify(next)) } }
    },
    'compares only the same version': () => {
      const store = sound()
      const set: TokenStore['set'] = async (key, next) => {
        if ((await store.get(key))?.version === next.version) return false
        store.map.set(key, JSON.stringify(next))
        return true
      }
      return { store: { ...store, set } }
    },
    'compares versions as text': () => {
      const store = sound()
      const set: TokenStore['set'] = async (key, next) => {
        const stored = await store.get(key)
        if (stored && `${stored.version}` >= `${next.version}`) return false
        store.map.set(key, JSON.stringify(next))
        return true
      }
      return { store: { ...store, set } }
    },
    'compares, and writes a moment later': () => {
      const store = sound()
      const set: TokenStore['set'] = async (key, next) => {
        const stored = await store.get(key)
        await Promise.resolve()
        if (stored && stored.version >= next.version) return false
        store.map.set(key, JSON.stringify(next))
        return true
      }
      return { store: { ...store, set } }
    },
    'writes, though it answers false': () => {
      const store = sound()
      const set: TokenStore['set'] = async (key, next) => {
        const newer = await store.set(key, next)
        store.map.set(key, JSON.stringify(next))
        return newer
      }
      return { store: { ...store, set } }
    },
    'refuses a first version above one': () => {
      const store = sound()
      return {
        store: {
          ...store,
          set: (key, next) => (store.map.has(key) || next.version < 2) && store.set(key, next),
        },
      }
    },
    'merges the new record into the old': () => {
      const store = sound()
      return {
        store: { ...store, set: async (key, next) => store.set(key, { ...(await store.get(key)), ...next }) },
      }
    },
    'forgets a field': () => {
      const store = sound()
      return { store: { ...store, set: (key, { ended: _, ...next }) => store.set(key, next) } }
    },
    'keeps the object it was given': () => {
      const map = new Map<string, StoredGrant>()
      const set: TokenStore['set'] = (key, next) => {
        if ((map.get(key)?.version ?? -1) >= next.version) return false
        map.set(key, next)
        return true
      }
      return { store: { ...sound(), get: key => map.get(key), set, delete: key => void map.delete(key) } }
    },
    'does not delete': () => ({ store: { ...sound(), delete: () => {} } }),
    'deletes everything': () => {
      const store = sound()
      return { store: { ...store, delete: () => store.map.clear() } }
    },
    'ignores case': () => {
      const store = sound()
      const low = (key: string) => key.toLowerCase()
      return {
        store: {
          ...store,
          get: key => store.get(low(key)),
          set: (key, next) => store.set(low(key), next),
          delete: key => store.delete(low(key)),
        },
      }
    },
    'cuts long keys': () => {
      const store = sound()
      const cut = (key: string) => key.slice(0, 250)
      return {
        store: { ...store, get: key => store.get(cut(key)), set: (key, next) => store.set(cut(key), next) },
      }
    },
    'keeps keys in a plain object': () => {
      const object: Record<string, string> = {}
      return {
        store: {
          ...sound(),
          get: key => (object[key] ? JSON.parse(`${object[key]}`) : undefined),
          set: (key, next) => void (object[key] = JSON.stringify(next)),
        },
      }
    },
    'is empty while it writes': () => {
      const store = sound()
      const set: TokenStore['set'] = async (key, next) => {
        const before = store.map.get(key)
        store.map.delete(key)
        await new Promise(resolve => setTimeout(resolve, 2))
        if (before !== undefined) store.map.set(key, before)
        return store.set(key, next)
      }
      return { store: { ...store, set } }
    },
    'tells of every key': () => {
      const store = sound()
      const listeners = new Set<() => void>()
      const set: TokenStore['set'] = (key, next) => {
        for (const listener of listeners) listener()
        return store.set(key, next)
      }
      const subscribe: TokenStore['subscribe'] = (_, changed) => {
        listeners.add(changed)
        return () => listeners.delete(changed)
      }
      return { store: { ...store, subscribe }, other: { ...store, set } }
    },
    'never stops telling': () => {
      const store = sound()
      const listeners = new Map<() => void, string>()
      const set: TokenStore['set'] = (key, next) => {
        for (const [listener, name] of listeners) if (name === key) listener()
        return store.set(key, next)
      }
      const subscribe: TokenStore['subscribe'] = (key, changed) => {
        listeners.set(changed, key)
        return () => {}
      }
      return { store: { ...store, subscribe }, other: { ...store, set } }
    },
    'is shared and has no lock': () => {
      const { lock: _, ...store } = sound()
      return { store: { ...store, shared: true } }
    },
  }

  // at the same time, because some hang for the whole of their patience
  it.concurrent.each(Object.keys(spoilt))('%s', async name => {
    expect(await failing(storeCases(spoilt[name] as () => StoreSubject))).not.toEqual([])
  })

  it('and nothing else', async () => {
    expect(
      await failing(
        storeCases(() => ({ store: sound() })),
        10_000,
      ),
    ).toEqual([])
    expect(
      await failing(
        storeCases(() => ({ store: memoryStore() })),
        10_000,
      ),
    ).toEqual([])
  })
})

describe('the contract of locks catches a lock that', () => {
  const never = () => new AbortController().signal
  const spoilt: Record<string, () => Lock> = {
    'locks nothing': () => async (_, critical) => critical({ signal: never() }),
    'knows one name only': () => {
      const lock = inProcessLock()
      return (_, critical, wait) => lock('name', critical, wait)
    },
    'is held for ever after a throw': () => {
      const lock = inProcessLock()
      return (name, critical, wait) =>
        lock(
          name,
          async lease => {
            try {
              return await critical(lease)
            } catch (error) {
              await lock(name, async () => {}, { maxWait: 1 }).catch(() => {})
              throw error
            }
          },
          wait,
        )
    },
    'swallows errors': () => {
      const lock = inProcessLock()
      return (name, critical, wait) =>
        lock(name, lease => critical(lease).catch(() => undefined as never), wait)
    },
    'does not hear an abort': () => {
      const lock = inProcessLock()
      return (name, critical, { maxWait } = {}) =>
        lock(name, critical, maxWait === undefined ? {} : { maxWait })
    },
    'waits without a cap': () => {
      const lock = inProcessLock()
      return (name, critical, { signal } = {}) => lock(name, critical, signal ? { signal } : {})
    },
    'frees the lock when a waiter gives up': () => {
      const lock = inProcessLock()
      let free = false
      return (name, critical, wait) => {
        wait?.signal?.addEventListener('abort', () => {
          free = true
        })
        return free ? critical({ signal: never() }) : lock(name, critical, wait)
      }
    },
    'lets the newest in first': () => {
      const stack: (() => void)[] = []
      let held = false
      return async (_, critical) => {
        if (held) await new Promise<void>(resolve => stack.push(resolve))
        held = true
        try {
          return await critical({ signal: never() })
        } finally {
          const next = stack.pop()
          held = !!next
          next?.()
        }
      }
    },
    'calls a lease lost that stands': () => {
      const lock = inProcessLock()
      return (name, critical, wait) => lock(name, () => critical({ signal: AbortSignal.abort() }), wait)
    },
    'aborts the section with the wait': () => {
      const lock = inProcessLock()
      return (name, critical, wait) => lock(name, () => critical({ signal: wait?.signal ?? never() }), wait)
    },
  }

  // at the same time, because some hang for the whole of their patience
  it.concurrent.each(Object.keys(spoilt))('%s', async name => {
    const make = () => ({ lock: spoilt[name]?.(), lease: 0 }) as LockSubject
    expect(await failing(lockCases(make))).not.toEqual([])
  })

  it('is not free when its holder dies, or does not say that it was lost', async () => {
    const subject = (): LockSubject => ({
      lock: inProcessLock(),
      lease: 0.1,
      hold: async () => ({ kill() {} }),
      lose: () => {},
    })
    expect(await failing(lockCases(subject))).toEqual([
      'is free one lease after its holder was killed',
      'tells a holder that lost its lease',
    ])
  })

  it('and nothing else', async () => {
    expect(
      await failing(
        lockCases(() => ({ lock: inProcessLock(), lease: 0 })),
        10_000,
      ),
    ).toEqual([])
  })
})
