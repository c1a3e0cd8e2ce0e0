import { oauthError } from '../errors.js'
import { decodeBase64url } from '../lib/base64url.js'
import type { ClientMetadata, Clock, ServerMetadata } from '../server/call.js'

/** The claims of a signed JWT, unverified; `undefined` if it is not one. */
export function readClaims(jwt: string): Record<string, unknown> | undefined {
  try {
    const [, claims, , more] = jwt.split('.')
    const value = JSON.parse(decodeBase64url(claims as string))
    return more === undefined && !Array.isArray(value) && Object(value) === value ? value : undefined
  } catch {
    return undefined
  }
}

/** Apple omits the nonce and declares so; a refreshed ID token may repeat that of the sign-in. */
function isNonceRight(
  { nonce, nonce_supported }: Record<string, unknown>,
  wanted: string | undefined,
  isLater: boolean,
): boolean {
  if (nonce === undefined) return wanted === undefined || nonce_supported === false
  return nonce === wanted || (wanted === undefined && isLater)
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''

/**
 * Checks the claims of an ID token from the token endpoint, where TLS replaces its signature. For one from
 * elsewhere, give the session the full validator (`openid`). `previous` is the ID token before a refresh: it
 * must have the same issuer, subject and audience. `clockTolerance` (seconds, 60) is the greatest difference
 * of the clocks.
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
    /** True for an ID token from a refresh: it may have the nonce of a forgotten sign-in. */
    refreshed?: boolean | undefined
    clockTolerance?: number | undefined
  },
): Promise<Record<string, unknown>> {
  const { server, client, clock, nonce, max_age, previous, refreshed, clockTolerance = 60 } = expected
  const claims = readClaims(idToken)
  const { iss, sub, aud, azp, exp, iat, nbf = 0, auth_time, ...more } = claims ?? {}
  const before = previous === undefined ? undefined : (readClaims(previous) ?? {})
  const isKept = (name: string) => !before || `${claims?.[name]}` === `${before[name]}`
  const now = clock()
  const isBetween = (value: unknown, least: number, most = Number.POSITIVE_INFINITY) =>
    typeof value === 'number' && value >= least && value < most
  const audience = [aud].flat()
  const holds: Record<string, unknown> = {
    JWT: claims,
    iss: isText(iss) && iss === (server.issuer ?? iss) && isKept('iss'),
    sub: isText(sub) && isKept('sub'),
    aud: audience.includes(client.client_id) && isKept('aud'),
    azp: azp === undefined ? !audience[1] : azp === client.client_id,
    exp: isBetween(exp, now - clockTolerance),
    iat: isBetween(iat, 0),
    nbf: isBetween(nbf, 0, now + clockTolerance),
    nonce: isNonceRight(more, nonce, !!before || !!refreshed),
    auth_time: max_age === undefined || isBetween(auth_time, now - clockTolerance - max_age),
  }
  for (const claim in holds) if (!holds[claim]) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'claim', { claim })
  return claims as Record<string, unknown>
}

/**
 * Validates an ID token without its signature: its claims, if it came from the token endpoint; one from the
 * browser is refused.
 * @throws OAuthError `OAUTH_ID_TOKEN_INVALID`
 */
export async function validateByClaims(
  idToken: string,
  { front, ...expected }: Parameters<typeof checkIdTokenClaims>[1] & { front?: boolean | undefined },
): Promise<Record<string, unknown>> {
  if (front) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'inUrl')
  return checkIdTokenClaims(idToken, expected)
}
