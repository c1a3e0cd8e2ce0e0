import type { Awaitable, OutgoingRequest } from '../auth/scheme.js'
import { isOAuthError, oauthError } from '../errors.js'
import type { ServerRequest, ServerResponse } from './messages.js'
import type { Token } from './token.js'

/**
 * One compliance hook or several, run in the order given; each may change its argument or answer a
 * replacement.
 */
export type Hook<T, Rest extends unknown[] = []> =
  | ((value: T, ...rest: Rest) => Awaitable<T | undefined | void>)
  | ReadonlyArray<(value: T, ...rest: Rest) => Awaitable<T | undefined | void>>

/** Places where a server that does not follow the specification can be met halfway. */
export interface Hooks {
  /** The authorization URL, before the user agent is sent there. */
  authorizationUrl?: Hook<URL>
  /** Any token request but a refresh, after client authentication. */
  tokenRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  tokenResponse?: Hook<ServerResponse>
  /** A refresh request, after client authentication. */
  refreshRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  refreshResponse?: Hook<ServerResponse>
  /** A request to the API, after the token was put on it. A URL that a hook changed is checked again. */
  protectedRequest?: Hook<OutgoingRequest, [token: Token]>
  revocationRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  revocationResponse?: Hook<ServerResponse>
  introspectionRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  introspectionResponse?: Hook<ServerResponse>
}

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
