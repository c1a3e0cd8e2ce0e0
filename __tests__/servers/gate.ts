/**
 * A door that somebody opens by hand: what waits at it goes on then. Tests order events with it, without
 * sleeping.
 */
export interface Gate {
  /** Resolves when the gate is open. */
  wait(): Promise<void>
  /** Lets everybody through, now and later. */
  open(): void
  readonly isOpen: boolean
  /** How many are waiting now. */
  readonly waiting: number
  /** Resolves when at least `count` have come to the gate since it was made. */
  arrived(count?: number): Promise<void>
}

/** Makes a closed {@link Gate}. */
export function gate(): Gate {
  let isOpen = false
  let total = 0
  let waiting: Array<() => void> = []
  let watchers: Array<{ count: number; resolve: () => void }> = []
  return {
    wait() {
      total += 1
      watchers = watchers.filter(watcher => {
        if (total < watcher.count) return true
        watcher.resolve()
        return false
      })
      if (isOpen) return Promise.resolve()
      return new Promise<void>(resolve => waiting.push(resolve))
    },
    open() {
      isOpen = true
      const all = waiting
      waiting = []
      for (const resolve of all) resolve()
    },
    get isOpen() {
      return isOpen
    },
    get waiting() {
      return waiting.length
    },
    arrived(count = 1) {
      if (total >= count) return Promise.resolve()
      return new Promise<void>(resolve => watchers.push({ count, resolve }))
    },
  }
}
