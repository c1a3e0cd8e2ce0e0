import { type OAuthError, oauthError } from '../errors.js'
import type { Lock } from '../session/stored-grant.js'

/**
 * A lock for all users of this function object: first come, first served, one queue per name. It is never
 * lost, so `lease.signal` never fires.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT`, `OAUTH_ABORTED` (see {@link Lock})
 */
export function inProcessLock(): Lock {
  const tails = new Map<string, Promise<void>>()
  return (name, critical, { signal, maxWait = Infinity } = {}) =>
    new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      let waiting = true
      const stopWaiting = (error?: OAuthError) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        if (error) {
          waiting = false
          reject(error)
        }
      }
      const abort = () => stopWaiting(oauthError('OAUTH_ABORTED', 'lock'))
      signal?.addEventListener('abort', abort)
      // setTimeout overflows above 2³¹ ms; treat as no limit.
      if (maxWait < 2e6)
        timer = setTimeout(() => stopWaiting(oauthError('OAUTH_LOCK_TIMEOUT', 'waited')), maxWait * 1000)
      if (signal?.aborted) abort()
      const tail = Promise.resolve(tails.get(name))
        .then(() => {
          if (!waiting) return undefined as never
          stopWaiting()
          return critical({ signal: new AbortController().signal })
        })
        .then(resolve, reject)
        .then(() => {
          if (tails.get(name) === tail) tails.delete(name)
        })
      tails.set(name, tail)
    })
}
