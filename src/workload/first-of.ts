import type { Awaitable } from '../auth/scheme.js'
import { isOAuthError, type OAuthError, oauthError } from '../errors.js'

/**
 * The first available source, or the first grant whose source is available. Only absent ones are skipped
 * (`OAUTH_SOURCE_ABSENT`); if an available one fails, the failure is final, so that no weaker identity
 * replaces it unnoticed. The order is the same each time.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when none is here; whatever the first one that is here throws
 * @example
 * const token = firstOf(githubActionsToken({ audience: 'api' }), tokenFile('/var/run/secrets/tokens/api'))
 */
export const firstOf =
  <Arguments extends unknown[], Answer>(...ways: ((...args: Arguments) => Awaitable<Answer>)[]) =>
  async (...args: Arguments): Promise<Answer> => {
    const absent: OAuthError[] = []
    for (const way of ways) {
      try {
        return await way(...args)
      } catch (error) {
        if (!isOAuthError(error, 'OAUTH_SOURCE_ABSENT')) throw error
        absent.push(error)
      }
    }
    throw oauthError('OAUTH_SOURCE_ABSENT', 'none', {
      problems: absent.map(({ message }) => message).join(' '),
    })
  }
