import { validateByClaims } from '../authorization/id-token-claims.js'
import type { GrantContext } from '../grants/grant.js'
import { contextOf } from './connection.js'
import type { State } from './state.js'
import type { Token } from './stored-grant.js'

/** The one place where ID tokens enter a session. */
export interface IdTokenGate {
  /** For a grant that knows more of its ID token: the nonce, the code. */
  readonly validate: NonNullable<GrantContext['validateIdToken']>
  /**
   * Validates the ID token of a token response, unless the grant has done so. Answers the token with an ID
   * token that is decrypted, so that later checks can read its subject.
   * @throws OAuthError `OAUTH_ID_TOKEN_INVALID`, and what reading the server's keys throws
   */
  admit(token: Token, refreshed?: { previous: string | undefined }): Promise<Token>
}

/**
 * Makes the gate for one token request. The session's `openid` validates in full; without it the claims are
 * checked, where TLS stands in for the signature.
 */
export function idTokenGate(state: State): IdTokenGate {
  // what was validated, and the signed JWT inside
  const admitted = new Map<string, string>()
  const validate: IdTokenGate['validate'] = async (idToken, expected) => {
    const { openid } = state.options
    let signed = idToken
    const opened = (jwt: string) => {
      signed = jwt
    }
    const context = { ...(await contextOf(state)), ...expected, opened }
    const claims = await (openid ?? validateByClaims)(idToken, context)
    admitted.set(idToken, signed)
    return claims
  }
  return {
    validate,
    async admit(token, refreshed) {
      const { id_token, access_token } = token
      const previous = refreshed?.previous
      // some servers answer a refresh with the ID token of the sign-in
      if (!id_token || id_token === previous) return token
      if (!admitted.has(id_token))
        await validate(id_token, { access_token, previous, refreshed: !!refreshed })
      return { ...token, id_token: admitted.get(id_token) as string }
    },
  }
}
