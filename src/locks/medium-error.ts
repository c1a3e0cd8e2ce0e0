import { isOAuthError, type OAuthError, oauthError } from '../errors.js'

/**
 * The error for a store, or for another medium, that failed. A driver's error may show its command with the
 * tokens, so only its name is shown.
 */
export function mediumError(
  code: 'OAUTH_STORE_READ' | 'OAUTH_STORE_WRITE',
  error: unknown,
  medium: 'medium' | 'store' = 'medium',
): OAuthError {
  if (isOAuthError(error)) return error
  const { code: reason, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  return oauthError(code, medium, { problem: reason ?? name })
}

/** Calls a medium; every failure becomes a rejection that shows no value. */
export async function guarded<T>(code: Parameters<typeof mediumError>[0], ask: () => T): Promise<Awaited<T>> {
  try {
    return await ask()
  } catch (error) {
    throw mediumError(code, error)
  }
}
