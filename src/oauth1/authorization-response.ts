import { oauthError } from '../errors.js'

/**
 * The values to keep between the redirect to the server and the callback: plain JSON, bound to the person's
 * own browser session, usable once, for ten minutes. It contains a secret.
 */
export interface OAuth1Transaction {
  oauth_token: string
  oauth_token_secret?: string
  /** The client's key. */
  client_key: string
  /** The endpoint that exchanges the verifier. */
  access_token_url: string
  /** Seconds since the epoch. */
  created_at: number
}

/** The callback: its whole URL, its query, or its parameters. */
export type OAuth1AuthorizationResponse = string | URL | Record<string, unknown>

/** The content of a callback. */
export interface OAuth1Authorization {
  oauth_token: string
  oauth_verifier?: string
  [parameter: string]: string | undefined
}

/** Reads the parameters of a callback; parameters of other origin may have any encoding. */
function parametersOf(response: OAuth1AuthorizationResponse): Record<string, string> {
  if (typeof response === 'object' && !(response instanceof URL))
    return Object.fromEntries(
      Object.entries(response).map(([name, value]) => [name, String([value].flat()[0] ?? '')]),
    )
  const [address = ''] = `${response}`.split('#')
  const found: Record<string, string> = Object.create(null)
  // The first of several values counts, so that an attacker cannot append one.
  for (const [name, value] of new URLSearchParams(address.slice(address.indexOf('?') + 1)))
    found[name] ??= value
  return found
}

/**
 * Judges a callback against its transaction. Its token comes first: with a foreign one no other part of it is
 * used or shown. Then comes a refusal, then the verifier.
 * @throws OAuthError `OAUTH_AUTHORIZATION_FAILED` when the resource owner denied; `OAUTH_STATE_MISMATCH` for
 * a token of another sign-in; `OAUTH_CODE_MISSING` without token or (unless `verifier` is false) verifier.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.2
 */
export function checkAuthorizationResponse(
  response: OAuth1AuthorizationResponse,
  transaction: Pick<OAuth1Transaction, 'oauth_token'>,
  { verifier = true }: { verifier?: boolean } = {},
): OAuth1Authorization {
  const found = parametersOf(response)
  const { oauth_problem, error, denied, oauth_verifier } = found
  const oauth_token = found.oauth_token || denied
  const refusal = oauth_problem || error
  if (!oauth_token) throw refusal ? refused(refusal) : incomplete('oauth_token')
  if (!transaction?.oauth_token || oauth_token !== transaction.oauth_token)
    throw oauthError('OAUTH_STATE_MISMATCH', 'callback')
  if (refusal || denied !== undefined) throw refused(refusal || 'denied')
  if (verifier && !oauth_verifier) throw incomplete('oauth_verifier')
  return { ...found, oauth_token }
}

const refused = (error: string) => oauthError('OAUTH_AUTHORIZATION_FAILED', 'notGiven', { error }, { error })

const incomplete = (name: string) => oauthError('OAUTH_CODE_MISSING', 'callback', { name })
