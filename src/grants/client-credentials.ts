import type { ServerCallOptions } from '../server/call.js'
import type { UnattendedGrant } from './grant.js'

/**
 * A token for the client itself. As a session's `grant` it is run again whenever there is no usable token.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */
export const clientCredentialsGrant =
  ({ scope, ...options }: ServerCallOptions & { scope?: string | readonly string[] } = {}): UnattendedGrant =>
  (endpoint, context) =>
    endpoint({ grant_type: 'client_credentials', scope: context.scope ?? scope, resource: context.resource }, options)
