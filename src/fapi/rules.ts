import { readClaims } from '../authorization/id-token-claims.js'
import { oauthError } from '../errors.js'
import type { ServerRequest } from '../server/messages.js'

const forbid = (problem: string) => oauthError('OAUTH_INVALID_OPTION', 'fapi', { problem })

const isLoopback = ({ protocol, hostname }: URL) =>
  protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

/** A response needs a protected connection, or a native application's loopback address. */
function checkRedirectUri(redirectUri: unknown): void {
  if (typeof redirectUri !== 'string') throw forbid('a pushed request without redirect_uri')
  const url = new URL(redirectUri)
  if (url.protocol === 'http:' && !isLoopback(url)) throw forbid('a redirect_uri over http')
}

/** Checks a pushed request, as sent or inside its signed request object. */
function checkPushed(body: URLSearchParams, isSigned: boolean): void {
  const request = body.get('request')
  if (isSigned && !request) throw forbid('a request that is not signed')
  const parameters: Record<string, unknown> = request ? (readClaims(request) ?? {}) : Object.fromEntries(body)
  if (parameters.response_type !== 'code') throw forbid('another response_type than code')
  if (!parameters.code_challenge || parameters.code_challenge_method !== 'S256')
    throw forbid('a request without PKCE S256')
  if (isSigned && parameters.response_mode !== 'jwt') throw forbid('another response_mode than jwt')
  checkRedirectUri(parameters.redirect_uri)
}

/**
 * Refuses a call to the authorization server that the profile forbids, before it is sent. `isSigned`: message
 * signing is on.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 * @see https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.3
 */
export function checkRequest({ endpoint, body }: ServerRequest, isSigned: boolean): void {
  if (endpoint === 'par') checkPushed(body, isSigned)
  if (endpoint === 'token' && body.get('grant_type') === 'password') throw forbid('the password grant')
}

/**
 * Refuses an authorization URL with more than the client and the reference to the pushed request.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function checkAuthorizationUrl({ searchParams }: URL): void {
  const shown = [...searchParams.keys()].filter(name => name !== 'client_id' && name !== 'request_uri')
  if (shown.length > 0 || !searchParams.has('request_uri')) throw forbid('a request that is not pushed')
}
