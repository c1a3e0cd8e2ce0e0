import { observeSession, type SessionSnapshot, UNKNOWN } from '../observe/observe.js'
import type { OAuth2Session } from '../session/session-options.js'

/**
 * A readable store as Svelte's store contract describes it: `$store` works on it, and so do `derived` and
 * `get`.
 */
export interface SessionStore {
  /** Calls `run` at once and whenever the snapshot is another; answers the function that stops. */
  subscribe(run: (snapshot: SessionSnapshot) => void): () => void
}

/**
 * Answers who is signed in, as a readable store that follows the session while somebody is subscribed to it.
 * A renewal of the token changes `expires_at` alone. Where there is no document, as while a server renders,
 * the value is `{ status: 'unknown' }` and the session's store is not read.
 * @param session the session of this page
 * @returns a store whose value is a frozen snapshot without a token; the same object while nothing changed
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not an OAuth 2 session
 * @see OpenID Connect Core 1.0 section 5.1 for the claims of `user`
 * @example
 * export const current = sessionStore(session)   // in a component: {$current.user?.name}
 *
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
