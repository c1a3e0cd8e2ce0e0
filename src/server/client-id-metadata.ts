import { oauthError } from '../errors.js'

/**
 * The document that a client serves at the URL which is its `client_id`, for servers that accept such clients
 * without registration (`client_id_metadata_document_supported`). Serve it as JSON.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a URL that cannot be a `client_id`, a shared secret, or
 * missing `redirect_uris`
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/
 */
export function clientIdMetadataDocument<M extends { redirect_uris: readonly string[] }>(
  client_id: string,
  metadata: M,
): M & { client_id: string } {
  // judged as it is written: servers compare the string
  if (!/^https:\/\/[^/?#@\\\s]+\/[^?#\\\s]+$/.test(client_id) || /\/\.{1,2}(\/|$)/.test(client_id))
    throw oauthError('OAUTH_INVALID_OPTION', 'clientIdUrl')
  if (!metadata.redirect_uris?.length) throw oauthError('OAUTH_INVALID_OPTION', 'redirectUris')
  const fields: Record<string, unknown> = metadata
  const secret = fields.client_secret ?? fields.client_secret_expires_at
  if (secret !== undefined || /^client_secret_/.test(`${fields.token_endpoint_auth_method}`))
    throw oauthError('OAUTH_INVALID_OPTION', 'publicSecret')
  return { ...metadata, client_id }
}
