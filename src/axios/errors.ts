import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { axios } from './axios.js'
import type { AxiosLikeConfig } from './axios-like.js'
import { rememberFailure } from './explain.js'

/** Defines a property that no enumeration, JSON or copy shows. */
export function hide(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: false })
}

/**
 * Wraps the error of a scheme, a hook or a rule. The raw error of a token request is not kept, because it
 * shows the client's secret.
 */
export function wrap(error: unknown): OAuthError {
  if (isOAuthError(error)) return error
  const { message, isAxiosError } = Object(error) as { message?: string; isAxiosError?: boolean }
  const cause = isAxiosError ? undefined : error
  return oauthError('OAUTH_SIGNATURE_FAILED', 'request', { problem: message ?? error }, { cause })
}

/**
 * Converts any thrown value into an error that `axios.isAxiosError` accepts. It has a `config`, because the
 * second waiter of a cache hangs without one, and the wrapped reason as `cause`. Only errors of axios and its
 * transport have a `code`, because plugins act on it.
 */
export function axiosError(thrown: unknown, given: AxiosLikeConfig, code?: string): Error {
  const cause = code ? (thrown as Error) : wrap(thrown)
  const { message } = cause
  // axios-retry would repeat every error without a response, and ask the person for a sign-in again.
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

/** Adds `cause` to an error of axios: the application keeps the error that it expects. */
export function addCause(error: unknown, cause: OAuthError): void {
  rememberFailure((error as { config?: object } | undefined)?.config, cause)
  if (Object.isExtensible(error) && !isOAuthError((error as Error).cause))
    hide(error as Error, 'cause', cause)
}
