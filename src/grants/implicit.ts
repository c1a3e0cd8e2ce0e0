import { type AuthorizationResponse, checkAuthorizationResponse } from '../authorization/response.js'
import type { AuthorizationTransaction } from '../authorization/transaction.js'
import { oauthError } from '../errors.js'
import { checkTokenType, normaliseToken } from '../server/token-response.js'
import type { Grant } from './grant.js'

/**
 * Legacy: reads the token from the fragment of the callback (`response_type: 'token'`). Only for servers that
 * offer nothing else: the token has been in the browser's history. An `error` is reported first; no call goes
 * to the server. An ID token beside it needs the session's full validator (`openid`), because nothing else
 * vouches for its signature.
 * @throws OAuthError what {@link checkAuthorizationResponse} throws, `OAUTH_INVALID_RESPONSE` without an
 * `access_token`, `OAUTH_UNSUPPORTED_TOKEN_TYPE`, `OAUTH_ID_TOKEN_INVALID`
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.2.2
 */
export function implicitGrant({
  authorizationResponse,
  transaction,
}: {
  authorizationResponse: AuthorizationResponse
  transaction: AuthorizationTransaction
}): Grant & { readonly interactive: true } {
  const grant: Grant = async (_endpoint, context) => {
    const { client, clock } = context
    const { state, iss, ...fields } = checkAuthorizationResponse(authorizationResponse, transaction, {
      server: await context.server(),
      client,
      clock,
    })
    const token = normaliseToken(fields, clock())
    checkTokenType(token, ['bearer'])
    const { id_token, access_token } = token
    const { nonce, max_age, response_type } = transaction
    if (!id_token && /\bid_token\b/.test(response_type)) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'absent')
    if (id_token && !context.validateIdToken) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'inUrl')
    if (id_token) await context.validateIdToken?.(id_token, { nonce, max_age, access_token, front: true })
    return token
  }
  return Object.assign(grant, { interactive: true as const, scope: transaction?.scope })
}
