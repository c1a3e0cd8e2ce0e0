import { oauthError } from '../errors.js'
import { applyHooks } from '../server/hooks.js'
import {
  checkAuthorizationResponse,
  type OAuth1AuthorizationResponse,
  type OAuth1Transaction,
} from './authorization-response.js'
import { internalsOf, type OAuth1Internals } from './internals.js'
import {
  accessTokenRequest,
  buildAuthorizationUrl,
  type OAuth1CallOptions,
  processRequestToken,
  processTokenResponse,
  requestTokenRequest,
} from './messages.js'
import type { OAuth1Token } from './options.js'
import type { OAuth1Session } from './session-options.js'
import { createSigner } from './signer.js'

/** Options of {@link fetchOAuth1RequestToken}. */
export interface OAuth1RequestTokenOptions extends OAuth1CallOptions {
  /** The callback, an absolute URL; default `oob`: the person types a code. */
  callback?: string
  /** The realm of this call, instead of the session's; several are joined by spaces. */
  realm?: string | readonly string[]
}

/** Options of {@link createOAuth1AuthorizationUrl}. */
export interface OAuth1AuthorizationOptions extends OAuth1RequestTokenOptions {
  /** Existing temporary credentials; default: new ones. */
  requestToken?: OAuth1Token
  /** Further parameters of the authorization URL. */
  authorize?: Record<string, string>
}

/** Options of {@link fetchOAuth1Token}: the callback, or the code that the person typed. */
export interface OAuth1TokenOptions extends OAuth1CallOptions {
  transaction: OAuth1Transaction
  authorizationResponse?: OAuth1AuthorizationResponse
  verifier?: string
}

/** The longest sign-in, in seconds. */
const LONGEST_SIGN_IN = 600

/**
 * Fetches temporary credentials.
 * @throws OAuthError `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE` (also when
 * the callback was not confirmed), `OAUTH_INSECURE_URL`
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.1
 */
export async function fetchOAuth1RequestToken(
  session: OAuth1Session,
  { realm, callback = 'oob', ...callOptions }: OAuth1RequestTokenOptions = {},
): Promise<OAuth1Token> {
  const { options, call } = internalsOf(session)
  const { revision } = options
  const signer =
    realm === undefined ? undefined : createSigner({ ...options, realm: [realm].flat().join(' ') })
  const request = requestTokenRequest(options.server, {
    ...callOptions,
    callback,
    ...(revision && { revision }),
  })
  return processRequestToken(await call(request, 'request_token_url', signer), options)
}

/**
 * Creates the URL for the person, and the transaction to keep until the callback.
 * @throws OAuthError as {@link fetchOAuth1RequestToken} does
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.2
 */
export async function createOAuth1AuthorizationUrl(
  session: OAuth1Session,
  { requestToken, authorize, ...options }: OAuth1AuthorizationOptions = {},
): Promise<{ url: string; transaction: OAuth1Transaction }> {
  const { options: own, clock } = internalsOf(session)
  const { server, client, revision, hooks } = own
  const token = requestToken ?? (await fetchOAuth1RequestToken(session, options))
  const { oauth_token, oauth_token_secret } = token
  const { callback } = options
  const url = buildAuthorizationUrl(server, oauth_token, {
    ...(revision === '1.0' && callback !== undefined && { oauth_callback: callback }),
    ...authorize,
  })
  return {
    url: hooks?.authorizationUrl ? (await applyHooks(hooks.authorizationUrl, new URL(url))).href : url,
    transaction: {
      oauth_token,
      ...(oauth_token_secret !== undefined && { oauth_token_secret }),
      client_key: client.key,
      access_token_url: server.access_token_url,
      created_at: Math.floor(clock()),
    },
  }
}

/** Accepts a transaction once, in time, and only in the session of its server and client. */
function useTransaction({ options, clock, spent }: OAuth1Internals, transaction: OAuth1Transaction): void {
  const { oauth_token, created_at, client_key, access_token_url } = Object(transaction) as OAuth1Transaction
  const now = clock()
  for (const [old, at] of spent) if (at < now - LONGEST_SIGN_IN) spent.delete(old)
  if (spent.has(oauth_token)) throw oauthError('OAUTH_TRANSACTION_USED', 'finished')
  if (client_key !== options.client.key || access_token_url !== options.server.access_token_url)
    throw oauthError('OAUTH_ISSUER_MISMATCH', 'otherServer')
  if (!(Math.abs(now - created_at) <= LONGEST_SIGN_IN))
    throw oauthError('OAUTH_TRANSACTION_EXPIRED', 'tenMinutes')
  spent.set(oauth_token, now)
}

/**
 * Exchanges temporary credentials for token credentials and stores them.
 * @throws OAuthError `OAUTH_STATE_MISMATCH`, `OAUTH_AUTHORIZATION_FAILED`, `OAUTH_CODE_MISSING` for a
 * callback that is not clean; `OAUTH_TRANSACTION_USED`, `OAUTH_TRANSACTION_EXPIRED`, `OAUTH_ISSUER_MISMATCH`,
 * `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.3
 */
export async function fetchOAuth1Token(
  session: OAuth1Session,
  { transaction, authorizationResponse, verifier, ...callOptions }: OAuth1TokenOptions,
): Promise<OAuth1Token> {
  const internals = internalsOf(session)
  const { revision, server } = internals.options
  const needsVerifier = revision !== '1.0'
  const callback =
    authorizationResponse === undefined
      ? undefined
      : checkAuthorizationResponse(authorizationResponse, transaction, { verifier: needsVerifier })
  const given = callback?.oauth_verifier ?? verifier
  if (!given && needsVerifier) throw oauthError('OAUTH_CODE_MISSING', 'verifier')
  useTransaction(internals, transaction)
  const { oauth_token, oauth_token_secret } = transaction
  const token = { oauth_token, ...(oauth_token_secret !== undefined && { oauth_token_secret }) }
  const request = accessTokenRequest(server, { ...callOptions, token, ...(given && { verifier: given }) })
  return internals.kept.keep(processTokenResponse(await internals.call(request, 'access_token_url')))
}
