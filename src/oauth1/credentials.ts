import { oauthError } from '../errors.js'
import { internalsOf } from './internals.js'
import type { OAuth1Token } from './options.js'
import { renewCredentials } from './renewal.js'
import type { OAuth1Session } from './session-options.js'

/**
 * Stores existing token credentials.
 * @throws OAuthError `OAUTH_INVALID_OPTION` without an `oauth_token`, `OAUTH_LOCK_TIMEOUT`,
 * `OAUTH_STORE_READ`
 */
export async function saveOAuth1Token(session: OAuth1Session, token: OAuth1Token): Promise<OAuth1Token> {
  if (!token?.oauth_token) throw oauthError('OAUTH_INVALID_OPTION', 'oauthToken')
  return internalsOf(session).kept.keep(token)
}

/**
 * Renews the credentials now: with their session handle, or with the option `renew`.
 * @throws OAuthError `OAUTH_INTERACTION_REQUIRED` where they cannot be renewed, `OAUTH_SERVER_REFUSED`,
 * `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`
 */
export async function renewOAuth1Token(session: OAuth1Session): Promise<OAuth1Token> {
  return renewCredentials(internalsOf(session), await session.token())
}

/**
 * Deletes the credentials, here and in the store. @throws OAuthError `OAUTH_STORE_WRITE`,
 * `OAUTH_LOCK_TIMEOUT`
 */
export async function endOAuth1Session(session: OAuth1Session, reason = 'signed_out'): Promise<void> {
  await internalsOf(session).kept.end(reason)
}
