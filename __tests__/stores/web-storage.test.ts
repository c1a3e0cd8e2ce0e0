/** @jest-environment jsdom */
import type { OAuthError } from '../../src/errors.js'
import { inProcessLock } from '../../src/locks/in-process.js'
import { webStorageStore } from '../../src/stores/web-storage.js'
import { storeContract } from '../contracts/jest.js'
import { sampleGrant } from '../contracts/store.js'

/** The same storage as another tab sees it: what it writes is told to this one. */
function otherTab(storage: Storage): Storage {
  const tell = (key: string | null) =>
    window.dispatchEvent(new StorageEvent('storage', { key, storageArea: storage }))
  return {
    getItem: key => storage.getItem(key),
    setItem(key, value) {
      storage.setItem(key, value)
      tell(key)
    },
    removeItem(key) {
      storage.removeItem(key)
      tell(key)
    },
    clear() {
      storage.clear()
      tell(null)
    },
    key: index => storage.key(index),
    length: 0,
  }
}

const two = (storage: Storage) => () => {
  storage.clear()
  const lock = inProcessLock()
  return {
    store: webStorageStore(storage, { lock }),
    other: webStorageStore(otherTab(storage), { lock }),
  }
}

storeContract('webStorageStore(localStorage)', two(localStorage))
storeContract('webStorageStore(sessionStorage)', two(sessionStorage))

describe('webStorageStore', () => {
  beforeEach(() => {
    localStorage.clear()
    sessionStorage.clear()
  })

  const foreign: [string, string][] = [
    ['text', 'secret-token'],
    ['no JSON', '{"v":1,"grantId":"x","refresh_token":"secret-token"'],
    ['null', 'null'],
    ['a number', '7'],
    ['an array', '[]'],
    ['a bare token', '{"access_token":"secret-token"}'],
    ['a newer format', JSON.stringify({ ...sampleGrant(1), v: 2 })],
    ['no version', '{"v":1,"grantId":"x","tokens":{}}'],
    ['a version that is no number', '{"v":1,"grantId":"x","version":"1","tokens":{}}'],
    ['a version that is not whole', '{"v":1,"grantId":"x","version":1.5,"tokens":{}}'],
    ['no grant', '{"v":1,"version":1,"tokens":{}}'],
    ['no tokens', '{"v":1,"grantId":"x","version":1}'],
    ['tokens null', '{"v":1,"grantId":"x","version":1,"tokens":null}'],
    ['tokens that are no tokens', '{"v":1,"grantId":"x","version":1,"tokens":{"":{}}}'],
    ['a null token', '{"v":1,"grantId":"x","version":1,"tokens":{"":null}}'],
    ['a refresh token that is no text', '{"v":1,"grantId":"x","version":1,"tokens":{},"refresh_token":7}'],
    ['an end without reason', '{"v":1,"grantId":"x","version":1,"tokens":{},"ended":true}'],
  ]
  it.each(foreign)('reports %s, treats it as absent and writes over it', async (_, text) => {
    const store = webStorageStore(localStorage)
    localStorage.setItem('oauth:key', text)
    const reported: OAuthError[] = []
    expect(await store.get('key', error => reported.push(error))).toBeUndefined()
    expect(reported).toHaveLength(1)
    expect(reported[0]).toMatchObject({ name: 'OAuthError', code: 'OAUTH_STORE_VALUE' })
    expect(`${reported[0]?.message}${JSON.stringify(reported[0])}${reported[0]?.stack}`).not.toContain(
      'secret',
    )
    expect(await store.get('key')).toBeUndefined()
    expect(await store.set('key', sampleGrant(1))).toBe(true)
    expect(await store.get('key')).toEqual(sampleGrant(1))
  })

  it('writes under its prefix and touches nothing else', async () => {
    localStorage.setItem('theirs', 'x')
    const [one, two] = [
      webStorageStore(localStorage, { prefix: 'one:' }),
      webStorageStore(localStorage, { prefix: 'two:' }),
    ]
    await one.set('key', sampleGrant(1))
    expect(await two.get('key')).toBeUndefined()
    expect(Object.keys(localStorage).sort()).toEqual(['one:key', 'theirs'])
    await one.delete('key')
    expect(Object.keys(localStorage)).toEqual(['theirs'])
  })

  it('tells of a storage that was cleared', () => {
    let told = 0
    const end = webStorageStore(localStorage).subscribe?.('key', () => told++)
    otherTab(localStorage).clear()
    otherTab(sessionStorage).clear()
    expect(told).toBe(1)
    end?.()
    otherTab(localStorage).clear()
    expect(told).toBe(1)
  })

  it('lets the error of a full storage through', async () => {
    const full = {
      ...otherTab(localStorage),
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
    }
    expect(() => webStorageStore(full, { lock: inProcessLock() }).set('key', sampleGrant(1))).toThrow('full')
  })

  it('guards localStorage by a lock of all tabs, sessionStorage by one of this page', async () => {
    const names: string[] = []
    const locks = {
      request: async (name: string, _: unknown, section: () => unknown) => {
        names.push(name)
        return section()
      },
    }
    Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
    try {
      await webStorageStore(localStorage).lock?.('key', async () => {})
      await webStorageStore(localStorage, { prefix: 'mine:' }).lock?.('key', async () => {})
      await webStorageStore(sessionStorage).lock?.('key', async () => {})
      expect(names).toEqual(['oauth-lock:oauth:key', 'oauth-lock:mine:key'])
    } finally {
      Reflect.deleteProperty(navigator, 'locks')
    }
    // without Web Locks the lease stands in the storage itself
    let leases: string[] = []
    await webStorageStore(localStorage).lock?.('key', async () => {
      leases = Object.keys(localStorage)
    })
    expect(leases).toEqual(['oauth-lock:oauth:key'])
    expect(Object.keys(localStorage)).toEqual([])
  })
})

