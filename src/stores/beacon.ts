/**
 * Announces the version of the last write to all tabs, because a lock can reach a tab before a write to
 * `localStorage` does.
 */
export interface Beacon {
  /**
   * Announces that `version` is stored under `key`; resolves when each tab that takes a lock from now on can
   * read it.
   */
  announce(key: string, version: number): Promise<void>
  /** Withdraws the announcement of this tab for `key`. */
  withdraw(key: string): void
  /** The announcements of all tabs: key and version. */
  announced(): Promise<[key: string, version: number][]>
}

/**
 * A beacon of Web Locks: after a write, a tab holds a shared lock that is named by key and version, until
 * another tab writes or its page is closed.
 *
 * A browser sends a write to `localStorage` and the release of a lock to other processes independently. The
 * next holder of a lock may therefore read the previous value and spend a refresh token that is already
 * spent.
 */
export function webLocksBeacon(prefix: string, locks: LockManager): Beacon {
  const start = `oauth-written:${prefix}`
  const held = new Map<string, () => void>()
  const withdraw = (key: string) => {
    held.get(key)?.()
    held.delete(key)
    if (held.size) return
    globalThis.removeEventListener?.('storage', another)
    globalThis.removeEventListener?.('pagehide', all)
  }
  const another = ({ key }: StorageEvent) => {
    if (key?.startsWith(prefix)) withdraw(key.slice(prefix.length))
    else if (key === null) all()
  }
  // A page that holds a lock is excluded from the back-forward cache.
  const all = () => {
    for (const key of [...held.keys()]) withdraw(key)
  }
  return {
    announce: (key, version) =>
      new Promise(done => {
        const section = () =>
          new Promise<void>(release => {
            withdraw(key)
            held.set(key, release)
            globalThis.addEventListener?.('storage', another)
            globalThis.addEventListener?.('pagehide', all)
            done()
          })
        // A browser that refuses locks here has also refused the lock around this write.
        locks.request(`${start}${key} ${version}`, { mode: 'shared' }, section).catch(() => done())
      }),
    withdraw,
    async announced() {
      const names = ((await locks.query()).held ?? []).map(({ name = '' }) => name)
      return names
        .filter(name => name.startsWith(start))
        .map(name => [
          name.slice(start.length, name.lastIndexOf(' ')),
          Number(name.slice(name.lastIndexOf(' '))),
        ])
    },
  }
}
