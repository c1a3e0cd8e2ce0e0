import type { Awaitable } from '../auth/scheme.js'
import { isOAuthError, oauthError } from '../errors.js'
import type { Hook } from './messages.js'

/** A call that may have hooks of its own. */
export type HookedCall = 'token' | 'refresh' | 'revocation' | 'introspection'

/**
 * Runs the hooks of one kind in their order, and returns the resulting value.
 * @throws OAuthError `OAUTH_HOOK_FAILED` (with the hook's own error as `cause`); an OAuthError of the hook's
 * own passes as it is.
 */
export async function applyHooks<T, Rest extends unknown[]>(
  hook: Hook<T, Rest> | undefined,
  value: T,
  ...rest: Rest
): Promise<T> {
  let result = value
  try {
    for (const run of [hook ?? []].flat() as ((value: T, ...rest: Rest) => Awaitable<T | undefined>)[])
      result = (await run(result, ...rest)) ?? result
  } catch (cause) {
    throw isOAuthError(cause) ? cause : oauthError('OAUTH_HOOK_FAILED', 'threw', {}, { cause })
  }
  return result
}
