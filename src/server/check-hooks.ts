import { oauthError } from '../errors.js'
import type { Hooks } from './messages.js'

const HOOKS: Record<keyof Hooks, true> = {
  authorizationUrl: true,
  tokenRequest: true,
  tokenResponse: true,
  refreshRequest: true,
  refreshResponse: true,
  protectedRequest: true,
  revocationRequest: true,
  revocationResponse: true,
  introspectionRequest: true,
  introspectionResponse: true,
}

/**
 * Refuses a hook that would never run.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function checkHooks(hooks: Hooks | undefined): void {
  for (const name in hooks)
    if (!Object.hasOwn(HOOKS, name)) throw oauthError('OAUTH_INVALID_OPTION', 'hook', { name })
}
