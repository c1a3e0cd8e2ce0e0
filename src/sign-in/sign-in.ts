import type { AuthorizationOptions } from '../authorization/options.js'
import type { AuthorizationTransport } from '../authorization/request.js'
import { createAuthorizationUrl } from '../authorization/request.js'
import { type AuthorizationResponse, parseAuthorizationResponse } from '../authorization/response.js'
import type { AuthorizationTransaction } from '../authorization/transaction.js'
import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { type AuthorizationCodeGrantOptions, authorizationCodeGrant } from '../grants/authorization-code.js'
import { decodeBase64url } from '../lib/base64url.js'
import { createLogoutUrl, type LogoutOptions } from '../oidc/logout.js'
import type { Token } from '../server/token.js'
import { fetchToken } from '../session/fetch-token.js'
import { type RevocationResult, revokeToken } from '../session/revocation.js'
import { core, type OAuth2Session } from '../session/session.js'
import { withoutResponse } from './page.js'
import { localPath } from './return-to.js'
import { type PendingSignIn, type TransactionStore, takePending, webTransactions } from './transactions.js'

/**
 * Options of {@link beginSignIn}: the transport of the request, and the values to keep until the callback.
 */
export interface BeginOptions extends AuthorizationTransport {
  /** The store of the sign-in until its callback; it must belong to this browser alone. */
  transactions: TransactionStore
  /** The target after the sign-in: a path of this site. */
  returnTo?: string
  /** The name of the client, if there are several: the callback must be for the same one. */
  client?: string
}

/** Stores a sign-in under its state. @throws OAuthError `OAUTH_INVALID_OPTION` for a `returnTo` elsewhere */
export async function storeSignIn(
  state: string,
  transaction: PendingSignIn['transaction'],
  { transactions, returnTo, client }: Pick<BeginOptions, 'transactions' | 'returnTo' | 'client'>,
): Promise<void> {
  const path = localPath(returnTo, globalThis.location?.origin)
  if (returnTo !== undefined && path === undefined) throw oauthError('OAUTH_INVALID_OPTION', 'returnTo')
  const pending = { transaction, ...(path && { returnTo: path }), ...(client !== undefined && { client }) }
  await transactions.set(state, { at: transaction.created_at, pending })
}

/**
 * Begins a sign-in and stores it until its callback; returns the address to which to redirect. For servers; a
 * page uses {@link signIn}.
 * @throws OAuthError as `createAuthorizationUrl` does; `OAUTH_INVALID_OPTION` for a `returnTo` that is no
 * path of this site
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 */
export async function beginSignIn(
  session: OAuth2Session,
  authorization: AuthorizationOptions,
  { transactions, returnTo, client, ...transport }: BeginOptions,
): Promise<{ url: string; state: string }> {
  const { url, transaction } = await createAuthorizationUrl(session, authorization, transport)
  const { state } = transaction
  await storeSignIn(state, transaction, {
    transactions,
    ...(returnTo !== undefined && { returnTo }),
    ...(client && { client }),
  })
  return { url, state }
}

/** Options of {@link finishSignIn}: those of `authorizationCodeGrant`, and the store of the sign-in. */
export interface FinishOptions extends Omit<AuthorizationCodeGrantOptions, 'transaction'> {
  transactions: TransactionStore
  /** The name of the client of this callback, as given to {@link beginSignIn}. */
  client?: string
}

/** The result of a finished sign-in. */
export interface SignedIn {
  token: Token
  /** The `returnTo` of the beginning: a path of this site. */
  returnTo?: string
}

/** The state of an authorization response; with JARM it stands in the JWT, which is verified later. */
function stateOf(response: AuthorizationResponse): string | undefined {
  const { state, response: jwt } = parseAuthorizationResponse(response)
  if (state !== undefined || !jwt) return state
  try {
    const claims = JSON.parse(decodeBase64url(jwt.split('.')[1] ?? ''))
    return typeof claims.state === 'string' ? claims.state : undefined
  } catch {
    return undefined
  }
}

/**
 * Finishes a sign-in with its callback: takes it out of the transaction store, judges the response, exchanges
 * the code and stores the token. For servers; a page uses {@link handleCallback}.
 * @throws OAuthError `OAUTH_STATE_MISMATCH` for a callback that this browser did not begin,
 * `OAUTH_TRANSACTION_USED` for one that came before, `OAUTH_TRANSACTION_EXPIRED` for one that is late,
 * `OAUTH_ISSUER_MISMATCH` for one of another server or client, and what `authorizationCodeGrant` and
 * `fetchToken` throw
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export async function finishSignIn(
  session: OAuth2Session,
  { transactions, client, ...options }: FinishOptions,
): Promise<SignedIn> {
  const state = stateOf(options.authorizationResponse)
  const { transaction, returnTo } = await takePending(transactions, state, client)
  const grant = authorizationCodeGrant({ ...options, transaction: transaction as AuthorizationTransaction })
  return { token: await fetchToken(session, grant), ...(returnTo !== undefined && { returnTo }) }
}

/** Options of {@link signIn}. */
export interface SignInOptions extends AuthorizationTransport {
  /** Default: `sessionStorage`, which belongs to this tab. */
  transactions?: TransactionStore
  /** The target after the sign-in. Default: the current address of the page. */
  returnTo?: string
  /** Navigates to the server. Default: `location.assign`. */
  navigate?: (url: string) => void
}

