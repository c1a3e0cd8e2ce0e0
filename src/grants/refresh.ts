import type { ServerParameters } from '../server/call.js'

/**
 * The parameters of a refresh. `scope` may only narrow what was granted; `resource` names the API that the
 * new token is for.
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
