import { commaScope, defineProvider, type Provider, rewriteAnswer, withSpaces } from './provider.js'

/** Error codes for an ended token, with status 200. */
const OVER = ['token_expired', 'token_revoked']

/**
 * Slack (OAuth v2), with or without token rotation. Answers are 200 with `ok: false` for a refusal, also of
 * the Web API; scopes have commas; the token type is `bot` or `user`. `as: 'user'` requests the person's own
 * token, which is in `authed_user`. With rotation a token lives 12 hours and every refresh token can be used
 * once. `auth.revoke` takes only an access token, so a log-out ends the session here. Without a source: the
 * addresses of v2, and the refusal words `token_expired` and `token_revoked`.
 * @see https://api.slack.com/authentication/rotation (stored copy without a date; docs.slack.dev has it
 * since, 2026-06-10)
 * @see https://api.slack.com/methods/auth.revoke
 */
export function slack({ as = 'bot' }: { as?: 'bot' | 'user' } = {}): Provider {
  const answer = rewriteAnswer(({ authed_user, ...team }) => {
    const user = Object(authed_user) as Record<string, unknown>
    // the bot's refresh token and expiry never become the person's: nothing of the bot's answer is taken over
    // but the team
    const token: Record<string, unknown> =
      as === 'user' && user.access_token
        ? { ok: team.ok, team: team.team, ...user }
        : { ...team, authed_user }
    return withSpaces({ ...token, token_type: 'Bearer' })
  })
  return defineProvider({
    server: {
      authorization_endpoint: 'https://slack.com/oauth/v2/authorize',
      token_endpoint: 'https://slack.com/api/oauth.v2.access',
    },
    endedBy: ['invalid_refresh_token', ...OVER],
    isTokenExpired: ({ data }) => [...OVER, 'invalid_auth'].includes(Object(data).error),
    hooks: {
      authorizationUrl(url) {
        commaScope(url)
        const { searchParams } = url
        const scope = as === 'user' && searchParams.get('scope')
        if (!scope) return
        searchParams.delete('scope')
        searchParams.set('user_scope', scope)
      },
      tokenResponse: answer,
      refreshResponse: answer,
    },
  })
}
