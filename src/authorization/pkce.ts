import { digest } from '../crypto/digest.js'
import { sha256 } from '../crypto/sha256.js'
import { oauthError } from '../errors.js'
import { base64url } from '../lib/base64url.js'
import type { CryptoLike, Random } from '../server/call.js'

/**
 * A code verifier of 43 characters (32 random bytes).
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.1
 */
export const createCodeVerifier = (random: Random): string => base64url(random(32))

/**
 * The code challenge of a verifier. Without `crypto.subtle` (React Native, plain http pages, scripts in Node
 * 18) SHA-256 is computed in JavaScript. `plain` is for servers without S256.
 * @throws OAuthError `OAUTH_INVALID_OPTION` unless the verifier has 43 to 128 characters of
 * `A-Z a-z 0-9 - . _ ~`
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.2
 */
export async function createCodeChallenge(
  verifier: string,
  method: 'S256' | 'plain' = 'S256',
  crypto?: CryptoLike | undefined,
): Promise<string> {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) throw oauthError('OAUTH_INVALID_OPTION', 'codeVerifier')
  if (method === 'plain') return verifier
  const bytes = Uint8Array.from(verifier, character => character.charCodeAt(0))
  return base64url(
    crypto?.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) : digest(sha256, bytes),
  )
}
