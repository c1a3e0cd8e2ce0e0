import type { Awaitable } from '../auth/scheme.js'
import {
  type AuthorizationOptions,
  type AuthorizationTransport,
  createAuthorizationUrl,
} from '../authorization/request.js'
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
   * More of the authorization request, as {@link createAuthorizationUrl} takes it; `redirect_uri` is made
   * here.
   */
  parameters?: AuthorizationOptions
  /**
   * Opens the address; `false` opens nothing. Default: the system's browser. It is not waited for; when it
   * fails, `onUrl` is called.
   */
  open?: ((url: string) => Awaitable<unknown>) | false
  /** Shows the address where no browser opened. Default: prints it on the standard error stream. */
  onUrl?: (url: string) => Awaitable<unknown>
  /** Where the answer is asked for as a JWT (`response_mode: 'jwt'`); `jarm()` of `/oidc` makes one. */
  jwtResponse?: JwtResponseReader
  signal?: AbortSignal
  /** Seconds to wait for the person, ten minutes at most. Default 300. */
  timeout?: number
  /** Waits so many seconds. Default: a timer. */
  sleep?: Sleep
}

/**
 * Whether the answer comes as a form. @throws OAuthError `OAUTH_INVALID_OPTION` for an answer that would not
 * reach this program
 */
function comesAsForm({ response_mode, response_type = 'code' }: AuthorizationOptions): boolean {
  const asForm = /^form_post(\.jwt)?$/.test(`${response_mode}`)
  const inQuery =
    /^(undefined|null|query|query\.jwt|jwt)$/.test(`${response_mode}`) && response_type === 'code'
  if (!asForm && !inQuery) throw oauthError('OAUTH_INVALID_OPTION', 'loopbackResponse')
  return asForm
}

/** Tells the answer to this sign-in from everything else by its `state`, which nobody can guess. */
function judgeBy(session: OAuth2Session, state: string, jwtResponse: JwtResponseReader | undefined) {
  const judge: Expectation['judge'] = async parameters => {
    let found: Record<string, unknown> = parameters
    if (jwtResponse) found = await jwtResponse(`${parameters.response}`, await core(session).context())
    return isSameText(state, `${found.state ?? ''}`) ? (found as Record<string, string>) : undefined
  }
  return judge
}

/**
 * Opens the address, or shows it where it cannot be opened: a program may fail after the person has signed in
 * with it.
 */
async function present(
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

/** Waits for the callback, an abort, or the end of the time. */
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
      () => reject(oauthError('OAUTH_TRANSACTION_EXPIRED', 'undecided')),
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
 * URL (PKCE, `state`), waits for the browser to come back, exchanges the code, and tells the browser how it
 * went. Always signs in anew; answers the token, which the session has stored. Requests to the port that are
 * not the answer to this sign-in are refused, and the wait goes on.
 * @throws OAuthError `OAUTH_AUTHORIZATION_FAILED` (with the server's `error`), `OAUTH_ABORTED`,
 * `OAUTH_TRANSACTION_EXPIRED` when the time is up, `OAUTH_INVALID_OPTION` for a port that cannot be used, and
 * what {@link createAuthorizationUrl}, {@link authorizationCodeGrant} and {@link fetchToken} throw
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3
 * @example
 * const session = createOAuth2Session({ server, client: { client_id: 'cli' }, store: fileStore(directory), key: 'default' })
 * await signInWithBrowser(session, { scope: 'openid offline_access' })
 *
 */
export async function signInWithBrowser(
  session: OAuth2Session,
  options: BrowserSignInOptions = {},
): Promise<Token> {
  const { scope, parameters = {}, push, sign, jwtResponse, signal } = options
  const asForm = comesAsForm(parameters)
  if (signal?.aborted) throw oauthError('OAUTH_ABORTED', 'signIn')
  const server = await startLoopbackServer(options)
  try {
    const { url, transaction } = await createAuthorizationUrl(
      session,
      { ...(scope && { scope }), ...parameters, redirect_uri: server.redirect_uri },
      { ...(push !== undefined && { push }), ...(sign && { sign }), ...(signal && { call: { signal } }) },
    )
    const judge = judgeBy(session, transaction.state, jwtResponse)
    const callback = await waitForCallback(async (take, over) => {
      server.expect({ asForm, judge, take })
      await present(url, options, over)
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
