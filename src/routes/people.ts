import type { Awaitable } from '../auth/scheme.js'

/**
 * Who is signed in where, by the server's names for people (`sub`) and their sessions (`sid`): a log-out that
 * the server sends finds them by it. Several processes share one, such as sets of Redis.
 */
export interface PeopleIndex {
  /** Remembers for so many seconds at least. */
  add(key: string, user: string, seconds: number): Awaitable<unknown>
  /** Those who were added. */
  members(key: string): Awaitable<readonly string[]>
  remove(key: string): Awaitable<unknown>
}

/** Remembers in this process. */
export function memoryIndex(clock: () => number): PeopleIndex {
  const sets = new Map<string, Map<string, number>>()
  const forget = (now: number) => {
    for (const [key, users] of sets) {
      for (const [user, until] of users) if (until < now) users.delete(user)
      if (users.size > 0) return // the oldest first
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
