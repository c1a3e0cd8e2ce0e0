import { isOAuthError, oauthError } from '../errors.js'
import type { OAuth1Session } from '../oauth1/session-options.js'
import { isOAuth1 } from '../registry/registration.js'
import { claimsOf } from '../session/person.js'
import type { OAuth2Session } from '../session/session.js'
import { beginOAuth1SignIn, finishOAuth1SignIn } from '../sign-in/oauth1.js'
import { beginSignIn, finishSignIn } from '../sign-in/sign-in.js'
import { type CookieTransactions, cookieTransactions } from './cookie-transactions.js'
import { jsonAnswer } from './pages.js'
import {
  ANONYMOUS,
  clientsOf,
  failurePage,
  identifyVisitor,
  newVisitor,
  redirect,
  returnTarget,
  userOf,
  type Visit,
} from './site.js'

const transactionsOf = ({ site, jar }: Visit, options: Parameters<typeof cookieTransactions>[2] = {}) =>
  cookieTransactions(jar, site.seal, options)

const callbackUrl = ({ site, name }: Visit) =>
  `${site.origin}${site.basePath}/callback/${encodeURIComponent(name)}`

/** Begins a sign-in, and redirects to the server. */
export async function login(visit: Visit): Promise<Response> {
  const { site, name } = visit
  const user = await userOf(visit)
  if (!user && site.options.user) return jsonAnswer(401, { error: 'login_required' })
  const registration = site.registry.registration(name)
  const { authorization } = registration
  const isFormPost = (authorization as { response_mode?: unknown } | undefined)?.response_mode === 'form_post'
  const options = {
    transactions: transactionsOf(visit, { user, isFormPost }),
    returnTo: returnTarget(visit),
    client: name,
  }
  // A new visitor gets an identifier with the callback.
  const session = site.registry.session(name, { user: user ?? ANONYMOUS })
  const begun = isOAuth1(registration)
    ? await beginOAuth1SignIn(
        session as OAuth1Session,
        { callback: callbackUrl(visit), ...registration.authorization },
        options,
      )
    : await beginSignIn(
        session as OAuth2Session,
        { redirect_uri: callbackUrl(visit), ...registration.authorization },
        options,
      )
  return redirect(begun.url)
}

/** The parameters of a callback: its address, or the posted form. */
async function callbackParameters({ request }: Visit): Promise<Record<string, string> | string> {
  if (request.method !== 'POST') return request.url
  return Object.fromEntries(new URLSearchParams(await request.text()))
}

const stateIn = (response: Record<string, string> | string) => {
  const parameters =
    typeof response === 'string' ? new URL(response).searchParams : new URLSearchParams(response)
  return parameters.get('state') ?? parameters.get('oauth_token') ?? parameters.get('denied') ?? ''
}

/** True if this visitor is signed in to any client. */
async function isSignedIn({ site }: Visit, user: string): Promise<boolean> {
  for (const name of clientsOf(site))
    if (await site.registry.session(name, { user }).authorized()) return true
  return false
}

/**
 * The person for whom a callback finishes a sign-in. A visitor without a sign-in gets a new identifier, so
 * that a planted one is never used (session fixation).
 * @throws OAuthError `OAUTH_STATE_MISMATCH` when the application serves another person now than the one who
 * began it
 */
async function userOfCallback(
  visit: Visit,
  transactions: CookieTransactions,
  state: string,
): Promise<string | undefined> {
  const { site, request } = visit
  const begunBy = await transactions.userOf(state)
  // A form that the browser posts from another site brings no cookie but that of the sign-in, and a redirect
  // brings no Strict one.
  const bringsLess = request.method === 'POST' || site.options.sameSite === 'Strict'
  const known = (await userOf(visit)) ?? (bringsLess ? begunBy : undefined)
  if (!site.options.user) return known && (await isSignedIn(visit, known)) ? known : newVisitor(visit)
  if (known && begunBy && known !== begunBy) throw oauthError('OAUTH_STATE_MISMATCH', 'callback')
  return known
}

/** Indexes a person under the names that the server uses. */
async function indexPerson({ site, name }: Visit, user: string, token: { id_token?: string }): Promise<void> {
  const { sub, sid } = claimsOf(token) ?? {}
  for (const [kind, value] of Object.entries({ sub, sid }))
    if (typeof value === 'string') await site.people.add(`${name} ${kind} ${value}`, user, site.maxAge)
}

async function finish(
  visit: Visit,
  response: Record<string, string> | string,
  user: string,
): Promise<string | undefined> {
  const { site, name } = visit
  const options = {
    authorizationResponse: response,
    transactions: transactionsOf(visit, { user }),
    client: name,
  }
  const session = site.registry.session(name, { user })
  if (isOAuth1(site.registry.registration(name)))
    return (await finishOAuth1SignIn(session as OAuth1Session, options)).returnTo
  const { token, returnTo } = await finishSignIn(session as OAuth2Session, options)
  await indexPerson(visit, user, token)
  return returnTo
}

/** Finishes a sign-in. */
export async function callback(visit: Visit): Promise<Response> {
  const { site, name } = visit
  const response = await callbackParameters(visit)
  const transactions = transactionsOf(visit)
  const state = stateIn(response)
  const user = await userOfCallback(visit, transactions, state)
  if (!user) return jsonAnswer(401, { error: 'login_required' })
  const { home = '/' } = site.options
  try {
    const returnTo = await finish(visit, response, user)
    if (!site.options.user) await identifyVisitor(visit, user)
    return redirect(returnTo ?? home)
  } catch (error) {
    if (!isOAuthError(error)) throw error
    const session = site.registry.session(name, { user })
    // After the back button or a second click the sign-in is already complete.
    if (isOAuthError(error, 'OAUTH_TRANSACTION_USED') && (await session.authorized()))
      return redirect((await transactions.get(state))?.returnTo ?? home)
    return failurePage(visit, error)
  }
}
