import type { Awaitable } from '../auth/scheme.js'
import { type DeviceAuthorization, deviceCodeGrant } from '../grants/device-code.js'
import type { Sleep } from '../grants/poll.js'
import type { ServerParameters } from '../server/call.js'
import { fetchToken } from '../session/fetch-token.js'
import type { OAuth2Session } from '../session/session.js'
import type { Token } from '../session/stored-grant.js'
import { showCode } from './show.js'

/** Options of {@link signInWithDevice}. */
export interface DeviceSignInOptions {
  scope?: string
  /**
   * Shows the code and the address at which to enter it. Default: prints both on the standard error stream.
   */
  onCode?: (authorization: DeviceAuthorization) => Awaitable<void>
  /** More parameters of the device authorization request. */
  parameters?: ServerParameters
  signal?: AbortSignal
  /** Default: a timer. */
  sleep?: Sleep
}

/**
 * Signs in without a browser: shows a code, which the person enters on another device, and waits until the
 * code expires. Returns the token, which the session has stored.
 * @throws OAuthError `OAUTH_ENDPOINT_MISSING`, `OAUTH_SERVER_REFUSED` (`access_denied`, `expired_token`),
 * `OAUTH_TRANSACTION_EXPIRED`, `OAUTH_ABORTED`, `OAUTH_INVALID_RESPONSE`
 * @see https://www.rfc-editor.org/rfc/rfc8628
 * @example
 * await signInWithDevice(session, { scope: 'openid offline_access' })
 */
export function signInWithDevice(
  session: OAuth2Session,
  { onCode = showCode, signal, ...options }: DeviceSignInOptions = {},
): Promise<Token> {
  return fetchToken(session, deviceCodeGrant({ ...options, onUserCode: onCode }), signal && { signal })
}