/**
 * Signs a person in from a page: stores the sign-in and navigates to the authorization server, which
 * redirects to `redirect_uri`, the page with {@link handleCallback}.
 * @example
 * const asked = { redirect_uri: location.origin, scope: 'openid' }
 * if (isCallback()) await handleCallback(session)
 * else if (!(await session.authorized())) await signIn(session, asked)
 * @throws OAuthError as {@link beginSignIn} does
 */
export async function signIn(
  session: OAuth2Session,
  authorization: AuthorizationOptions,
  options: SignInOptions = {},
): Promise<void> {
  const {
    transactions = webTransactions(),
    returnTo = withoutResponse(location.pathname + location.search + location.hash),
    navigate = url => location.assign(url),
    ...transport
  } = options
  const { url } = await beginSignIn(session, authorization, { transactions, returnTo, ...transport })
  navigate(url)
}

/** Options of {@link handleCallback}. */
export interface CallbackOptions extends Partial<Omit<FinishOptions, 'client'>> {
  /** Replaces the address of the page. Default: `history.replaceState`. */
  replace?: (address: string) => void
}

/**
 * Finishes the sign-in that {@link signIn} began, on the callback page. It first removes the response from
 * the page's address, so that neither the history nor a reload has it. Navigate to `returnTo` with the
 * application's router.
 * @example
 * const { returnTo = '/' } = await handleCallback(session)
 * history.replaceState(null, '', returnTo) // or the application's router
 * @throws OAuthError as {@link finishSignIn} does
 */
export async function handleCallback(
  session: OAuth2Session,
  options: CallbackOptions = {},
): Promise<SignedIn> {
  const {
    authorizationResponse = location.href,
    transactions = webTransactions(),
    replace,
    ...rest
  } = options
  if (options.authorizationResponse === undefined || replace) {
    const clean = withoutResponse(`${authorizationResponse}`)
    if (replace) replace(clean)
    else history.replaceState(history.state, '', clean)
  }
  return finishSignIn(session, { ...rest, authorizationResponse, transactions })
}

/** Options of {@link signOut}. */
export interface SignOutOptions extends LogoutOptions {
  /**
   * False leaves the person signed in at the authorization server. Default: signed out there too, if the
   * server supports it.
   */
  atServer?: boolean
}

/** The result of {@link signOut}. */
export interface SignedOut {
  /**
   * Tells whether the server confirmed the revocation of the tokens, and how to retry. The session is over in
   * any case.
   */
  revocation: RevocationResult
  /**
   * The address to which to redirect, so that the authorization server signs the person out too (RP-initiated
   * log-out).
   */
  url?: string
  /**
   * The state that the return to `post_logout_redirect_uri` must bring: `validateLogoutResponse` of `/oidc`.
   */
  state?: string
  /**
   * The reason for a missing `url`, if a person had to be signed out there: the metadata could not be read.
   */
  error?: OAuthError
}

/** The address of the log-out at the server; nothing if it has none. */
async function serverLogout(
  session: OAuth2Session,
  options: LogoutOptions,
): Promise<Omit<SignedOut, 'revocation'>> {
  try {
    const hint = (await core(session).read())?.id_token
    if (!hint && !options.post_logout_redirect_uri) return {}
    const { url, state } = await createLogoutUrl(session, options)
    return { url, ...(state !== undefined && { state }) }
  } catch (error) {
    if (!isOAuthError(error)) throw error
    return isOAuthError(error, 'OAUTH_ENDPOINT_MISSING') ? {} : { error }
  }
}

/**
 * Signs out: ends the session at once, revokes its tokens, and returns the address of the log-out at the
 * server. A failure there does not keep the person signed in here.
 * @example
 * const { url } = await signOut(session, { post_logout_redirect_uri: location.origin })
 * if (url) location.assign(url)
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html
 */
export async function signOut(session: OAuth2Session, options: SignOutOptions = {}): Promise<SignedOut> {
  const { atServer = true, ...logout } = options
  const there = atServer ? await serverLogout(session, logout) : {}
  return { revocation: await revokeToken(session), ...there }
}
