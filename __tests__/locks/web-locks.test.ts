import { inProcessLock } from '../../src/locks/in-process.js'
import { webLocks } from '../../src/locks/web-locks.js'
import { gate } from '../contracts/case.js'
import { lockContract } from '../contracts/jest.js'

type Request = (name: string, options: { signal: AbortSignal }, section: () => unknown) => Promise<unknown>

/**
 * What a browser's `navigator.locks.request` does with these arguments; the real ones are tested in browsers.
 */
function lockManager() {
  const queue = inProcessLock()
  const thieves: (() => void)[] = []
  const request: Request = (name, { signal }, section) =>
    new Promise((resolve, reject) => {
      if (name.startsWith('-')) reject(new DOMException('reserved', 'NotSupportedError'))
      const aborted = () => reject(new DOMException('aborted', 'AbortError'))
      thieves.push(aborted)
      queue(
        name,
        async () => {
          // as in browsers: a signal ends the wait, not the section
          signal.removeEventListener('abort', aborted)
          return section()
        },
        { signal },
      ).then(resolve, error => (error.code === 'OAUTH_ABORTED' ? aborted() : reject(error)))
    })
  return { locks: { request } as unknown as LockManager, steal: () => thieves.at(-1)?.() }
}

lockContract('webLocks', () => {
  const { locks, steal } = lockManager()
  return { lock: webLocks({ locks }), other: webLocks({ locks }), lease: 0, lose: steal }
})

describe('webLocks', () => {
  it('uses the fallback in a page without Web Locks', async () => {
    const names: string[] = []
    const lock = webLocks({
      locks: undefined,
      fallback: (name, critical) => {
        names.push(name)
        return critical({ signal: new AbortController().signal })
      },
    })
    await expect(lock('name', async () => 1)).resolves.toBe(1)
    // Node 24 has Web Locks of its own
    expect(names).toEqual(globalThis.navigator?.locks ? [] : ['name'])
  })

  it('works without storage and without Web Locks', async () => {
    await expect(webLocks()('name', async () => 1)).resolves.toBe(1)
  })

  it('lets an error of the browser through', async () => {
    const denied = new DOMException('denied', 'SecurityError')
    const locks = { request: () => Promise.reject(denied) } as unknown as LockManager
    await expect(webLocks({ locks })('name', async () => 1)).rejects.toBe(denied)
  })

  it('leaves no timer behind', async () => {
    jest.useFakeTimers()
    try {
      const { locks } = lockManager()
      const lock = webLocks({ locks })
      const release = gate()
      const holder = lock('name', () => release.promise, { maxWait: 10 })
      const waiter = lock('name', async () => 1, { maxWait: 10 })
      release.open()
      await holder
      await waiter
      expect(jest.getTimerCount()).toBe(0)
    } finally {
      jest.useRealTimers()
    }
  })
})
