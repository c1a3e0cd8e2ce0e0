/**
 * The sign-in of the page, and its two APIs on one grant. Tabs share the tokens: what one renews or ends, the
 * others see.
 */
import axios from 'axios'
import { attachOAuth2, createOAuth2Session, discover, webStorageStore } from 'axios-oauth-interceptor'
import {
  finishPopup,
  handleCallback,
  isCallback,
  signIn,
  signInWithPopup,
  signOut,
} from 'axios-oauth-interceptor/sign-in'

const { VITE_AUTH_URL, VITE_CLIENT_ID, VITE_ORDERS_URL, VITE_BILLING_URL } = import.meta.env
const APIS = [VITE_ORDERS_URL, VITE_BILLING_URL]

export const session = createOAuth2Session({
  server: discover(VITE_AUTH_URL),
  client: { client_id: VITE_CLIENT_ID },
  store: webStorageStore(localStorage),
})
export const [orders, billing] = APIS.map(baseURL => {
  const api = axios.create({ baseURL })
  attachOAuth2(api, session.for({ resource: baseURL }))
  return api
}) as [ReturnType<typeof axios.create>, ReturnType<typeof axios.create>]

// register these three at the server: /callback, /popup, and /signed-out for the way back from a log-out
const { origin } = location
const asked = { resource: APIS, scope: 'openid profile offline_access read', prompt: 'consent' }
export const login = () => signIn(session, { ...asked, redirect_uri: `${origin}/callback` })
export const loginInWindow = () => signInWithPopup(session, { ...asked, redirect_uri: `${origin}/popup` })
export const logout = async () => {
  const { url } = await signOut(session, { post_logout_redirect_uri: `${origin}/signed-out` })
  if (url) location.assign(url)
}

async function start(): Promise<void> {
  if (location.pathname === '/popup') finishPopup()
  else if (location.pathname === '/signed-out') history.replaceState(null, '', '/')
  else if (isCallback()) history.replaceState(null, '', (await handleCallback(session)).returnTo ?? '/')
}
/** Resolves when a callback is dealt with; once for the page, however often it renders. */
export const ready = start()
