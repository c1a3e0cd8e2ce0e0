import {
  getCurrentInstance,
  onBeforeMount,
  onMounted,
  onScopeDispose,
  type ShallowRef,
  shallowReadonly,
  shallowRef,
} from 'vue'
import { observeSession, type SessionSnapshot, UNKNOWN } from '../observe/observe.js'
import type { OAuth2Session } from '../session/session-options.js'

/**
 * Returns the signed-in person as a read-only ref that follows the session until its scope (a component, an
 * `effectScope`, a store) stops. A renewal of the token changes only `expires_at`. While a server renders,
 * until its page is hydrated, and during `setup` of a component the value is `{ status: 'unknown' }`, so that
 * both agree.
 * @param session the session of this page
 * @returns a ref whose value is a frozen snapshot without a token; the same object while nothing changed
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not an OAuth 2 session
 * @see OpenID Connect Core 1.0 section 5.1 for the claims of `user`
 * @example
 * const current = useSession(session)
 * const greeting = () => `Hello ${current.value.user?.name}`
 */
export function useSession(session: OAuth2Session): Readonly<ShallowRef<SessionSnapshot>> {
  const { subscribe, getSnapshot } = observeSession(session)
  const current = shallowRef(UNKNOWN)
  let stop: (() => void) | undefined
  const show = () => {
    current.value = getSnapshot()
  }
  const follow = () => {
    show()
    stop = subscribe(show)
  }
  onScopeDispose(() => stop?.())
  const component = getCurrentInstance()
  // A rendering server calls neither of these hooks and stops no scope, so a subscription there would stay
  // forever.
  if (!component || component.isMounted) follow()
  // The element exists before the first rendering only if a server has rendered it.
  else if (component.vnode.el) onMounted(follow)
  else onBeforeMount(follow)
  return shallowReadonly(current)
}
