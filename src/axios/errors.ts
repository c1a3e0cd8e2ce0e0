import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { axios } from './axios.js'
import type { AxiosLikeConfig } from './axios-like.js'
import type { Outcome } from './call.js'
import { rememberFailure } from './explain.js'

/** Defines a property that no enumeration, JSON or copy shows. */
export function hide(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: false })
}

/**
 * Makes an error that `axios.isAxiosError` accepts: with `config` (a cache's second waiter hangs without),
 * without a `code` of ours (plugins act on it), not to be retried by axios-retry, and with the reason as
 * `cause`.
 */
export function axiosError(cause: Error, given: AxiosLikeConfig, code?: string): Error {
  const { message } = cause
  // it retries whatever has no response, and nothing here gets better by asking the person three times more
  const retry = given['axios-retry']
  const config = retry ? { ...given, 'axios-retry': { ...retry, retries: 0 } } : given
  const error: Error = axios.AxiosError
    ? new axios.AxiosError(message, code, config)
    : Object.assign(new Error(message), {
        config,
        ...(code && { code }),
        isAxiosError: true,
        toJSON: () => ({ message, name: 'Error', config, code }),
      })
  hide(error, 'cause', cause)
  if (isOAuthError(cause)) rememberFailure(config, cause)
  return error
}

/** What axios rejects a request with that took longer than its own `timeout`. */
export function timeoutError(config: AxiosLikeConfig): Error {
  const { timeout, timeoutErrorMessage, transitional } = config as AxiosLikeConfig & {
    timeoutErrorMessage?: string
    transitional?: { clarifyTimeoutError?: boolean }
  }
  const code = transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED'
  return axiosError(new Error(timeoutErrorMessage ?? `timeout of ${timeout}ms exceeded`), config, code)
}

/** What a request that was given up is rejected with, in every version. */
export function canceled(config: AxiosLikeConfig): unknown {
  return axios.CanceledError ? new axios.CanceledError(undefined, config) : new axios.Cancel('canceled')
}

/**
 * Makes an error of what a scheme, a hook or a rule threw. The raw error of a token request is not kept: it
 * shows the client's secret.
 */
export function wrap(error: unknown): OAuthError {
  if (isOAuthError(error)) return error
  const { message, isAxiosError } = Object(error) as { message?: string; isAxiosError?: boolean }
  const cause = isAxiosError ? undefined : error
  return oauthError('OAUTH_SIGNATURE_FAILED', 'request', { problem: message ?? error }, { cause })
}

/** Puts `cause` on an error that axios made: the error stays the one that the application knows. */
export function explain({ failed, error }: Outcome, cause: OAuthError): void {
  rememberFailure((error as { config?: object } | undefined)?.config, cause)
  if (failed && Object.isExtensible(error) && !isOAuthError((error as Error).cause))
    hide(error as Error, 'cause', cause)
}
