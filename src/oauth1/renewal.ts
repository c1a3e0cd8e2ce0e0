import { isOAuthError, oauthError } from '../errors.js'
import { traceRenewal } from '../lib/diagnostics.js'
import type { OAuth1Internals } from './internals.js'
import { isSameToken } from './kept-credentials.js'
import { accessTokenRequest, apiRequest, insistOnSuccess, processTokenResponse } from './messages.js'
import type { OAuth1Token } from './options.js'
import type { OAuth1RenewalCall, RenewOAuth1Token } from './session-options.js'

async function renewInOwnWay(
  internals: OAuth1Internals,
  renew: RenewOAuth1Token,
  token: OAuth1Token,
): Promise<OAuth1Token> {
  const call: OAuth1RenewalCall = async (url, options) =>
    insistOnSuccess(await internals.call(apiRequest(url, { ...options, token }), 'access_token_url'))
  return (await renew(token, call)) ?? token
}

/** @see https://oauth.googlecode.com/svn/spec/ext/session/1.0/drafts/1/spec.html */
async function renewBySessionHandle(internals: OAuth1Internals, token: OAuth1Token, sessionHandle: string) {
  const request = accessTokenRequest(internals.options.server, { token, sessionHandle })
  const renewed = processTokenResponse(await internals.call(request, 'access_token_url'))
  return { oauth_session_handle: sessionHandle, ...renewed }
}

/**
 * Renews token credentials and stores them; it adopts credentials that another process renewed meanwhile.
 * @throws OAuthError `OAUTH_INTERACTION_REQUIRED` without a session handle and without the option `renew`,
 * and what the renewal itself throws
 */
export async function renewCredentials(internals: OAuth1Internals, token: OAuth1Token): Promise<OAuth1Token> {
  const { kept, options } = internals
  const stored = await kept.reread()
  if (stored && !isSameToken(stored, token)) return stored
  const handle = token.oauth_session_handle
  if (options.renew) return kept.keep(await renewInOwnWay(internals, options.renew, token), true)
  if (typeof handle === 'string') return kept.keep(await renewBySessionHandle(internals, token, handle), true)
  throw oauthError('OAUTH_INTERACTION_REQUIRED', 'expiredCredentials')
}

/**
 * Creates the function that renews refused credentials once for all requests that were signed with them.
 * Credentials that cannot be renewed are kept, and the session emits `error`.
 */
export function sharedRenewal(
  internals: OAuth1Internals,
): (token: OAuth1Token) => Promise<OAuth1Token | undefined> {
  let last: { token: OAuth1Token; renewal: Promise<OAuth1Token | undefined> } | undefined
  const attempt = async (token: OAuth1Token) => {
    try {
      return await traceRenewal(internals, { protocol: 'oauth1', cause: 'refused' }, () =>
        renewCredentials(internals, token),
      )
    } catch (error) {
      internals.kept.report(
        isOAuthError(error) ? error : oauthError('OAUTH_SERVER_UNAVAILABLE', 'renew', {}, { cause: error }),
      )
      return undefined
    }
  }
  return token => {
    if (!last || !isSameToken(last.token, token)) {
      const renewal = attempt(token).finally(() => {
        last = undefined
      })
      last = { token, renewal }
    }
    return last.renewal
  }
}
