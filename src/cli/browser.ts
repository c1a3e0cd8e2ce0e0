import type { Awaitable } from '../auth/scheme.js'
import type { AuthorizationOptions } from '../authorization/options.js'
import { type AuthorizationTransport, createAuthorizationUrl } from '../authorization/request.js'
import { isSameText } from '../authorization/response.js'
import { oauthError } from '../errors.js'
import { authorizationCodeGrant, type JwtResponseReader } from '../grants/authorization-code.js'
import { type Sleep, sleep } from '../grants/poll.js'
import { fetchToken } from '../session/fetch-token.js'
import { core, type OAuth2Session } from '../session/session.js'
import type { Token } from '../session/stored-grant.js'
import {
  type Callback,
  type Expectation,
  type LoopbackOptions,
  startLoopbackServer,
} from './loopback-server.js'
import { openBrowser } from './open-browser.js'
import { showUrl } from './show.js'

/** Options of {@link signInWithBrowser}. */
export interface BrowserSignInOptions extends LoopbackOptions, Pick<AuthorizationTransport, 'push' | 'sign'> {
  scope?: string | readonly string[]
  /**
   * More parameters of the authorization request, as {@link createAuthorizationUrl} takes them;
   * `redirect_uri` is set here.
   */
  parameters?: AuthorizationOptions
  /**
   * Opens the address; `false` opens nothing. Default: the system's browser. It is not awaited; if it fails,
   * `onUrl` is called.
   */
  open?: ((url: string) => Awaitable<unknown>) | false
  /** Shows the address if no browser opened. Default: prints it on the standard error stream. */
  onUrl?: (url: string) => Awaitable<unknown>
  /** Reads a response that is a JWT (`response_mode: 'jwt'`); `jarm()` of `/oidc` makes one. */
  jwtResponse?: JwtResponseReader
  signal?: AbortSignal
  /** Seconds to wait for the person, ten minutes at most. Default 300. */
  timeout?: number
  /** Waits so many seconds. Default: a timer. */
  sleep?: Sleep
}

/**
 * True if the response comes as a form. @throws OAuthError `OAUTH_INVALID_OPTION` for a response that would
 * not reach this program
 */
function isFormPost({ response_mode, response_type = 'code' }: AuthorizationOptions): boolean {
  const asForm = /^form_post(\.jwt)?$/.test(`${response_mode}`)
  const inQuery =
    /^(undefined|null|query|query\.jwt|jwt)$/.test(`${response_mode}`) && response_type === 'code'
  if (!asForm && !inQuery) throw oauthError('OAUTH_INVALID_OPTION', 'loopbackResponse')
  return asForm
}

/** Recognises the response to this sign-in by its `state`, which cannot be guessed. */
function responseJudge(session: OAuth2Session, state: string, jwtResponse: JwtResponseReader | undefined) {
  const judge: Expectation['judge'] = async parameters => {
    let found: Record<string, unknown> = parameters
    if (jwtResponse) found = await jwtResponse(`${parameters.response}`, await core(session).context())
    return isSameText(state, `${found.state ?? ''}`) ? (found as Record<string, string>) : undefined
  }
  return judge
}

/**
 * Opens the address, or shows it if it cannot be opened. A browser may report a failure after the person has
 * signed in with it.
 */
async function openOrShow(
  url: string,
  { open = openBrowser, onUrl = showUrl }: BrowserSignInOptions,
  over: AbortSignal,
): Promise<void> {
  const isOpened =
    open !== false &&
    (await Promise.resolve(url)
      .then(open)
      .then(
        () => true,
        () => false,
      ))
  if (!isOpened && !over.aborted) await onUrl(url)
}

/** Waits for the callback, an abort, or the time limit. */
function waitForCallback(
  begin: (take: Expectation['take'], over: AbortSignal) => Promise<void>,
  { signal, timeout = 300, sleep: wait = sleep }: BrowserSignInOptions,
): Promise<Callback> {
  const over = new AbortController()
  let abort: () => void = () => {}
  return new Promise<Callback>((resolve, reject) => {
    abort = () => reject(oauthError('OAUTH_ABORTED', 'signIn'))
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    wait(timeout, over.signal).then(
      () => reject(oauthError('OAUTH_TRANSACTION_EXPIRED', 'noDecision')),
      reject,
    )
    begin(resolve, over.signal).catch(reject)
  }).finally(() => {
    signal?.removeEventListener('abort', abort)
    over.abort()
  })
}

/**
 * Signs in with the system's browser, as native applications do: listens on loopback, opens the authorization
 * URL (PKCE, `state`), waits for the callback, exchanges the code, and shows the outcome in the browser. It
 * always signs in again; it returns the token, which the session has stored. Other requests to the port are
 * refused, and the wait goes on.
 * @throws OAuthError `OAUTH_AUTHORIZATION_FAILED` (with the server's `error`), `OAUTH_ABORTED`,
 * `OAUTH_TRANSACTION_EXPIRED` when the time is up, `OAUTH_INVALID_OPTION` for a port that cannot be used, and
 * what {@link createAuthorizationUrl}, {@link authorizationCodeGrant} and {@link fetchToken} throw
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3
 * @example
 * const store = fileStore('.tokens')
 * const session = createOAuth2Session({ server, client: { client_id: 'cli' }, store, key: 'default' })
 * await signInWithBrowser(session, { scope: 'openid offline_access' })
 */
export async function signInWithBrowser(
  session: OAuth2Session,
  options: BrowserSignInOptions = {},
): Promise<Token> {
  const { scope, parameters = {}, push, sign, jwtResponse, signal } = options
  const asForm = isFormPost(parameters)
  if (signal?.aborted) throw oauthError('OAUTH_ABORTED', 'signIn')
  const server = await startLoopbackServer(options)
  try {
    const { url, transaction } = await createAuthorizationUrl(
      session,
      { ...(scope && { scope }), ...parameters, redirect_uri: server.redirect_uri },
      { ...(push !== undefined && { push }), ...(sign && { sign }), ...(signal && { call: { signal } }) },
    )
    const judge = responseJudge(session, transaction.state, jwtResponse)
    const callback = await waitForCallback(async (take, over) => {
      server.expect({ asForm, judge, take })
      await openOrShow(url, options, over)
    }, options)
    const grant = authorizationCodeGrant({ authorizationResponse: callback.parameters, transaction })
    try {
      const token = await fetchToken(session, grant, signal && { signal })
      await callback.answer('success')
      return token
    } catch (error) {
      await callback.answer('failure')
      throw error
    }
  } finally {
    server.close()
  }
}
