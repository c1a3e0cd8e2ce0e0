import type { ServerParameters } from '../server/call.js'

/**
 * The parameters of a refresh. `scope` may only narrow the granted scope; `resource` names the API of the new
 * token.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export const refreshGrant = (
  refresh_token: string,
  target: { scope?: string | undefined; resource?: string | readonly string[] | undefined } = {},
): ServerParameters => ({
  grant_type: 'refresh_token',
  refresh_token,
  scope: target.scope,
  resource: target.resource,
})
