import { OAuthError } from '../errors.js'

/**
 * Checks resource indicators before they are sent, or another URI of the same form, called `what`; they are sent as they are,
 * never normalised.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for one that is no absolute URI or has a fragment
 * @see https://www.rfc-editor.org/rfc/rfc8707#section-2
 */
export function checkResources(resource: string | readonly string[] | undefined, what = 'resource'): void {
  for (const uri of resource === undefined ? [] : [resource].flat())
    if (!/^[a-z][a-z\d+.-]*:[^\s#]+$/i.test(uri as string))
      throw new OAuthError('OAUTH_INVALID_OPTION', `A ${what} is an absolute URI without a fragment: ${uri}`)
}
