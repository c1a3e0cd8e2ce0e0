import { OAuthError } from '../../src/errors.js'
import type { Grant, GrantContext } from '../../src/grants/grant.js'
import { callEndpoint, type EndpointContext, type ServerResponse } from '../../src/server/call.js'
import { processTokenResponse } from '../../src/server/token-response.js'
import { answer, NOW, scripted } from '../oauth2/support.js'

/** What the token endpoint answers in turn: an error code, an answer, or `'down'` for no answer at all. */
export type Turn = string | ServerResponse

/** The endpoints of the grants that begin with a request of their own. */
export const endpoints = {
  issuer: 'https://as.example',
  token_endpoint: 'https://as.example/token',
  device_authorization_endpoint: 'https://as.example/device',
  backchannel_authentication_endpoint: 'https://as.example/bc',
}

/**
 * A grant that begins at `first` and then polls, with a clock that only waiting moves. `waits` are seconds.
 */
export function polling(first: ServerResponse, turns: Turn[], overrides: Partial<EndpointContext> = {}) {
  const waits: number[] = []
  let now = NOW
  let begun = false
  const context = scripted([answer(200)], {
    clock: () => now,
    server: endpoints,
    send: async request => {
      context.sent.push(request)
      if (!begun) {
        begun = true
        return first
      }
      const turn = turns.shift() ?? answer(200, { access_token: 'a', token_type: 'Bearer' })
      if (turn === 'down') throw new OAuthError('OAUTH_SERVER_UNAVAILABLE', 'No answer')
      return typeof turn === 'string' ? answer(400, { error: turn }) : turn
    },
    ...overrides,
  })
  const sleep = async (seconds: number, signal?: AbortSignal) => {
    if (signal?.aborted) return
    waits.push(seconds)
    now += seconds
  }
  const run = (grant: Grant, grantContext: Partial<GrantContext> = {}) =>
    grant(
      async (parameters, options) =>
        processTokenResponse(await callEndpoint(context, 'token', parameters, options), {
          ...context,
          requestedAt: now,
        }),
      {
        ...context,
        server: async () => context.server,
        http: {} as never,
        call: (endpoint, parameters, options) => callEndpoint(context, endpoint, parameters, options),
        ...grantContext,
      },
    )
  return { waits, sleep, run, sent: context.sent }
}
