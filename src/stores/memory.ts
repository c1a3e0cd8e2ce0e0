import { inProcessLock } from '../locks/in-process.js'
import { localMedium, withMedium } from '../session/medium.js'
import type { StoredGrant, TokenStore } from '../session/stored-grant.js'

/**
 * Keeps grants in this process, as text, so that no caller can change them in place. They are lost when the
 * process or the page ends. Sessions with the same store share its lock.
 */
export function memoryStore(): TokenStore {
  const texts = new Map<string, string>()
  const get = (key: string): StoredGrant | undefined => {
    const text = texts.get(key)
    return text && JSON.parse(text)
  }
  const lock = inProcessLock()
  const store: TokenStore = {
    get,
    set(key, next) {
      // The comparison is false if nothing is stored, because undefined is not >= any number.
      if ((get(key)?.version as number) >= next.version) return false
      texts.set(key, JSON.stringify(next))
      return true
    },
    delete(key) {
      texts.delete(key)
    },
    lock,
  }
  return withMedium(store, localMedium(lock))
}
