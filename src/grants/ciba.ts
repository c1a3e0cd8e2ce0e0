import type { Awaitable } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { checkNames } from '../lib/check-options.js'
import type { ServerParameters } from '../server/call.js'
import { lacking, processServerResponse } from '../server/token-response.js'
import type { Grant } from './grant.js'
import { sleep as byTimer, poll, type Sleep } from './poll.js'

/**
 * Options of {@link cibaGrant}: the request's parameters in wire names, exactly one of the three hints, and
 * the way to wait.
 */
export interface CibaOptions {
  /** Default `openid`. */
  scope?: string | readonly string[]
  login_hint?: string
  login_hint_token?: string
  id_token_hint?: string
  /** Shown on both devices, so that the person can compare them. */
  binding_message?: string
  user_code?: string
  acr_values?: string
  /** Seconds. */
  requested_expiry?: number
  /** Ping mode: the bearer token with which the server calls the notification endpoint. */
  client_notification_token?: string
  /**
   * Ping mode: resolves when the server has notified `auth_req_id`. Without it the token endpoint is polled.
   */
  notified?: (auth_req_id: string, signal?: AbortSignal) => Promise<unknown>
  /** Called when the request was accepted, before the first wait. */
  onStarted?: (request: { auth_req_id: string; expires_in: number }) => Awaitable<void>
  /** More parameters of the authentication request. */
  parameters?: ServerParameters
  /** Default: a timer. */
  sleep?: Sleep
}

const OPTIONS: Record<keyof CibaOptions, true> = {
  scope: true,
  login_hint: true,
  login_hint_token: true,
  id_token_hint: true,
  binding_message: true,
  user_code: true,
  acr_values: true,
  requested_expiry: true,
  client_notification_token: true,
  notified: true,
  onStarted: true,
  parameters: true,
  sleep: true,
}

/**
 * Client-initiated backchannel authentication, poll and ping mode: the person agrees on another device while
 * the client waits.
 * @throws OAuthError `OAUTH_INVALID_OPTION` without exactly one hint, or for an option that does not exist;
 * `OAUTH_SERVER_REFUSED` (`access_denied`, `unknown_user_id` …), `OAUTH_TRANSACTION_EXPIRED`,
 * `OAUTH_ABORTED`, `OAUTH_INVALID_RESPONSE`
 * @see https://openid.net/specs/openid-client-initiated-backchannel-authentication-core-1_0.html
 */
export function cibaGrant(options: CibaOptions): Grant {
  checkNames(options, OPTIONS)
  const { notified, onStarted, parameters, sleep = byTimer, ...own } = options
  const hints = [own.login_hint, own.login_hint_token, own.id_token_hint].filter(Boolean)
  if (hints.length !== 1) throw oauthError('OAUTH_INVALID_OPTION', 'hint')
  const grant: Grant = async (endpoint, context) => {
    const { clock, signal, resource } = context
    const asked = { ...own, scope: context.scope ?? own.scope ?? 'openid', resource, ...parameters }
    const response = await context.call('backchannel', asked, signal && { signal })
    const fields = processServerResponse(response, clock())
    const auth_req_id = fields.auth_req_id as string
    const expires_in = Number(fields.expires_in)
    if (!auth_req_id) throw lacking(response, 'auth_req_id')
    if (!(expires_in > 0)) throw lacking(response, 'expires_in')
    await onStarted?.({ auth_req_id, expires_in })
    const first = async () => {
      // A lost notification must not prolong the wait beyond the life of the request.
      const stop = new AbortController()
      const abort = () => stop.abort()
      signal?.addEventListener('abort', abort, { signal: stop.signal })
      await Promise.race([notified?.(auth_req_id, stop.signal), sleep(expires_in, stop.signal)]).finally(
        abort,
      )
    }
    const request = { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id }
    const interval = Number(fields.interval) > 0 ? Number(fields.interval) : 5
    return poll(endpoint, request, context, { expires_in, interval, sleep, first: notified && first })
  }
  return Object.assign(grant, { interactive: true } as const)
}
