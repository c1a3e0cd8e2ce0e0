import { secureUrl } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import { base64url } from '../lib/base64url.js'
import { checkNames } from '../lib/check-options.js'
import { toForm } from '../lib/form.js'
import { appendQuery } from '../lib/url.js'
import type { ServerParameters } from '../server/call.js'
import { core, type OAuth2Session } from '../session/session.js'
import { keySource } from './keys.js'
import { insist, jwtVerifier, VERIFIER, type VerifierOptions } from './verify.js'

const OPTIONS: Record<keyof LogoutOptions, true> = {
  post_logout_redirect_uri: true,
  state: true,
  id_token_hint: true,
  logout_hint: true,
  ui_locales: true,
  parameters: true,
}

/** Options of {@link createLogoutUrl}, in wire names. */
export interface LogoutOptions {
  /** The page after the log-out, exactly as registered. */
  post_logout_redirect_uri?: string
  /** Default: random, if there is a `post_logout_redirect_uri`. */
  state?: string
  /** Default: the stored ID token; `null` omits it. */
  id_token_hint?: string | null
  logout_hint?: string
  ui_locales?: string
  /** Other parameters of the server. */
  parameters?: ServerParameters
}

/**
 * The address to which to redirect, so that the person is logged out at the authorization server too. Create
 * it before `revokeToken`, which deletes the ID token that it needs as a hint. Keep `state` for {@link
 * validateLogoutResponse}.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an option that does not exist, and for a
 * `post_logout_redirect_uri` that is relative; `OAUTH_ENDPOINT_MISSING`, `OAUTH_INSECURE_URL`,
 * `OAUTH_STORE_READ`
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
 */
export async function createLogoutUrl(
  session: OAuth2Session,
  options: LogoutOptions = {},
): Promise<{ url: string; state: string | undefined }> {
  checkNames(options, OPTIONS)
  const { parameters, ...named } = options
  const given: Omit<LogoutOptions, 'parameters'> = { ...named, ...(parameters as object) }
  const { post_logout_redirect_uri } = given
  // The server compares it with registered URIs, which are absolute.
  if (post_logout_redirect_uri && !/^[a-z][\w+.-]*:\S/i.test(post_logout_redirect_uri))
    throw oauthError('OAUTH_INVALID_OPTION', 'logoutUri', { uri: post_logout_redirect_uri })
  const inside = core(session)
  const { server, client, allowInsecure, random } = await inside.context()
  if (!server.end_session_endpoint) {
    throw oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name: 'end_session_endpoint' })
  }
  const url = secureUrl(server.end_session_endpoint, 'end_session_endpoint', allowInsecure)
  const hint = given.id_token_hint === undefined ? (await inside.read())?.id_token : given.id_token_hint
  const state = given.state ?? (post_logout_redirect_uri ? base64url(random(16)) : undefined)
  const query = toForm({ client_id: client.client_id, ...given, id_token_hint: hint, state })
  return { url: appendQuery(url, query).href, state }
}

/**
 * Checks that a return to `post_logout_redirect_uri` belongs to the requested log-out: its whole URL, or its
 * path and query.
 * @throws OAuthError `OAUTH_STATE_MISMATCH`
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RedirectionAfterLogout
 */
export function validateLogoutResponse(url: string | URL, state: string): void {
  // A server may know only the path.
  const { searchParams } = new URL(url, 'https://rp.invalid')
  if (!state || searchParams.get('state') !== state) {
    throw oauthError('OAUTH_STATE_MISMATCH', 'logout')
  }
}

/** Options of {@link validateLogoutToken}. */
export interface LogoutTokenOptions extends VerifierOptions {
  /** The greatest age of a log-out token in seconds. Default 120. */
  maxTokenAge?: number
  /**
   * Returns whether this `jti` was used before, and stores it until `expiresAt` (seconds). Without it replays
   * are not detected.
   */
  isReplayed?: (jti: string, expiresAt: number) => boolean | Promise<boolean>
}

const TOKEN_OPTIONS: Record<keyof LogoutTokenOptions, true> = {
  ...VERIFIER,
  maxTokenAge: true,
  isReplayed: true,
}

/** The person and session to log out. */
export interface LogoutToken {
  iss: string
  sub?: string
  sid?: string
  jti: string
  iat: number
  [claim: string]: unknown
}

/**
 * Validates the log-out token that an authorization server posts to a back end (`logout_token`): signature,
 * `iss`, `aud`, `iat`, `exp`, `jti`, `sub` or `sid`, the event, and the absence of a nonce. Then end the
 * sessions of that person, and answer 200.
 * @throws OAuthError `OAUTH_ID_TOKEN_INVALID` with the name of the claim
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
 */
export async function validateLogoutToken(
  session: OAuth2Session,
  logoutToken: string,
  options: LogoutTokenOptions = {},
): Promise<LogoutToken> {
  checkNames(options, TOKEN_OPTIONS)
  const inside = core(session)
  const context = await inside.context()
  const { header, claims } = await jwtVerifier(options, keySource(options, true))(
    logoutToken,
    'id_token',
    context,
  )
  const { iss, aud, iat, exp, jti, sub, sid, events, nonce } = claims
  const now = inside.clock()
  const { maxTokenAge = 120 } = options
  insist(header.typ === undefined || /^(application\/)?logout\+jwt$/i.test(header.typ), 'typ')
  insist(typeof iss === 'string' && iss === context.server.issuer, 'iss')
  insist([aud].flat().includes(inside.client.client_id), 'aud')
  insist(typeof iat === 'number' && iat <= now + 60 && iat >= now - maxTokenAge - 60, 'iat')
  insist(typeof exp === 'number' && exp > now - 60, 'exp')
  insist(typeof jti === 'string' && jti, 'jti')
  insist(typeof sub === 'string' || typeof sid === 'string', 'sub')
  const event = (events as Record<string, unknown> | undefined)?.[
    'http://schemas.openid.net/event/backchannel-logout'
  ]
  insist(typeof event === 'object' && event && !Array.isArray(event), 'events')
  insist(nonce === undefined, 'nonce')
  insist(!(await options.isReplayed?.(jti, exp)), 'jti')
  return claims as LogoutToken
}
