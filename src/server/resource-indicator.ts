import { oauthError } from '../errors.js'

/** True for an absolute URI without a fragment. */
export const isAbsoluteUri = (uri: string): boolean => /^[a-z][a-z\d+.-]*:[^\s#]+$/i.test(uri)

/**
 * Checks resource indicators before they are sent; they are sent as they are, never normalised.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for one that is no absolute URI or has a fragment
 * @see https://www.rfc-editor.org/rfc/rfc8707#section-2
 */
export function checkResources(resource: string | readonly string[] | undefined): void {
  for (const uri of resource === undefined ? [] : [resource].flat())
    if (!isAbsoluteUri(uri as string)) throw oauthError('OAUTH_INVALID_OPTION', 'resource', { uri })
}
