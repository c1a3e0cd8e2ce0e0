import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { axios } from './axios.js'
import type { AxiosLikeConfig } from './axios-like.js'
import { rememberFailure } from './explain.js'

/** Defines a property that no enumeration, JSON or copy shows. */
export function hide(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: false })
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

/**
 * Makes an error that `axios.isAxiosError` accepts, of anything that was thrown: with `config` (a cache's
 * second waiter hangs without), not to be retried by axios-retry, and with the wrapped reason as `cause`.
 * `code` is for what axios or its transport would have said; ours have none, because plugins act on it.
 */
export function axiosError(thrown: unknown, given: AxiosLikeConfig, code?: string): Error {
  const cause = code ? (thrown as Error) : wrap(thrown)
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
  rememberFailure(config, cause)
  return error
}

/** Puts `cause` on an error that axios made: the error stays the one that the application knows. */
export function addCause(error: unknown, cause: OAuthError): void {
  rememberFailure((error as { config?: object } | undefined)?.config, cause)
  if (Object.isExtensible(error) && !isOAuthError((error as Error).cause))
    hide(error as Error, 'cause', cause)
}
