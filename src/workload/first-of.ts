import type { Awaitable } from '../auth/scheme.js'
import { isOAuthError, type OAuthError, oauthError } from '../errors.js'

/**
 * The first way that is here: of sources, or of grants that stand on them. Only what is absent is passed over
 * (`OAUTH_SOURCE_ABSENT`); one that is here and fails is the answer, so that no weaker identity takes its
 * place unseen. Asked in the same order each time.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when none is here; whatever the first one that is here throws
 * @example
 * const token = firstOf(githubActionsToken({ audience }), tokenFile('/var/run/secrets/tokens/api'))
 *
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
