import type { Awaitable } from '../auth/scheme.js'
import { checkNames } from '../lib/check-options.js'
import type { ServerParameters } from '../server/call.js'
import { lacking, processServerResponse } from '../server/token-response.js'
import type { Grant } from './grant.js'
import { poll, type Sleep } from './poll.js'

/**
 * The values to show to the person, in wire names. Times are seconds.
 * @see https://www.rfc-editor.org/rfc/rfc8628#section-3.2
 */
export interface DeviceAuthorization {
  user_code: string
  verification_uri: string
  /** The address with the code in it, for a QR code; the code itself must be shown as well. */
  verification_uri_complete?: string
  expires_in: number
  interval: number
}

/** Options of {@link deviceCodeGrant}. */
export interface DeviceCodeOptions {
  scope?: string | readonly string[]
  /** Shows the code and the address. Polling begins when it has returned. */
  onUserCode: (authorization: DeviceAuthorization) => Awaitable<void>
  /** More parameters of the device authorization request. */
  parameters?: ServerParameters
  /** Default: a timer. */
  sleep?: Sleep
}

const OPTIONS: Record<keyof DeviceCodeOptions, true> = {
  scope: true,
  onUserCode: true,
  parameters: true,
  sleep: true,
}

/**
 * Signs in on a device without a browser: shows a code, and waits until the person has entered it on another
 * device.
 * @example
 * await fetchToken(session, deviceCodeGrant({
 *   scope: 'openid offline_access',
 *   onUserCode: ({ user_code, verification_uri }) =>
 *     console.log(`Open ${verification_uri} and enter ${user_code}`),
 * }))
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an option that does not exist; `OAUTH_SERVER_REFUSED`
 * (`access_denied`, `expired_token`), `OAUTH_TRANSACTION_EXPIRED`, `OAUTH_ABORTED`, `OAUTH_INVALID_RESPONSE`
 * @see https://www.rfc-editor.org/rfc/rfc8628
 */
export function deviceCodeGrant(options: DeviceCodeOptions): Grant {
  checkNames(options, OPTIONS)
  const { scope, onUserCode, parameters, sleep } = options
  const grant: Grant = async (endpoint, context) => {
    const { clock, signal, resource } = context
    const asked = { scope: context.scope ?? scope, resource, ...parameters }
    const response = await context.call('device', asked, signal && { signal })
    const fields = processServerResponse(response, clock())
    const { device_code, user_code, verification_uri, expires_in, interval } = fields
    const addresses = [verification_uri, fields.verification_uri_complete ?? verification_uri]
    const isShowable = addresses.every(address => /^https?:/i.test(`${address}`))
    const usable = {
      device_code,
      user_code,
      verification_uri: isShowable,
      expires_in: Number(expires_in) > 0,
    }
    for (const [name, isUsable] of Object.entries(usable)) if (!isUsable) throw lacking(response, name)
    // A value that is not a time would cause polling without a pause.
    const times = { expires_in: Number(expires_in), interval: Number(interval) > 0 ? Number(interval) : 5 }
    const { device_code: _secret, ...shown } = fields
    await onUserCode({ ...(shown as unknown as DeviceAuthorization), ...times })
    const request = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: `${device_code}`,
    }
    return poll(endpoint, request, context, { ...times, sleep })
  }
  return Object.assign(grant, { interactive: true } as const)
}
