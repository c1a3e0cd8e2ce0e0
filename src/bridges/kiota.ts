import { type AllowedOrigins, originRule, parse } from '../auth/origins.js'
import type { OAuth2Session } from '../session/session-options.js'
import { inside } from '../session/state.js'

/** The part of Kiota's `AllowedHostsValidator` that a request adapter calls. */
export interface KiotaHostsValidator {
  getAllowedHosts(): string[]
  isUrlHostValid(url: string): boolean
}

/** Kiota's `AccessTokenProvider` (`@microsoft/kiota-abstractions`). */
export interface KiotaAccessTokenProvider {
  /** The access token for a URL; empty if the URL is not allowed, so that Kiota sends none. */
  getAuthorizationToken(
    url?: string,
    additionalAuthenticationContext?: Record<string, unknown>,
  ): Promise<string>
  getAllowedHostsValidator(): KiotaHostsValidator
}

/** Options of {@link kiotaTokenProvider}. */
export interface KiotaTokenProviderOptions {
  /** The allowed targets of the token: origins or URL prefixes, or a function. */
  allowedOrigins: AllowedOrigins
}

/**
 * Creates the `AccessTokenProvider` for clients that Kiota generates. A URL outside `allowedOrigins` gets no
 * token. Claims of a challenge, which Kiota passes as context, cause a renewal.
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED`, `OAUTH_INVALID_OPTION`, `OAUTH_INSECURE_URL`
 * @example
 * const provider = new BaseBearerTokenAuthenticationProvider(kiotaTokenProvider(session, { allowedOrigins: 'https://api.example.com' }))
 */
export function kiotaTokenProvider(
  session: OAuth2Session,
  { allowedOrigins }: KiotaTokenProviderOptions,
): KiotaAccessTokenProvider {
  const rule = originRule(allowedOrigins, undefined, inside(session).state.options.allowInsecure)
  const allows = (url: string | undefined) => {
    const target = url === undefined ? undefined : parse(url)
    return !!target && rule.allows(target)
  }
  return {
    async getAuthorizationToken(url, { claims } = {}) {
      if (!allows(url)) return ''
      const known = claims ? session.current() : undefined
      const { access_token } = await session.token(known && { rejected: known })
      return access_token
    },
    getAllowedHostsValidator: () => ({
      getAllowedHosts: () => (rule.prefixes ?? []).map(prefix => new URL(prefix).host),
      isUrlHostValid: allows,
    }),
  }
}
