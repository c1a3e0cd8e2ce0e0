import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileLock } from '../../src/locks/file.js'
import { type StorageLike, storageLease } from '../../src/locks/storage-lease.js'
import { gate } from '../contracts/case.js'
import { lockContract } from '../contracts/jest.js'

function memory(): StorageLike & { readonly items: Map<string, string> } {
  const items = new Map<string, string>()
  return {
    items,
    getItem: key => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: key => void items.delete(key),
  }
}

lockContract('storageLease', () => {
  const storage = memory()
  const options = { lease: 2, settle: 0.005 }
  return {
    lock: storageLease(storage, options),
    other: storageLease(storage, options),
    lease: 2,
    lose: name =>
      storage.setItem(`oauth-lock:${name}`, JSON.stringify({ by: 'thief', until: Date.now() + 100 })),
    // another tab is a claim that is renewed until the tab dies
    async hold(name) {
      const claim = () =>
        storage.setItem(`oauth-lock:${name}`, JSON.stringify({ by: 'other tab', until: Date.now() + 2000 }))
      claim()
      const timer = setInterval(claim, 100)
      return { kill: () => clearInterval(timer) }
    },
  }
})

test.each([
  ['storageLease', () => storageLease(memory(), { settle: 0.001 })],
  ['fileLock', () => fileLock(mkdtempSync(join(tmpdir(), 'lock-')), { poll: 0.001 })],
])('%s: timers that a test fakes after the lock was made do not hang it', async (_name, make) => {
  const lock = make()
  jest.useFakeTimers()
  try {
    const order: number[] = []
    await Promise.all([1, 2, 3].map(id => lock('name', async () => void order.push(id))))
    expect(order.sort()).toEqual([1, 2, 3])
  } finally {
    jest.useRealTimers()
  }
})

describe('storageLease', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('never admits two tabs with concurrent claims, in any order of their writes', async () => {
    for (let seed = 0; seed < 200; seed++) {
      const storage = memory()
      let inside = 0
      let most = 0
      const tabs = Array.from({ length: 4 }, async (_, tab) => {
        await new Promise(resolve => setTimeout(resolve, (seed * (tab + 1)) % 7))
        await storageLease(storage)('name', async () => {
          most = Math.max(most, ++inside)
          await new Promise(resolve => setTimeout(resolve, 30))
          inside--
        })
      })
      await jest.advanceTimersByTimeAsync(5000)
      await Promise.all(tabs)
      expect(most).toBe(1)
    }
  })

  it('lets the later of two claims win when both tabs saw the lock free', async () => {
    const storage = memory()
    const entered: string[] = []
    // both have read the storage before either wrote: the second tab's read is answered as before the first's
    // write
    const stale: StorageLike = { ...storage, getItem: key => (reads++ ? storage.getItem(key) : null) }
    let reads = 0
    const first = storageLease(storage)('name', async () => void entered.push('first'))
    const second = storageLease(stale)('name', async () => void entered.push('second'))
    await jest.advanceTimersByTimeAsync(101)
    expect(entered).toEqual(['second'])
    await jest.advanceTimersByTimeAsync(1000)
    await Promise.all([first, second])
    expect(entered).toEqual(['second', 'first'])
  })

  it('keeps the lock of a section that is longer than a lease', async () => {
    const storage = memory()
    const release = gate()
    let lost = false
    const holder = storageLease(storage)('name', ({ signal }) => {
      signal.addEventListener('abort', () => {
        lost = true
      })
      return release.promise
    })
    await jest.advanceTimersByTimeAsync(200)
    let entered = false
    const waiter = storageLease(storage)('name', async () => void (entered = true))
    await jest.advanceTimersByTimeAsync(60_000)
    expect(entered).toBe(false)
    expect(lost).toBe(false)
    release.open()
    await holder
    await jest.advanceTimersByTimeAsync(1000)
    await waiter
    expect(storage.items.size).toBe(0)
    expect(jest.getTimerCount()).toBe(0)
  })

  it('tells a tab that slept through its lease', async () => {
    const storage = memory()
    let lost = false
    const release = gate()
    const holder = storageLease(storage)('name', ({ signal }) => {
      signal.addEventListener('abort', () => {
        lost = true
      })
      return release.promise
    })
    await jest.advanceTimersByTimeAsync(200)
    jest.setSystemTime(Date.now() + 3600_000)
    await jest.advanceTimersByTimeAsync(2500)
    expect(lost).toBe(true)
    release.open()
    await holder
  })

  it('takes over a claim that a clock set back made immortal, and one that is no claim', async () => {
    for (const claim of [
      JSON.stringify({ by: 'dead', until: Date.now() + 3600_000 }),
      'broken',
      'null',
      '7',
    ]) {
      const storage = memory()
      storage.setItem('oauth-lock:name', claim)
      const answer = storageLease(storage)('name', async () => 'in')
      await jest.advanceTimersByTimeAsync(200)
      await expect(answer).resolves.toBe('in')
    }
  })

  it('gives the lock back when its page goes away', async () => {
    const page = new EventTarget()
    Object.assign(globalThis, {
      addEventListener: page.addEventListener.bind(page),
      removeEventListener: page.removeEventListener.bind(page),
    })
    try {
      const storage = memory()
      const release = gate()
      const holder = storageLease(storage)('name', () => release.promise)
      await jest.advanceTimersByTimeAsync(200)
      expect(storage.items.size).toBe(1)
      page.dispatchEvent(new Event('pagehide'))
      expect(storage.items.size).toBe(0)
      release.open()
      await holder
    } finally {
      Reflect.deleteProperty(globalThis, 'addEventListener')
      Reflect.deleteProperty(globalThis, 'removeEventListener')
    }
  })
})
