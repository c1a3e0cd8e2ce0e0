import type { ServerCallOptions } from '../server/call.js'
import { checkCall } from '../server/check-call.js'
import type { UnattendedGrant } from './grant.js'

/**
 * A token for the client itself. As a session's `grant` it runs whenever there is no usable token.
 * @example
 * const session = createOAuth2Session({
 *   server: discover('https://auth.example.com'),
 *   client: { client_id: 'worker', client_secret: process.env.CLIENT_SECRET ?? '' },
 *   grant: clientCredentialsGrant({ scope: 'read' }),
 * })
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an option that does not exist
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */
export function clientCredentialsGrant(
  given: ServerCallOptions & { scope?: string | readonly string[] } = {},
): UnattendedGrant {
  checkCall(given, { scope: true })
  const { scope, ...options } = given
  return (endpoint, context) =>
    endpoint(
      { grant_type: 'client_credentials', scope: context.scope ?? scope, resource: context.resource },
      options,
    )
}
