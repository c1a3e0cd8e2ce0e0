import { oauthError } from '../errors.js'
import type { UnattendedGrant } from '../grants/grant.js'
import { jwtBearerGrant } from '../grants/jwt-bearer.js'
import type { TokenInput } from '../grants/token-exchange.js'
import { core, type OAuth2Session } from '../session/session.js'
import { exchangeToken } from './token-exchange.js'

const TYPE = 'urn:ietf:params:oauth:token-type:'
const ID_JAG = `${TYPE}id-jag`

/** Options of {@link identityAssertionGrant}. */
export interface IdentityAssertionOptions {
  /** The session that the person signed in with at the identity provider of the enterprise. */
  idp: OAuth2Session
  /** The API that the token is for. */
  resource?: string | readonly string[]
  scope?: string | readonly string[]
  /**
   * The issuer of the API's authorization server. Default: the issuer of the session that the grant is given
   * to.
   */
  audience?: string
  /** The person's token. Default: the ID token of `idp`. */
  subject_token?: TokenInput
  /** A URN. Default: an ID token; a refresh token and a SAML assertion are possible too. */
  subject_token_type?: string
}

/**
 * Cross-app access: the identity provider of an enterprise identifies the person (ID-JAG), and the
 * authorization server of another application, which trusts it, issues a token without asking the person. By
 * draft 05, which is not final.
 * @throws OAuthError `OAUTH_INTERACTION_REQUIRED` when nobody is signed in at `idp`, `OAUTH_INVALID_RESPONSE`
 * when it answers a token of another kind, `OAUTH_SERVER_REFUSED` of either server
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-identity-assertion-authz-grant/
 */
export function identityAssertionGrant(options: IdentityAssertionOptions): UnattendedGrant {
  const { idp, subject_token, subject_token_type = `${TYPE}id_token` } = options
  const identity = async () => {
    const given = typeof subject_token === 'function' ? await subject_token() : subject_token
    const token = given ?? (await core(idp).read())?.id_token
    if (!token) throw oauthError('OAUTH_INTERACTION_REQUIRED', 'noIdentity')
    return token
  }
  return async (endpoint, context) => {
    const scope = context.scope ?? options.scope
    const resource = context.resource ?? options.resource
    const { issuer } = await context.server()
    const exchanged = await exchangeToken(idp, {
      requested_token_type: ID_JAG,
      audience: options.audience ?? (issuer as string),
      subject_token: await identity(),
      subject_token_type,
      ...(resource && { resource }),
      ...(scope && { scope }),
    })
    if (exchanged.issued_token_type !== ID_JAG) throw oauthError('OAUTH_INVALID_RESPONSE', 'notIdJag')
    return jwtBearerGrant({ assertion: exchanged.access_token, ...(scope && { scope }) })(endpoint, context)
  }
}
