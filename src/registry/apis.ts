import { type AllowInsecure, isUnder, originRule } from '../auth/origins.js'
import type { AttachOptions } from '../axios/attach-options.js'
import { oauthError } from '../errors.js'
import type { RegisteredApi } from './registration.js'

/** One row of `apis`, and the test for its URLs. */
export interface ApiRule {
  api: RegisteredApi
  allowedOrigins: NonNullable<AttachOptions['allowedOrigins']>
}

/**
 * Assigns each URL to one of several APIs: to the one with the longest matching prefix.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a prefix that is none, or that stands twice;
 * `OAUTH_INSECURE_URL`
 */
export function apiRules(
  apis: readonly RegisteredApi[],
  allowInsecure: AllowInsecure | undefined,
): ApiRule[] {
  const rules = apis.map(api => {
    const { prefixes: [prefix = ''] = [], allows } = originRule(api.match, undefined, allowInsecure)
    return { api, prefix, allows }
  })
  const twice = rules.find(({ prefix }, index) =>
    rules.slice(0, index).some(other => other.prefix === prefix),
  )
  if (twice) throw oauthError('OAUTH_INVALID_OPTION', 'apis', { match: twice.prefix })
  return rules.map(({ api, prefix, allows }) => {
    const within = rules.filter(other => other.prefix !== prefix && isUnder(other.prefix, prefix))
    // A prefix alone is compared without parsing the URL of each request.
    if (within.length === 0 && !rules.some(other => other.prefix !== prefix && isUnder(prefix, other.prefix)))
      return { api, allowedOrigins: prefix }
    return { api, allowedOrigins: url => allows(url) && !within.some(other => other.allows(url)) }
  })
}
