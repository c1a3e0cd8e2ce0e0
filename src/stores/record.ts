import { oauthError } from '../errors.js'
import type { StoredGrant } from '../session/stored-grant.js'

const isTextOrAbsent = (value: unknown) => value === undefined || typeof value === 'string'

/** True for a record in the form that this package writes. */
function isGrant(grant: Partial<StoredGrant> | null | undefined): boolean {
  if (grant?.v !== 1 || typeof grant.grantId !== 'string' || !Number.isSafeInteger(grant.version))
    return false
  const isEndKnown = grant.ended === undefined || typeof grant.ended?.reason === 'string'
  return isTokens(grant.tokens) && isTextOrAbsent(grant.refresh_token) && isEndKnown
}

/**
 * Returns a value of a medium as a grant if this package wrote it; the error shows nothing of its content.
 * @throws OAuthError `OAUTH_STORE_VALUE`
 */
export function asGrant(value: unknown): StoredGrant {
  if (isGrant(value as Partial<StoredGrant> | null | undefined)) return value as StoredGrant
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
