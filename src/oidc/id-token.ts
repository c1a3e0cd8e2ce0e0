import { checkIdTokenClaims } from '../authorization/id-token-claims.js'
import { base64url } from '../lib/base64url.js'
import { utf8 } from '../lib/utf8.js'
import type { IdTokenValidator } from '../session/session-options.js'
import { insist, jwtVerifier, type VerifierOptions } from './verify.js'

/** Options of {@link idTokenValidator}. */
export interface IdTokenOptions extends VerifierOptions {
  /** Acceptable authentication classes (`acr`), any of them. */
  acr_values?: readonly string[]
  /** The greatest difference of the clocks in seconds, for `exp`, `nbf` and `auth_time`. Default 60. */
  clockTolerance?: number
}

/** The left half of the hash that belongs to the signature's algorithm. */
async function leftHalf(alg: string, text: string): Promise<string> {
  const size = /(384|512)$/.exec(alg)?.[1] ?? (/^Ed/.test(alg) ? '512' : '256')
  const hash = new Uint8Array(
    await globalThis.crypto.subtle.digest(`SHA-${size}`, Uint8Array.from(utf8(text))),
  )
  return base64url(hash.subarray(0, hash.length / 2))
}

/**
 * Creates a full validator of ID tokens: decryption, signature by the server's published keys (rotation,
 * cool-down), and every claim. Pass it to a session as `openid`: it runs at sign-in and at every refresh with
 * an ID token. The validator throws `OAUTH_ID_TOKEN_INVALID` with the name of the claim, and
 * `OAUTH_ENDPOINT_MISSING` without `jwks_uri`.
 * @example
 * const session = createOAuth2Session({
 *   server: discover('https://op.example.com'),
 *   client: { client_id: 'app' },
 *   openid: idTokenValidator(),
 * })
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export function idTokenValidator(options: IdTokenOptions = {}): IdTokenValidator {
  const verify = jwtVerifier(options)
  return async (idToken, expected) => {
    const { jwt, header, claims } = await verify(idToken, 'id_token', expected)
    expected.opened?.(jwt)
    await checkIdTokenClaims(jwt, { ...expected, clockTolerance: options.clockTolerance })
    const { at_hash, c_hash, acr, amr, auth_time } = claims
    const alg = header.alg as string
    const { access_token, code, front } = expected
    if (access_token && (front || at_hash !== undefined))
      insist(at_hash === (await leftHalf(alg, access_token)), 'at_hash')
    if (code && (front || c_hash !== undefined)) insist(c_hash === (await leftHalf(alg, code)), 'c_hash')
    insist(auth_time === undefined || typeof auth_time === 'number', 'auth_time')
    insist(
      amr === undefined || (Array.isArray(amr) && amr.every(method => typeof method === 'string')),
      'amr',
    )
    insist(!options.acr_values || options.acr_values.includes(acr as string), 'acr')
    return claims
  }
}
