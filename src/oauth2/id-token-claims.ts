import { OAuthError } from '../errors.js'
import { decodeBase64url } from '../lib/base64url.js'
import type { ClientMetadata, Clock, ServerMetadata } from './endpoint.js'

/** Seconds by which two clocks may differ. */
const tolerance = 60

/** The claims of a JWT, not verified in any way. `undefined` when it is none. */
export function readClaims(jwt: string): Record<string, unknown> | undefined {
  try {
    const [, claims, , ...more] = jwt.split('.')
    const value = JSON.parse(decodeBase64url(claims ?? ''))
    return more.length || Array.isArray(value) || typeof value !== 'object' ? undefined : (value ?? undefined)
  } catch {
    return undefined
  }
}

/**
 * Checks the claims of an ID token that came straight from the token endpoint; TLS stands in for its signature. For one
 * that came another way, give the session the full validator (`openid`).
 * `previous` is the ID token before a refresh: same issuer, subject and audience.
 * @throws OAuthError `OAUTH_ID_TOKEN_INVALID`, with the name of the claim
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export async function checkIdTokenClaims(
  idToken: string,
  expected: {
    server: ServerMetadata
    client: ClientMetadata
    clock: Clock
    nonce?: string | undefined
    max_age?: number | undefined
    previous?: string | undefined
  },
): Promise<Record<string, unknown>> {
  const { server, client, nonce, max_age, previous } = expected
  const require = (holds: unknown, claim: string) => {
    if (!holds) throw new OAuthError('OAUTH_ID_TOKEN_INVALID', `The ID token is not valid: ${claim}`)
  }
  const claims = readClaims(idToken)
  require(claims, 'no signed JWT')
  const {
    iss,
    sub,
    aud,
    azp,
    exp,
    iat,
    nbf,
    nonce: echoed,
    auth_time,
    nonce_supported,
  } = claims as Record<string, unknown>
  const now = expected.clock()
  const audience = [aud].flat()
  require(typeof iss === 'string' && (server.issuer === undefined || iss === server.issuer), 'iss')
  require(typeof sub === 'string' && sub, 'sub')
  require(audience.includes(client.client_id), 'aud')
  require(azp === undefined ? audience.length === 1 : azp === client.client_id, 'azp')
  require(typeof exp === 'number' && exp > now - tolerance, 'exp')
  require(typeof iat === 'number', 'iat')
  require(nbf === undefined || (nbf as number) <= now + tolerance, 'nbf')
  // Apple leaves the nonce out, and says so
  if (nonce !== undefined) require(echoed === nonce || (echoed === undefined && nonce_supported === false), 'nonce')
  else require(previous || echoed === undefined, 'nonce')
  require(max_age === undefined || (auth_time as number) + max_age >= now - tolerance, 'auth_time')
  if (previous) {
    const before = readClaims(previous) ?? {}
    require(iss === before.iss, 'iss')
    require(sub === before.sub, 'sub')
    require(`${audience}` === `${[before.aud].flat()}`, 'aud')
  }
  return claims as Record<string, unknown>
}
