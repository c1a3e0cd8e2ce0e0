import type { AuthorizationOptions } from '../authorization/options.js'
import type { AuthorizationTransport } from '../authorization/request.js'
import { parseAuthorizationResponse } from '../authorization/response.js'
import { oauthError } from '../errors.js'
import type { OAuth2Session } from '../session/session.js'
import { beginSignIn, finishSignIn, type SignedIn } from './sign-in.js'
import { memoryTransactions } from './transactions.js'

/** The part of `BroadcastChannel` that a popup uses. */
export interface PopupChannel {
  postMessage(message: unknown): void
  onmessage: ((event: { data: unknown }) => void) | null
  close(): void
}

/** The part of a window that a popup uses. */
export interface PopupWindow {
  readonly closed: boolean
  readonly location: { replace(url: string): void }
  close(): void
}

/** Options of {@link signInWithPopup}. */
export interface PopupOptions extends AuthorizationTransport {
  /** Third argument of `window.open`. Default: a window of 500 × 650. */
  features?: string
  /** Aborts the sign-in and closes the window. */
  signal?: AbortSignal
  /** Opens the window. Default: `window.open`. */
  open?: (url: string, target: string, features: string) => PopupWindow | null
  /** Creates the channel for the answer of the callback page. Default: a `BroadcastChannel`. */
  channel?: (name: string) => PopupChannel
}

const channelName = (state: string) => `oauth-callback:${state}`

const broadcast = (name: string): PopupChannel => new BroadcastChannel(name) as PopupChannel

/** Milliseconds between two checks whether the person closed the window. */
const CLOSED_CHECK_INTERVAL = 500

/** The events that end the wait for the callback page. */
function watchAbort(popup: PopupWindow, signal: AbortSignal | undefined, giveUp: () => void): () => void {
  // A page of the server may cut the tie to its opener, and the window then seems closed. Only a person who
  // is back on this page has really closed it.
  let wasClosed = false
  const timer = setInterval(() => {
    const isClosed = popup.closed && document.hasFocus()
    if (isClosed && wasClosed) giveUp()
    wasClosed = isClosed
  }, CLOSED_CHECK_INTERVAL)
  signal?.addEventListener('abort', giveUp)
  return () => {
    clearInterval(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

/** The address that the callback page reports. @throws OAuthError `OAUTH_ABORTED` */
function callbackFrom(
  channel: PopupChannel,
  popup: PopupWindow,
  signal: AbortSignal | undefined,
): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const stop = watchAbort(popup, signal, () => {
      stop()
      reject(oauthError('OAUTH_ABORTED', 'popupClosed'))
    })
    channel.onmessage = ({ data }) => {
      stop()
      resolve(String(data))
    }
  })
}

/**
 * Signs a person in with a window of its own, so that the page stays. Call it directly in a click listener,
 * or the browser blocks the window. `redirect_uri` is a page of this origin that only calls {@link
 * finishPopup}; the two pages communicate over a `BroadcastChannel`, without `window.opener`.
 * @example
 * const redirect_uri = `${location.origin}/popup.html`
 * const onClick = () => signInWithPopup(session, { redirect_uri, scope: 'openid' })
 * @throws OAuthError `OAUTH_AUTHORIZATION_FAILED` when the browser blocked the window, `OAUTH_ABORTED` when
 * it was closed or `signal` says so, and what `beginSignIn` and `finishSignIn` throw
 */
export async function signInWithPopup(
  session: OAuth2Session,
  authorization: AuthorizationOptions,
  options: PopupOptions = {},
): Promise<SignedIn> {
  const {
    features = 'popup,width=500,height=650',
    signal,
    open = (url, target, how) => window.open(url, target, how),
    channel: connect = broadcast,
    ...transport
  } = options
  // The window opens before anything is awaited, because the click counts only for a moment.
  const popup = open('about:blank', '_blank', features)
  if (!popup) throw oauthError('OAUTH_AUTHORIZATION_FAILED', 'popupBlocked')
  const transactions = memoryTransactions()
  let channel: PopupChannel | undefined
  try {
    const { url, state } = await beginSignIn(session, authorization, { ...transport, transactions })
    if (signal?.aborted) throw oauthError('OAUTH_ABORTED', 'popupClosed')
    channel = connect(channelName(state))
    const callback = callbackFrom(channel, popup, signal)
    popup.location.replace(url)
    return await finishSignIn(session, { authorizationResponse: await callback, transactions })
  } finally {
    channel?.close()
    popup.close()
  }
}

/**
 * The code of the callback page of {@link signInWithPopup}: reports its address to the waiting page, and
 * closes the window. Only pages of the same origin receive it, and only the page that began this sign-in can
 * use it.
 * @throws OAuthError `OAUTH_STATE_MISMATCH` when the page was opened without an authorization response
 */
export function finishPopup(
  address: string = location.href,
  {
    channel: connect = broadcast,
    close = () => window.close(),
  }: { channel?: PopupOptions['channel']; close?: () => void } = {},
): void {
  const { state } = parseAuthorizationResponse(address)
  if (!state) throw oauthError('OAUTH_STATE_MISMATCH', 'callback')
  const channel = connect(channelName(state))
  channel.postMessage(address)
  channel.close()
  close()
}
