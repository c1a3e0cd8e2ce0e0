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
 * Answers who is signed in, as a read-only ref that follows the session until its scope (a component, an
 * `effectScope`, a store) stops. A renewal of the token changes `expires_at` alone. While a server renders,
 * and until its page is hydrated, the value is `{ status: 'unknown' }`, so that both agree; in a component it
 * is that during `setup` as well.
 * @param session the session of this page
 * @returns a ref whose value is a frozen snapshot without a token; the same object while nothing changed
 * @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is not an OAuth 2 session
 * @see OpenID Connect Core 1.0 section 5.1 for the claims of `user`
 * @example
 * const current = useSession(session)
 * const name = computed(() => current.value.user?.name)
 *
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
  // a server that renders calls no hook of these two and stops no scope, so that a subscription there would
  // stay for ever
  if (!component || component.isMounted) follow()
  // the element is there before the first rendering only where a server has rendered it
  else if (component.vnode.el) onMounted(follow)
  else onBeforeMount(follow)
  return shallowReadonly(current)
}