describe('webStorageStore in a browser that hands on writes later than locks', () => {
  type Held = { name: string; mode: string }
  /** `navigator.locks` for all tabs of this test. */
  function lockManager() {
    const queue = inProcessLock()
    const held = new Set<Held>()
    const within = async (name: string, mode: string, section: () => unknown) => {
      const entry = { name, mode }
      held.add(entry)
      try {
        return await section()
      } finally {
        held.delete(entry)
      }
    }
    return {
      held,
      query: async () => ({ held: [...held], pending: [] }),
      request: (name: string, { mode = 'exclusive' }, section: () => unknown) =>
        mode === 'shared' ? within(name, mode, section) : queue(name, () => within(name, mode, section)),
    }
  }
  /** A tab's own view of a storage: what others write arrives when `arrive` is called. */
  function tab(common: Map<string, string>) {
    const seen = new Map(common)
    const storage = {
      getItem: (key: string) => seen.get(key) ?? null,
      setItem(key: string, value: string) {
        seen.set(key, value)
        common.set(key, value)
      },
      removeItem(key: string) {
        seen.delete(key)
        common.delete(key)
      },
    } as Storage
    const arrive = () => {
      seen.clear()
      for (const [key, value] of common) seen.set(key, value)
    }
    return { storage, arrive, store: webStorageStore(storage) }
  }
  let locks: ReturnType<typeof lockManager>
  beforeEach(() => {
    locks = lockManager()
    Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
  })
  afterEach(() => void Reflect.deleteProperty(navigator, 'locks'))
  const beacons = () => [...locks.held].filter(({ mode }) => mode === 'shared').map(({ name }) => name)

  it('admits no holder before the last write has arrived', async () => {
    const common = new Map<string, string>()
    const [one, two] = [tab(common), tab(common)]
    await one.store.lock?.('key', async () => void (await one.store.set('key', sampleGrant(1))))
    let read: number | undefined
    const section = two.store.lock?.('key', async () => {
      read = (await two.store.get('key'))?.version
    })
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(read).toBeUndefined()
    two.arrive()
    await section
    expect(read).toBe(1)
  })

  it('tells of the last write only, and not for ever', async () => {
    const common = new Map<string, string>()
    const { store } = tab(common)
    await store.set('key', sampleGrant(1))
    await store.set('key', sampleGrant(2))
    await store.set('other key 7', sampleGrant(3))
    expect(beacons()).toEqual(['oauth-written:oauth:key 2', 'oauth-written:oauth:other key 7 3'])
    expect(await store.lock?.('key', async () => 'in')).toBe('in')
    await store.delete('key')
    await new Promise(resolve => setTimeout(resolve))
    expect(beacons()).toEqual(['oauth-written:oauth:other key 7 3'])
    // another tab wrote after it, and tells of that itself
    window.dispatchEvent(new StorageEvent('storage', { key: 'oauth:other key 7' }))
    await new Promise(resolve => setTimeout(resolve))
    expect(beacons()).toEqual([])
  })

  it.each([
    ['the page goes away', () => window.dispatchEvent(new Event('pagehide'))],
    ['the storage was cleared', () => window.dispatchEvent(new StorageEvent('storage', { key: null }))],
  ])('is silent when %s', async (_, happens) => {
    const { store } = tab(new Map())
    await store.set('key', sampleGrant(1))
    await store.set('another', sampleGrant(1))
    happens()
    await new Promise(resolve => setTimeout(resolve))
    expect(beacons()).toEqual([])
    expect(await store.set('key', sampleGrant(2))).toBe(true)
    expect(beacons()).toEqual(['oauth-written:oauth:key 2'])
  })

  it('waits a second at most for a deleted value', async () => {
    const common = new Map<string, string>()
    const [one, two] = [tab(common), tab(common)]
    await one.store.set('key', sampleGrant(5))
    two.arrive()
    await two.store.delete('key')
    const asked = Date.now()
    expect(await two.store.lock?.('key', async () => two.store.get('key'))).toBeUndefined()
    expect(Date.now() - asked).toBeLessThan(3000)
  })

  it('goes on where the browser refuses', async () => {
    locks.request = async () => {
      throw new DOMException('refused', 'SecurityError')
    }
    expect(await tab(new Map()).store.set('key', sampleGrant(1))).toBe(true)
  })
})
