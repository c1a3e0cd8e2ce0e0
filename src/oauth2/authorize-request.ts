import { secureUrl } from '../auth/origins.js'
import { outgoing, type PlainRequest } from '../auth/plain-request.js'
import type { EndpointContext } from '../server/messages.js'
import type { Token } from '../server/token.js'
import { checkTokenType } from '../server/token-response.js'
import { headerBearer } from '../token-types/bearer.js'
import type { TokenType } from '../token-types/token-type.js'
import { protocolContext } from './protocol-context.js'

/**
 * Adds a token to one API request of a client other than axios: returns a copy with the token.
 * `expiresWithin` tells whether the token is still valid.
 * @throws OAuthError `OAUTH_INSECURE_URL`, `OAUTH_UNSUPPORTED_TOKEN_TYPE`, `OAUTH_INVALID_OPTION` (bearer in
 * the body of something that is no form), `OAUTH_SIGNATURE_FAILED` (MAC)
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-7
 */
export async function authorizeRequest<R extends PlainRequest>(
  request: R,
  token: Token,
  options: Partial<EndpointContext> & { tokenType?: TokenType } = {},
): Promise<R & { headers: Record<string, string> }> {
  const { tokenType = headerBearer(), ...rest } = options
  const context = protocolContext({ server: {}, client: { client_id: '' }, ...rest })
  secureUrl(request.url, 'The URL', context.allowInsecure)
  checkTokenType(token, tokenType.accepts)
  const authorized = { ...request, headers: { ...request.headers } }
  await tokenType.authorize(outgoing(authorized), token, context)
  return authorized
}
