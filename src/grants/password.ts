import { oauthError } from '../errors.js'
import type { ServerCallOptions } from '../server/call.js'
import { checkCall } from '../server/check-call.js'
import type { UnattendedGrant } from './grant.js'

/**
 * Legacy: a token for a user whose password the application knows. Only for servers that offer nothing else;
 * the security practice forbids it. As a session's `grant` it runs again if there is no refresh token.
 * @throws OAuthError `OAUTH_INVALID_OPTION` without `username` or `password`, or for an option that does not
 * exist
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.3
 */
export function passwordGrant(
  given: ServerCallOptions & { username: string; password: string; scope?: string | readonly string[] },
): UnattendedGrant {
  checkCall(given, { username: true, password: true, scope: true })
  const { username, password, scope, ...options } = given
  if (typeof username !== 'string' || typeof password !== 'string')
    throw oauthError('OAUTH_INVALID_OPTION', 'password')
  return (endpoint, context) =>
    endpoint(
      {
        grant_type: 'password',
        username,
        password,
        scope: context.scope ?? scope,
        resource: context.resource,
      },
      options,
    )
}
