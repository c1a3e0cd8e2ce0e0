import { isOAuthError } from '../errors.js'
import { endOAuth1Session } from '../oauth1/credentials.js'
import type { OAuth1Session } from '../oauth1/session-options.js'
import { validateLogoutToken } from '../oidc/logout.js'
import { isOAuth1 } from '../registry/registration.js'
import type { OAuth2Session } from '../session/session.js'
import { signOut } from '../sign-in/sign-in.js'
import { jsonAnswer } from './pages.js'
import {
  ANONYMOUS,
  clientsOf,
  isSameOrigin,
  redirect,
  returnTarget,
  userOf,
  VISITOR,
  type Visit,
} from './site.js'

/** Signs a person out of one client; returns the address of the server's own log-out. */
async function signOutOf({ site }: Visit, name: string, user: string): Promise<string | undefined> {
  const session = site.registry.session(name, { user })
  if (isOAuth1(site.registry.registration(name))) {
    await endOAuth1Session(session as OAuth1Session)
    return undefined
  }
  if (!(await session.authorized())) return undefined
  const { post_logout_redirect_uri } = site.options
  const { url } = await signOut(session as OAuth2Session, {
    ...(post_logout_redirect_uri !== undefined && { post_logout_redirect_uri }),
  })
  return url
}

/** Signs out of one client or of all, and forgets the visitor after that. */
export async function logout(visit: Visit): Promise<Response> {
  const { site, name, jar } = visit
  if (!isSameOrigin(visit)) return jsonAnswer(403, { error: 'cross_site' })
  const user = await userOf(visit)
  const names = name ? [name] : clientsOf(site)
  let there: string | undefined
  if (user) for (const one of names) there = (await signOutOf(visit, one, user)) ?? there
  if (!name) jar.remove(VISITOR)
  return redirect(there ?? returnTarget(visit))
}

/** Ends the sessions of the people whom the server signed out. */
export async function backchannel(visit: Visit): Promise<Response> {
  const { site, name, request } = visit
  const { registry, people } = site
  const logoutToken = new URLSearchParams(await request.text()).get('logout_token') ?? ''
  try {
    const session = registry.session(name, { user: ANONYMOUS }) as OAuth2Session
    const { sub, sid } = await validateLogoutToken(session, logoutToken)
    const key = `${name} ${sid === undefined ? 'sub' : 'sid'} ${sid ?? sub}`
    for (const user of await people.members(key))
      await signOut(registry.session(name, { user }) as OAuth2Session, { atServer: false })
    await people.remove(key)
    return jsonAnswer(200, {})
  } catch (error) {
    if (!isOAuthError(error)) throw error
    return jsonAnswer(400, { error: 'invalid_request', error_description: error.code })
  }
}
