import { oauthError } from '../errors.js'
import type { OAuth1AuthorizationResponse, OAuth1Transaction } from '../oauth1/authorization-response.js'
import type { OAuth1Token } from '../oauth1/options.js'
import type { OAuth1Session } from '../oauth1/session-options.js'
import {
  createOAuth1AuthorizationUrl,
  fetchOAuth1Token,
  type OAuth1AuthorizationOptions,
  type OAuth1TokenOptions,
} from '../oauth1/sign-in.js'
import { type BeginOptions, storeSignIn } from './sign-in.js'
import { type TransactionStore, takePending } from './transactions.js'

/**
 * Begins a sign-in of OAuth 1.0a and stores it under its request token; returns the address to which to
 * redirect.
 * @throws OAuthError as `createOAuth1AuthorizationUrl` does; `OAUTH_INVALID_OPTION` for a `returnTo` that is
 * no path of this site
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.2
 */
export async function beginOAuth1SignIn(
  session: OAuth1Session,
  authorization: OAuth1AuthorizationOptions,
  options: Pick<BeginOptions, 'transactions' | 'returnTo' | 'client'>,
): Promise<{ url: string; state: string }> {
  const { url, transaction } = await createOAuth1AuthorizationUrl(session, authorization)
  const state = transaction.oauth_token
  await storeSignIn(state, transaction, options)
  return { url, state }
}

/** Options of {@link finishOAuth1SignIn}. */
export interface OAuth1FinishOptions extends Omit<OAuth1TokenOptions, 'transaction' | 'verifier'> {
  authorizationResponse: OAuth1AuthorizationResponse
  transactions: TransactionStore
  /** The name of the client of this callback. */
  client?: string
}

/** The request token of a callback, also of a refusal (`denied`). */
function requestTokenOf(response: OAuth1AuthorizationResponse): string | undefined {
  const parameters =
    typeof response === 'object' && !(response instanceof URL)
      ? new Map(Object.entries(response).map(([name, value]) => [name, String(value)]))
      : new URLSearchParams(`${response}`.replace(/^[^?]*\?/, '').replace(/#.*/s, ''))
  return parameters.get('oauth_token') || parameters.get('denied') || undefined
}

/**
 * Finishes a sign-in of OAuth 1.0a with its callback, and stores the token credentials.
 * @throws OAuthError `OAUTH_STATE_MISMATCH`, `OAUTH_TRANSACTION_USED`, `OAUTH_ISSUER_MISMATCH` as
 * {@link takePending} does; `OAUTH_CODE_MISSING` without a request token; and what `fetchOAuth1Token` throws
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.3
 */
export async function finishOAuth1SignIn(
  session: OAuth1Session,
  { transactions, client, authorizationResponse, ...callOptions }: OAuth1FinishOptions,
): Promise<{ token: OAuth1Token; returnTo?: string }> {
  const requestToken = requestTokenOf(authorizationResponse)
  if (!requestToken) throw oauthError('OAUTH_CODE_MISSING', 'callback', { name: 'oauth_token' })
  const { transaction, returnTo } = await takePending(transactions, requestToken, client)
  const token = await fetchOAuth1Token(session, {
    ...callOptions,
    authorizationResponse,
    transaction: transaction as OAuth1Transaction,
  })
  return { token, ...(returnTo !== undefined && { returnTo }) }
}
