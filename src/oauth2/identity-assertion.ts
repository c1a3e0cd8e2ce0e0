import { readClaims } from '../authorization/id-token-claims.js'
import { oauthError } from '../errors.js'
import type { UnattendedGrant } from '../grants/grant.js'
import { jwtBearerGrant } from '../grants/jwt-bearer.js'
import type { TokenInput } from '../grants/token-exchange.js'
import { checkNames } from '../lib/check-options.js'
import { joinScope } from '../lib/form.js'
import { refreshToken } from '../session/fetch-token.js'
import { core, type OAuth2Session } from '../session/session.js'
import { exchangeToken } from './token-exchange.js'

const TYPE = 'urn:ietf:params:oauth:token-type:'
const ID_JAG = `${TYPE}id-jag`
const ID_TOKEN = `${TYPE}id_token`
const REFRESH_TOKEN = `${TYPE}refresh_token`

/** Options of {@link identityAssertionGrant}. */
export interface IdentityAssertionOptions {
  /** The session that the person signed in with at the identity provider of the enterprise. */
  idp: OAuth2Session
  /** The API that the token is for. */
  resource?: string | readonly string[]
  scope?: string | readonly string[]
  /**
   * What is to be authorized in detail, as JSON text.
   * @see https://www.rfc-editor.org/rfc/rfc9396#section-2
   */
  authorization_details?: string
  /**
   * The issuer of the API's authorization server. Default: the issuer of the session that the grant is given
   * to.
   */
  audience?: string
  /** The person's token. Default: the ID token of `idp`, or its refresh token if that is the type. */
  subject_token?: TokenInput
  /**
   * A URN. Default: an ID token. A refresh token, which must survive the exchange, and a SAML assertion are
   * possible too.
   */
  subject_token_type?: string
}

const OPTIONS: Record<keyof IdentityAssertionOptions, true> = {
  idp: true,
  resource: true,
  scope: true,
  authorization_details: true,
  audience: true,
  subject_token: true,
  subject_token_type: true,
}

/** The ID token of a session, renewed if it has expired: an identity provider refuses an old one. */
async function validIdToken(idp: OAuth2Session): Promise<string | undefined> {
  const { read, clock } = core(idp)
  const isOver = (idToken: string | undefined) => {
    const { exp } = readClaims(idToken ?? '') ?? {}
    return typeof exp === 'number' && exp <= clock()
  }
  const grant = await read()
  if (!isOver(grant?.id_token)) return grant?.id_token
  const renewed = grant?.refresh_token ? await refreshToken(idp) : undefined
  return isOver(renewed?.id_token) ? undefined : renewed?.id_token
}

/** The token that the session keeps of this type; none of a type that it does not keep. */
async function keptToken(idp: OAuth2Session, type: string): Promise<string | undefined> {
  if (type === REFRESH_TOKEN) return (await core(idp).read())?.refresh_token
  return type === ID_TOKEN ? validIdToken(idp) : undefined
}

/**
 * Cross-app access: the identity provider of an enterprise identifies the person (ID-JAG), and the
 * authorization server of another application, which trusts it, issues a token without asking the person. An
 * ID token that has expired is renewed first. By draft 05, which is not final.
 * @throws OAuthError `OAUTH_INTERACTION_REQUIRED` when `idp` has no valid token of the person,
 * `OAUTH_INVALID_RESPONSE` when it answers a token of another kind, `OAUTH_SERVER_REFUSED` of either server;
 * `OAUTH_INVALID_OPTION` for an option that does not exist, and without any `audience`
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-identity-assertion-authz-grant/
 */
export function identityAssertionGrant(options: IdentityAssertionOptions): UnattendedGrant {
  checkNames(options, OPTIONS)
  const { idp, subject_token, authorization_details, subject_token_type: type = ID_TOKEN } = options
  const identity = async () => {
    const given = typeof subject_token === 'function' ? await subject_token() : subject_token
    const token = given ?? (await keptToken(idp, type))
    if (!token) throw oauthError('OAUTH_INTERACTION_REQUIRED', 'noIdentity')
    return token
  }
  return async (endpoint, context) => {
    const wanted = context.scope ?? joinScope(options.scope)
    const resource = context.resource ?? options.resource
    const audience = options.audience ?? (await context.server()).issuer
    if (!audience) throw oauthError('OAUTH_INVALID_OPTION', 'missing', { name: 'audience' })
    const exchanged = await exchangeToken(idp, {
      requested_token_type: ID_JAG,
      audience,
      subject_token: await identity(),
      subject_token_type: type,
      ...(resource && { resource }),
      ...(wanted && { scope: wanted }),
      ...(authorization_details && { parameters: { authorization_details } }),
    })
    if (exchanged.issued_token_type !== ID_JAG) throw oauthError('OAUTH_INVALID_RESPONSE', 'notIdJag')
    // the identity provider may allow less than was asked for
    const scope = exchanged.scope || wanted
    const grant = jwtBearerGrant({ assertion: exchanged.access_token })
    return grant(endpoint, { ...context, ...(scope && { scope }) })
  }
}
