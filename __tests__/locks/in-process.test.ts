import { inProcessLock } from '../../src/locks/in-process.js'
import { gate } from '../contracts/case.js'
import { lockContract } from '../contracts/jest.js'

lockContract('inProcessLock', () => ({ lock: inProcessLock(), lease: 0 }))

describe('inProcessLock', () => {
  it('is first come, first served', async () => {
    const lock = inProcessLock()
    const order: number[] = []
    await Promise.all([0, 1, 2, 3, 4].map(turn => lock('name', async () => void order.push(turn))))
    expect(order).toEqual([0, 1, 2, 3, 4])
  })

  it('leaves no listener and no timer behind, however the wait ends', async () => {
    jest.useFakeTimers()
    try {
      const lock = inProcessLock()
      const release = gate()
      const holder = lock('name', () => release.promise, { maxWait: 5 })
      const { signal } = new AbortController()
      const listeners = { added: 0, removed: 0 }
      const add = signal.addEventListener.bind(signal)
      const remove = signal.removeEventListener.bind(signal)
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners.added++
        add(...args)
      }
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners.removed++
        remove(...args)
      }
      const inTime = lock('name', async () => 'in time', { signal, maxWait: 10 })
      const late = lock('name', async () => 'late', { signal, maxWait: 3 })
      const refused = expect(late).rejects.toMatchObject({ code: 'OAUTH_LOCK_TIMEOUT' })
      await jest.advanceTimersByTimeAsync(3000)
      await refused
      release.open()
      await holder
      await expect(inTime).resolves.toBe('in time')
      expect(jest.getTimerCount()).toBe(0)
      expect(listeners.added).toBe(2)
      expect(listeners.removed).toBeGreaterThanOrEqual(2)
    } finally {
      jest.useRealTimers()
    }
  })

  it('waits for ever when told so', async () => {
    const lock = inProcessLock()
    const release = gate()
    const holder = lock('name', () => release.promise)
    const waiter = lock('name', async () => 'patient', { maxWait: Number.POSITIVE_INFINITY })
    await new Promise(resolve => setTimeout(resolve, 20))
    release.open()
    await holder
    await expect(waiter).resolves.toBe('patient')
  })
})
