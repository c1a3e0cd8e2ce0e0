import { validateByClaims } from '../authorization/id-token-claims.js'
import type { GrantContext } from '../grants/grant.js'
import { contextOf, type State } from './session-state.js'
import type { Token } from './stored-grant.js'

/** The one place where ID tokens enter a session. */
export interface IdTokenGate {
  /** For a grant that knows more of its ID token: the nonce, the code. */
  readonly validate: NonNullable<GrantContext['validateIdToken']>
  /**
   * Validates the ID token of a token response, unless the grant has done so.
   * @throws OAuthError `OAUTH_ID_TOKEN_INVALID`, and what reading the server's keys throws
   */
  admit(token: Token, refreshed?: { previous: string | undefined }): Promise<void>
}

/**
 * Makes the gate for one token request. The session's `openid` validates in full; without it the claims are checked, where TLS
 * stands in for the signature.
 */
export function idTokenGate(state: State): IdTokenGate {
  const admitted = new Set<string>()
  const validate: IdTokenGate['validate'] = async (idToken, expected) => {
    const { openid } = state.options
    const context = { ...(await contextOf(state)), ...expected }
    const claims = await (openid ?? validateByClaims)(idToken, context)
    admitted.add(idToken)
    return claims
  }
  return {
    validate,
    async admit({ id_token, access_token }, refreshed) {
      // some servers answer a refresh with the ID token of the sign-in
      if (!id_token || admitted.has(id_token) || id_token === refreshed?.previous) return
      await validate(id_token, { access_token, previous: refreshed?.previous, refreshed: !!refreshed })
    },
  }
}
