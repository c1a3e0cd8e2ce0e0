import { oauthError } from '../errors.js'
import type { StoredGrant } from '../session/stored-grant.js'

/**
 * Returns a value of a medium as a grant if this package wrote it; the error shows nothing of its content.
 * @throws OAuthError `OAUTH_STORE_VALUE`
 */
export function asGrant(value: unknown): StoredGrant {
  const grant = value as Partial<StoredGrant> | null | undefined
  if (
    grant?.v === 1 &&
    typeof grant.grantId === 'string' &&
    Number.isSafeInteger(grant.version) &&
    isTokens(grant.tokens) &&
    (grant.refresh_token === undefined || typeof grant.refresh_token === 'string') &&
    (grant.ended === undefined || typeof grant.ended?.reason === 'string')
  )
    return grant as StoredGrant
  throw oauthError('OAUTH_STORE_VALUE', 'damaged')
}

/**
 * {@link asGrant} for text.
 * @throws OAuthError `OAUTH_STORE_VALUE`
 */
export function parseGrant(text: string): StoredGrant {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which may be a token.
  }
  return asGrant(value)
}

function isTokens(tokens: unknown): boolean {
  return (
    typeof tokens === 'object' &&
    tokens !== null &&
    Object.values(tokens).every(token => typeof token?.access_token === 'string')
  )
}
