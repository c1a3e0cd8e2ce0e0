import { observeSession, type SessionSnapshot, UNKNOWN } from '../observe/observe.js'
import type { OAuth2Session } from '../session/session-options.js'

/**
 * A readable store as Svelte's store contract describes it: `$store` works on it, and so do `derived` and
 * `get`.
 */
export interface SessionStore {
  /** Calls `run` at once and on each change of the snapshot; returns the function that unsubscribes. */
  subscribe(run: (snapshot: SessionSnapshot) => void): () => void
}

/**
 * Returns the signed-in person as a readable store that follows the session while it has subscribers. A
 * renewal of the token changes only `expires_at`. Without a document, as while a server renders, the value is
 * `{ status: 'unknown' }` and the session's store is not read.
 * @param session the session of this page
 * @returns a store whose value is a frozen snapshot without a token; the same object while nothing changed
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not an OAuth 2 session
 * @see OpenID Connect Core 1.0 section 5.1 for the claims of `user`
 * @example
 * export const current = sessionStore(session)   // in a component: {$current.user?.name}
 */
export function sessionStore(session: OAuth2Session): SessionStore {
  const { subscribe, getSnapshot } = observeSession(session)
  return {
    subscribe(run) {
      if (typeof document === 'undefined') {
        run(UNKNOWN)
        return () => {}
      }
      const stop = subscribe(() => run(getSnapshot()))
      run(getSnapshot())
      return stop
    },
  }
}
