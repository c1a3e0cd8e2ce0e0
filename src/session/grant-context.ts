import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import type { GrantContext, TokenEndpoint } from '../grants/grant.js'
import { callEndpoint, type ServerCallOptions } from '../server/call.js'
import { isPassing } from '../server/refusal.js'
import { processTokenResponse } from '../server/token-response.js'
import { contextOf, signingContext, transportOf } from './connection.js'
import { idTokenGate } from './id-tokens.js'
import type { SessionView, State } from './state.js'

/**
 * True for what only a mistake of the program throws; where there is no network, `fetch` throws a TypeError
 * that has a cause.
 */
const isProgramError = (error: unknown): error is Error =>
  (error instanceof TypeError || error instanceof ReferenceError) &&
  error.cause === undefined &&
  !/fetch/i.test(error.message)

/** What a grant (or an own `refresh`) threw, as an error of ours that shows no secret. */
export const grantError = (error: unknown, what = 'grant'): OAuthError => {
  if (isOAuthError(error)) return error
  // no outage: asking again later would not help
  if (isProgramError(error))
    return oauthError('OAUTH_INVALID_OPTION', 'programError', { what, name: error.name }, { cause: error })
  const { isAxiosError, response } = Object(error) as {
    isAxiosError?: boolean
    response?: { status?: number }
  }
  const status = response?.status ?? 0
  // an axios error shows its request, and with it the client's secrets
  const details = { ...(status && { status }), cause: isAxiosError ? undefined : error }
  const isRefusal = status > 399 && !isPassing(status, {}, false)
  if (isRefusal) return oauthError('OAUTH_SERVER_REFUSED', 'grant', { status }, details)
  return status
    ? oauthError('OAUTH_SERVER_UNAVAILABLE', 'grantAnswer', { status }, details)
    : oauthError('OAUTH_SERVER_UNAVAILABLE', 'grant', {}, details)
}

/** The session's token endpoint, as grants see it. */
export function tokenEndpoint(
  state: State,
  defaults?: ServerCallOptions,
  beforeSend?: () => void,
): TokenEndpoint {
  return async (parameters, options) => {
    const context = { ...(await contextOf(state)), beforeSend }
    const requestedAt = state.clock()
    const call = {
      ...defaults,
      ...options,
      parameters: { ...defaults?.parameters, ...options?.parameters },
      headers: { ...defaults?.headers, ...options?.headers },
    }
    return processTokenResponse(await callEndpoint(context, 'token', parameters, call), {
      ...context,
      requestedAt,
    })
  }
}

/** What a grant can use beside the token endpoint. */
export function grantContext({ state, slot }: SessionView, { validate } = idTokenGate(state)): GrantContext {
  const { options } = state
  const { http, send } = transportOf(state)
  return {
    server: async () => (await contextOf(state)).server,
    client: options.client ?? { client_id: '' },
    http,
    send,
    call: async (endpoint, parameters, call) =>
      callEndpoint(await contextOf(state), endpoint, parameters, call),
    ...signingContext(state),
    resource: slot.resource,
    scope: slot.scope,
    stored: state.record.grant,
    openid: !!options.openid,
    validateIdToken: validate,
  }
}
