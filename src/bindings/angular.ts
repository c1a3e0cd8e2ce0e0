import { DestroyRef, type Injector, inject, PLATFORM_ID, type Signal, signal } from '@angular/core'
import { observeSession, type SessionSnapshot, UNKNOWN } from '../observe/observe.js'
import type { OAuth2Session } from '../session/session-options.js'

/** Options of {@link toSessionSignal}. */
export interface SessionSignalOptions {
  /**
   * The injector whose end ends the signal, outside of an injection context. Default: that of the component
   * or service.
   */
  readonly injector?: Injector
}

/**
 * Returns the signed-in person as a read-only signal that follows the session until its component or service
 * is destroyed. A renewal of the token changes only `expires_at`. While a server renders, the value is `{
 * status: 'unknown' }`.
 * @param session the session of this page
 * @param options `injector`, where the call is outside of an injection context
 * @returns a signal whose value is a frozen snapshot without a token; the same object while nothing changed
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not an OAuth 2 session
 * @see OpenID Connect Core 1.0 section 5.1 for the claims of `user`
 * @example
 * export class Header {
 *   readonly current = toSessionSignal(session) // in the template: {{ current().user?.['name'] }}
 * }
 */
export function toSessionSignal(
  session: OAuth2Session,
  { injector }: SessionSignalOptions = {},
): Signal<SessionSnapshot> {
  const { subscribe, getSnapshot } = observeSession(session)
  const isServer =
    (injector ? injector.get(PLATFORM_ID, null) : inject(PLATFORM_ID, { optional: true })) === 'server'
  if (isServer) return signal(UNKNOWN).asReadonly()
  const end = injector ? injector.get(DestroyRef) : inject(DestroyRef)
  const current = signal(getSnapshot())
  end.onDestroy(subscribe(() => current.set(getSnapshot())))
  return current.asReadonly()
}
