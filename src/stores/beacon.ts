/** Tells tabs what the last write was, in step with their locks, which `localStorage` is not. */
export interface Beacon {
  /**
   * Says that `version` was written under `key`; resolves when every tab that takes a lock from now on can
   * know.
   */
  announce(key: string, version: number): Promise<void>
  /** Takes back what this tab said about `key`. */
  withdraw(key: string): void
  /** What all tabs say: key and version. */
  announced(): Promise<[key: string, version: number][]>
}

/**
 * A beacon of Web Locks: a tab that wrote holds a shared lock which is named by key and version, until
 * somebody writes after it or its page goes away.
 *
 * Browsers hand a write to `localStorage` from process to process in their own time, and a lock in theirs: a
 * tab that gets the lock next may still read what was there before, and spend a refresh token that is spent.
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
  // a page that holds a lock could not be kept for the way back
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
        // a browser that refuses locks here has refused the one around this write as well
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
