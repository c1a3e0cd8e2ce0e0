import { jwtSigner, type SigningKey } from '../crypto/jws.js'
import { oauthError } from '../errors.js'
import { base64url } from '../lib/base64url.js'
import type { ClientAuthContext, ServerParameters } from '../server/call.js'

/**
 * Turns the parameters of an authorization request into a signed request object; {@link requestObject} makes
 * one.
 */
export type RequestObjectSigner = (
  parameters: ServerParameters,
  context: ClientAuthContext,
) => Promise<string>

/** Options of {@link requestObject}. */
export interface RequestObjectOptions extends SigningKey {
  /** Default: the server's issuer. */
  audience?: string
  /** Life in seconds. Default 300. */
  lifetime?: number
}

/** Parameters as claims: JSON text and numbers are read. @throws OAuthError `OAUTH_INVALID_OPTION` */
function claimsOf(parameters: ServerParameters): Record<string, unknown> {
  const claims: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === null) continue
    claims[name] = name === 'max_age' ? Number(value) : value
    if (typeof value !== 'string' || !/^(authorization_details|claims)$/.test(name)) continue
    try {
      claims[name] = JSON.parse(value)
    } catch {
      // The error of the JSON parser quotes the text.
      throw oauthError('OAUTH_INVALID_OPTION', 'notJson', { name })
    }
  }
  return claims
}

/**
 * Signs authorization requests (JAR) against changes on the way: pass it to `createAuthorizationUrl` as
 * `sign`. A list of values becomes an array; JSON text in `authorization_details` and `claims` becomes an
 * object.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a key or algorithm that cannot sign, or JSON text that is
 * none
 * @see https://www.rfc-editor.org/rfc/rfc9101#section-4
 */
export function requestObject({
  audience,
  lifetime = 300,
  ...key
}: RequestObjectOptions): RequestObjectSigner {
  const sign = jwtSigner(key, { typ: 'oauth-authz-req+jwt' })
  return async (parameters, { server, client, clock, random, crypto }) => {
    const { client_id } = client
    if (parameters.request !== undefined || parameters.request_uri !== undefined) {
      throw oauthError('OAUTH_INVALID_OPTION', 'nestedRequest')
    }
    const now = Math.floor(clock())
    return sign(
      {
        ...claimsOf(parameters),
        iss: client_id,
        aud: audience ?? server.issuer,
        client_id,
        iat: now,
        nbf: now,
        exp: now + lifetime,
        jti: base64url(random(16)),
      },
      crypto,
    )
  }
}
