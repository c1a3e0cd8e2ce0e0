import { checkIdTokenClaims } from '../authorization/id-token-claims.js'
import { base64url } from '../lib/base64url.js'
import { checkNames } from '../lib/check-options.js'
import { utf8 } from '../lib/utf8.js'
import type { IdTokenValidator } from '../session/session-options.js'
import { insist, jwtVerifier, VERIFIER, type VerifierOptions } from './verify.js'

/** Options of {@link idTokenValidator}. */
export interface IdTokenOptions extends VerifierOptions {
  /** Acceptable authentication classes (`acr`), any of them. */
  acr_values?: readonly string[]
  /**
   * The greatest difference of the clocks in seconds, for `exp`, `iat`, `nbf` and `auth_time`. Default 60.
   */
  clockTolerance?: number
  /**
   * True if the ID token of a hybrid response is its detached signature, as in FAPI 1.0 Advanced: then the
   * validator requires `s_hash`, the hash of `state`. Default: `s_hash` is checked if it is there.
   */
  detachedSignature?: boolean
}

const OPTIONS: Record<keyof IdTokenOptions, true> = {
  ...VERIFIER,
  acr_values: true,
  clockTolerance: true,
  detachedSignature: true,
}

/** The greatest age of an ID token from the browser in seconds. */
const OLDEST_FRONT = 3600

/** The left half of the hash that belongs to the signature's algorithm. */
async function leftHalf(alg: string, text: string): Promise<string> {
  const size = /(384|512)$/.exec(alg)?.[1] ?? (/^Ed/.test(alg) ? '512' : '256')
  const hash = new Uint8Array(
    await globalThis.crypto.subtle.digest(`SHA-${size}`, Uint8Array.from(utf8(text))),
  )
  return base64url(hash.subarray(0, hash.length / 2))
}

/**
 * Checks the hashes that bind an ID token to the values beside it: each hash that is there, and in an
 * authorization response also each one that is required.
 */
async function checkHashes(
  alg: string,
  { at_hash, c_hash, s_hash }: Record<string, unknown>,
  { access_token, code, state, front }: Parameters<IdTokenValidator>[1],
  isDetachedSignature: boolean | undefined,
): Promise<void> {
  const bound: [claim: string, value: unknown, text: string | undefined, isNeeded: boolean | undefined][] = [
    ['at_hash', at_hash, access_token, front],
    ['c_hash', c_hash, code, front],
    ['s_hash', s_hash, state, front && isDetachedSignature],
  ]
  for (const [claim, value, text, isNeeded] of bound)
    if (text && (isNeeded || value !== undefined)) insist(value === (await leftHalf(alg, text)), claim)
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
 * @see https://openid.net/specs/openid-financial-api-part-2-1_0.html#id-token-as-detached-signature
 */
export function idTokenValidator(options: IdTokenOptions = {}): IdTokenValidator {
  checkNames(options, OPTIONS)
  const verify = jwtVerifier(options)
  return async (idToken, expected) => {
    const { jwt, header, claims } = await verify(idToken, 'id_token', expected)
    expected.opened?.(jwt)
    await checkIdTokenClaims(jwt, { ...expected, clockTolerance: options.clockTolerance })
    await checkHashes(header.alg as string, claims, expected, options.detachedSignature)
    const { acr, amr, auth_time, iat } = claims
    const oldest = expected.clock() - OLDEST_FRONT - (options.clockTolerance ?? 60)
    insist(!expected.front || (iat as number) >= oldest, 'iat')
    insist(auth_time === undefined || typeof auth_time === 'number', 'auth_time')
    insist(
      amr === undefined || (Array.isArray(amr) && amr.every(method => typeof method === 'string')),
      'amr',
    )
    insist(!options.acr_values || options.acr_values.includes(acr as string), 'acr')
    return claims
  }
}
