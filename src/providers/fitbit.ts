import { defineProvider, rewriteAnswer } from './provider.js'

/** Errors are a list; the first one's type is the word of the specification. */
const answer = rewriteAnswer(parameters => {
  const { 0: first } = Object(parameters.errors) as { errorType?: string; message?: string }[]
  return first ? { ...parameters, error: first.errorType, error_description: first.message } : parameters
})

/**
 * Fitbit. Errors are a list with `errorType`. Access tokens live 8 hours, each refresh returns another
 * refresh token. Without a source: the address of the authorization page, and which tokens revocation takes.
 * @see https://dev.fitbit.com/build/reference/web-api/authorization/refresh-token (stored copy without a
 * date)
 * @see https://dev.fitbit.com/build/reference/web-api/troubleshooting-guide/error-handling (stored copy
 * without a date)
 */
export const fitbit = defineProvider({
  server: {
    authorization_endpoint: 'https://www.fitbit.com/oauth2/authorize',
    token_endpoint: 'https://api.fitbit.com/oauth2/token',
    revocation_endpoint: 'https://api.fitbit.com/oauth2/revoke',
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  },
  hooks: { tokenResponse: answer, refreshResponse: answer, revocationResponse: answer },
})
