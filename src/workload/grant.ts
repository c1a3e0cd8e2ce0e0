import { readClaims } from '../authorization/id-token-claims.js'
import type { UnattendedGrant } from '../grants/grant.js'
import type { WorkloadToken } from './text.js'

/**
 * A grant for APIs that take the platform's token as it is. Of a JWT the session knows the expiry; another
 * token is used until it is refused, and then asked for again.
 * @throws OAuthError as the source does
 */
export const sourceGrant =
  (source: WorkloadToken): UnattendedGrant =>
  async () => {
    const access_token = await source()
    const { exp } = readClaims(access_token) ?? {}
    return { access_token, ...(typeof exp === 'number' && { expires_at: exp }) }
  }
