import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { LONGEST } from '../lib/timer.js'
import type { ServerCallOptions, ServerParameters } from '../server/call.js'
import type { Token } from '../session/stored-grant.js'
import type { GrantContext, TokenEndpoint } from './grant.js'

/** Waits so many seconds; returns early when `signal` is aborted. */
export type Sleep = (seconds: number, signal?: AbortSignal) => Promise<void>

/** Waits by a timer, which an abort clears. */
export const sleep: Sleep = (seconds, signal) =>
  new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    // setTimeout overflows above 2³¹ ms and would not wait at all.
    const timer = setTimeout(done, Math.min(seconds * 1000, LONGEST))
    if (signal?.aborted) done()
    else signal?.addEventListener('abort', done)
  })

/** The server's rules for polling, and the function that waits. Times are seconds. */
export interface Polling {
  expires_in: number
  interval: number
  sleep?: Sleep | undefined
  /** Replaces the first wait: resolves when the server has notified that the token is ready. */
  first?: ((signal?: AbortSignal) => Promise<unknown>) | undefined
}

/** The seconds to wait after a refusal that means "not yet". @throws the error if it means anything else */
function intervalAfter(error: OAuthError, interval: number): number {
  const { error: reason, retryAfter = 0 } = error
  if (reason === 'slow_down') return interval + 5
  if (isOAuthError(error, 'OAUTH_SERVER_UNAVAILABLE'))
    return Math.max(Math.min(interval * 2, 60), interval, retryAfter)
  if (reason !== 'authorization_pending') throw error
  return interval
}

/**
 * Polls the token endpoint until a person has decided: waits the interval before each request, permanently
 * five seconds longer after every `slow_down`, twice as long after each failure to reach the server; never
 * two requests at once.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (`access_denied`, `expired_token` …), `OAUTH_TRANSACTION_EXPIRED`
 * when the time is up, `OAUTH_ABORTED`
 * @see https://www.rfc-editor.org/rfc/rfc8628#section-3.5
 */
export async function poll(
  endpoint: TokenEndpoint,
  parameters: ServerParameters,
  { clock, signal }: Pick<GrantContext, 'clock' | 'signal'>,
  { expires_in, interval, sleep: wait = sleep, first }: Polling,
): Promise<Token> {
  const deadline = clock() + expires_in
  const options: ServerCallOptions = signal ? { signal } : {}
  for (let next = first ?? (() => wait(interval, signal)); ; ) {
    await next(signal)
    if (signal?.aborted) throw oauthError('OAUTH_ABORTED', 'polling')
    if (clock() >= deadline)
      throw oauthError('OAUTH_TRANSACTION_EXPIRED', 'noDecision', {}, { error: 'expired_token' })
    try {
      return await endpoint(parameters, options)
    } catch (error) {
      interval = intervalAfter(error as OAuthError, interval)
    }
    next = () => wait(interval, signal)
  }
}
