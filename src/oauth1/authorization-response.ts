import { OAuthError } from '../errors.js'

/**
 * What must be remembered between leaving for the server and coming back: plain JSON, bound to the user's own browser session,
 * used once, ten minutes old at most. It holds a secret.
 */
export interface OAuth1Transaction {
  oauth_token: string
  oauth_token_secret?: string
  /** The client's key. */
  client_key: string
  /** Where the verifier may be exchanged. */
  access_token_url: string
  /** Seconds since the epoch. */
  created_at: number
}

/** What came back: the whole callback URL, its query, or its parameters. */
export type OAuth1AuthorizationResponse = string | URL | Record<string, unknown>

/** What a callback says. */
export interface OAuth1Authorization {
  oauth_token: string
  oauth_verifier?: string
  [parameter: string]: string | undefined
}

/** Reads the parameters of a callback; those of others may be encoded as they like. */
function parametersOf(response: OAuth1AuthorizationResponse): Record<string, string> {
  if (typeof response === 'object' && !(response instanceof URL))
    return Object.fromEntries(Object.entries(response).map(([name, value]) => [name, String([value].flat()[0] ?? '')]))
  const [address = ''] = `${response}`.split('#')
  const found: Record<string, string> = Object.create(null)
  // the first of several: what an attacker appends does not count
  for (const [name, value] of new URLSearchParams(address.slice(address.indexOf('?') + 1))) found[name] ??= value
  return found
}

/**
 * Judges a callback against the transaction that began it: its token first, since with a foreign one nothing else of it is used
 * or shown; then a refusal; then whether a verifier is there.
 * @throws OAuthError `OAUTH_CODE_MISSING` without token or (unless `verifier` is false) verifier; `OAUTH_STATE_MISMATCH` for a
 * token of another sign-in; `OAUTH_AUTHORIZATION_FAILED` when the resource owner denied.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.2
 */
export function checkAuthorizationResponse(
  response: OAuth1AuthorizationResponse,
  transaction: Pick<OAuth1Transaction, 'oauth_token'>,
  { verifier = true }: { verifier?: boolean } = {},
): OAuth1Authorization {
  const found = parametersOf(response)
  const { oauth_token, oauth_verifier, oauth_problem, denied } = found
  const token = oauth_token || denied
  if (!token) throw new OAuthError('OAUTH_CODE_MISSING', 'The callback has no oauth_token.')
  if (!transaction?.oauth_token || token !== transaction.oauth_token)
    throw new OAuthError(
      'OAUTH_STATE_MISMATCH',
      'This callback belongs to another sign-in, or its transaction was lost.',
    )
  const error = oauth_problem || found.error || (denied === undefined ? undefined : 'denied')
  if (error) throw new OAuthError('OAUTH_AUTHORIZATION_FAILED', `The authorization was not given: ${error}.`, { error })
  if (verifier && !oauth_verifier) throw new OAuthError('OAUTH_CODE_MISSING', 'The callback has no oauth_verifier.')
  return { ...found, oauth_token: token }
}
