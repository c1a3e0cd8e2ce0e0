import { validateByClaims } from '../authorization/id-token-claims.js'
import type { AuthorizationTransaction } from '../authorization/request.js'
import {
  type AuthorizationResponse,
  checkAuthorizationResponse,
  parseAuthorizationResponse,
} from '../authorization/response.js'
import { oauthError } from '../errors.js'
import type { ClientMetadata, Clock, Send, ServerCallOptions, ServerMetadata } from '../server/call.js'
import type { Grant } from './grant.js'

/** Verifies an authorization response that is a JWT and answers its parameters; `jarm()` of `/oidc` makes one. */
export type JwtResponseReader = (
  jwt: string,
  context: { server: ServerMetadata; client: ClientMetadata; clock: Clock; send: Send },
) => Promise<Record<string, unknown>>

/** Options of {@link authorizationCodeGrant}. */
export interface AuthorizationCodeGrantOptions extends ServerCallOptions {
  /** The callback: its URL, its form body, or its parameters. */
  authorizationResponse: AuthorizationResponse
  /** What {@link createAuthorizationUrl} answered. */
  transaction: AuthorizationTransaction
  /** Where the response was asked for as a JWT (`response_mode: 'jwt'`): any other is refused then. */
  jwtResponse?: JwtResponseReader
}

/**
 * Finishes a sign-in: judges the callback (`state`, `iss`, `error`, `code`, in this order), exchanges the code, and checks the
 * ID token if there is one. Give it to `fetchToken`.
 * @throws OAuthError what {@link checkAuthorizationResponse} throws, `OAUTH_CODE_MISSING`, `OAUTH_ID_TOKEN_INVALID`, and what the token endpoint throws
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 */
export function authorizationCodeGrant({
  authorizationResponse,
  transaction,
  jwtResponse,
  ...options
}: AuthorizationCodeGrantOptions): Grant & { readonly interactive: true } {
  const grant: Grant = async (endpoint, context) => {
    const at = { server: await context.server(), client: context.client, clock: context.clock }
    let response = authorizationResponse
    if (jwtResponse) {
      const jwt = parseAuthorizationResponse(response).response
      if (!jwt) throw oauthError('OAUTH_INVALID_RESPONSE', 'notJwt')
      response = await jwtResponse(jwt, { ...at, send: context.send })
    }
    const validate: NonNullable<typeof context.validateIdToken> =
      context.validateIdToken ?? ((idToken, expected) => validateByClaims(idToken, { ...at, ...expected }))
    const front = checkAuthorizationResponse(response, transaction, at)
    const { code, id_token: early } = front
    if (!code) throw oauthError('OAUTH_CODE_MISSING', 'code')
    const { redirect_uri, code_verifier, resource, nonce, max_age, response_type } = transaction
    const isHybrid = /\bid_token\b/.test(response_type)
    if (isHybrid && !early) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'absent')
    const frontToken = /\btoken\b/.test(response_type.replace('id_token', '')) ? front.access_token : undefined
    const claims =
      early &&
      (isHybrid || context.openid) &&
      (await validate(early, { nonce, code, access_token: frontToken, front: true }))
    const token = await endpoint(
      { grant_type: 'authorization_code', code, redirect_uri, code_verifier, resource },
      options,
    )
    const { id_token, access_token, scope = transaction.scope } = token
    const isOwed = isHybrid || (context.openid && nonce && / openid /.test(` ${scope} `))
    if (!id_token && isOwed) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'absent')
    const later = id_token && (await validate(id_token, { nonce, max_age, code, access_token }))
    if (claims && later && (claims.sub !== later.sub || claims.iss !== later.iss))
      throw oauthError('OAUTH_ID_TOKEN_INVALID', 'anotherSubject')
    return token
  }
  return Object.assign(grant, { interactive: true as const, scope: transaction?.scope })
}
