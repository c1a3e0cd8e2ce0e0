import { createElement, Fragment, type ReactElement, type ReactNode, useSyncExternalStore } from 'react'
import { observeSession, type SessionSnapshot, UNKNOWN } from '../observe/observe.js'
import type { OAuth2Session } from '../session/session-options.js'

const whileServerRenders = () => UNKNOWN

/**
 * Returns the signed-in person, and renders the component again on a change. A renewal of the token changes
 * only `expires_at`, and `user` stays the same object. While a server renders and its page is hydrated, the
 * result is `{ status: 'unknown' }`, so that both agree.
 * @param session the session of this page; the same object in every render, so make it outside of the
 * component
 * @returns a frozen snapshot that holds no token; the same object while nothing changed
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not an OAuth 2 session
 * @see OpenID Connect Core 1.0 section 5.1 for the claims of `user`
 * @example
 * const { status, user } = useSession(session)
 */
export function useSession(session: OAuth2Session): SessionSnapshot {
  const { subscribe, getSnapshot } = observeSession(session)
  return useSyncExternalStore(subscribe, getSnapshot, whileServerRenders)
}

/** The props of {@link RequireSession}. */
export interface RequireSessionProps {
  readonly session: OAuth2Session
  /**
   * The replacement of the children, for each status and for `changed` (another person than the displayed one
   * is signed in). Without an entry nothing is shown.
   */
  readonly fallback?: {
    readonly [status in Exclude<SessionSnapshot['status'], 'signed-in'> | 'changed']?: ReactNode
  }
  readonly children?: ReactNode
}

/**
 * Shows its children while a person is signed in, else the fallback for the status. When another person signs
 * in, it unmounts the children until `observeSession(session).acceptChange()`, so that no person sees the
 * data of another. It protects the display; the API protects the data.
 * @param props the session, a fallback for each status, the children
 * @returns an element, or `null` where there is no fallback
 * @throws OAuthError `OAUTH_INVALID_OPTION` where `session` is not an OAuth 2 session
 * @see RFC 10017 for what a script in the page can reach whatever the page shows
 * @example
 * export const Orders = () => (
 *   <RequireSession session={session} fallback={{ 'signed-out': <a href="/sign-in">Sign in</a> }}>
 *     <p>Your orders</p>
 *   </RequireSession>
 * )
 */
export function RequireSession({ session, fallback, children }: RequireSessionProps): ReactElement | null {
  const { status, changed } = useSession(session)
  if (status === 'signed-in' && !changed) return createElement(Fragment, null, children)
  const shown = fallback?.[status === 'signed-in' ? 'changed' : status]
  return shown === undefined ? null : createElement(Fragment, null, shown)
}
