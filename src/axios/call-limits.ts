import { type OAuthError, oauthError } from '../errors.js'
import { afterAwake } from '../lib/timer.js'
import type { ServerRequest } from '../server/call.js'

/** Seconds that a call may take in all; less than the wait for the lock that others spend meanwhile. */
export const TIMEOUT = 30
/** Bytes that an answer may have, after decompression. */
export const SIZE_LIMIT = 1_000_000

/** The limits that end a call before its answer is complete. */
export interface CallLimits {
  readonly signal: AbortSignal
  /** Takes the number of bytes that have arrived. */
  arrived(loaded: number): void
}

/** The error for an answer that is larger than any token, metadata document or key set. */
export const tooLarge = ({ url }: ServerRequest): OAuthError =>
  oauthError('OAUTH_INVALID_RESPONSE', 'tooLarge', { host: url.host, bytes: SIZE_LIMIT })

/**
 * Runs a call to the authorization server within its total time and size. axios's own `timeout` counts
 * idleness alone: a server that sends a byte a second would hold the lock of all other callers for minutes.
 * @throws OAuthError `OAUTH_SERVER_UNAVAILABLE` when the time is over, `OAUTH_INVALID_RESPONSE` for an answer
 * that is too large, `OAUTH_ABORTED`
 */
export async function withinLimits<T>(
  request: ServerRequest,
  run: (limits: CallLimits) => Promise<T>,
): Promise<T> {
  const { url, signal, timeout = TIMEOUT } = request
  const controller = new AbortController()
  let end: (reason: OAuthError) => void = () => {}
  const ended = new Promise<never>((_, reject) => {
    end = reason => {
      reject(reason)
      controller.abort()
    }
  })
  const abort = () => end(oauthError('OAUTH_ABORTED', 'call'))
  const expire = () => {
    end(oauthError('OAUTH_SERVER_UNAVAILABLE', 'tooLate', { host: url.host, seconds: timeout }))
  }
  const stop = afterAwake(timeout, expire)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const arrived = (loaded: number) => {
    if (loaded > SIZE_LIMIT) end(tooLarge(request))
  }
  try {
    return await Promise.race([ended, run({ signal: controller.signal, arrived })])
  } finally {
    stop()
    signal?.removeEventListener('abort', abort)
  }
}
