import { commaScope, defineProvider, rewriteAnswer } from './provider.js'

/** Errors are a list of the members that are wrong; there is no `error`. */
const refreshResponse = rewriteAnswer(answer => {
  const { 0: first } = Object(answer.errors) as { resource?: string }[]
  return first?.resource === 'RefreshToken' ? { ...answer, error: 'invalid_grant' } : answer
})

/**
 * Strava. Scopes have commas; only the callback has the granted scope. Access tokens live 6 hours, and a
 * refresh returns the refresh token to use from then on. A log-out ends the session here: deauthorizing takes
 * an access token. Without a source: the life of 6 hours, how a refresh is refused, and how deauthorizing is
 * called.
 * @see https://developers.strava.com/docs/authentication (stored copy without a date)
 */
export const strava = defineProvider({
  server: {
    authorization_endpoint: 'https://www.strava.com/oauth/authorize',
    token_endpoint: 'https://www.strava.com/oauth/token',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  hooks: { authorizationUrl: commaScope, refreshResponse },
})
