import { readClaims } from '../authorization/id-token-claims.js'
import type { UnattendedGrant } from '../grants/grant.js'
import type { WorkloadToken } from './text.js'

/**
 * A grant for APIs that accept the platform's token as it is. The session reads the expiry of a JWT; another
 * kind of token is used until the API refuses it.
 * @throws OAuthError as the source does
 */
export const sourceGrant =
  (source: WorkloadToken): UnattendedGrant =>
  async () => {
    const access_token = await source()
    const { exp } = readClaims(access_token) ?? {}
    return { access_token, ...(typeof exp === 'number' && { expires_at: exp }) }
  }
