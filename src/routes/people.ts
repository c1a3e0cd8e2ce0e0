import type { Awaitable } from '../auth/scheme.js'

/**
 * An index of signed-in people by the server's names for them (`sub`) and their sessions (`sid`): a
 * back-channel log-out finds them by it. Several processes share one, such as sets of Redis.
 */
export interface PeopleIndex {
  /** Keeps the entry for at least so many seconds. */
  add(key: string, user: string, seconds: number): Awaitable<unknown>
  /** The people under this key. */
  members(key: string): Awaitable<readonly string[]>
  remove(key: string): Awaitable<unknown>
}

/** Keeps the index in this process. */
export function memoryIndex(clock: () => number): PeopleIndex {
  const sets = new Map<string, Map<string, number>>()
  const forget = (now: number) => {
    for (const [key, users] of sets) {
      for (const [user, until] of users) if (until < now) users.delete(user)
      if (users.size > 0) return // oldest first
      sets.delete(key)
    }
  }
  return {
    add(key, user, seconds) {
      const now = clock()
      forget(now)
      const users = sets.get(key) ?? new Map<string, number>()
      sets.delete(key)
      sets.set(key, users.set(user, now + seconds))
    },
    members: key => [...(sets.get(key)?.keys() ?? [])],
    remove: key => void sets.delete(key),
  }
}
