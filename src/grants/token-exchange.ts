import type { Awaitable } from '../auth/scheme.js'
import { checkNames } from '../lib/check-options.js'
import type { ServerParameters } from '../server/call.js'
import { checkResources } from '../server/resource-indicator.js'
import type { UnattendedGrant } from './grant.js'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** A token, or a function that is called whenever it is needed. */
export type TokenInput = string | (() => Awaitable<string>)

/**
 * The exchange, in wire names; token types are URNs (default
 * `urn:ietf:params:oauth:token-type:access_token`).
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.1
 */
export interface TokenExchangeOptions {
  /** The token of the party for whom the new one is requested. */
  subject_token: TokenInput
  subject_token_type?: string
  /** The token of the party that acts for the subject (delegation). */
  actor_token?: TokenInput
  actor_token_type?: string
  requested_token_type?: string
  /** The targets of the token, as URIs. */
  resource?: string | readonly string[]
  /** The targets of the token, as names. */
  audience?: string | readonly string[]
  scope?: string | readonly string[]
  /** Other parameters of the server. */
  parameters?: ServerParameters
}

const OPTIONS: Record<keyof TokenExchangeOptions, true> = {
  subject_token: true,
  subject_token_type: true,
  actor_token: true,
  actor_token_type: true,
  requested_token_type: true,
  resource: true,
  audience: true,
  scope: true,
  parameters: true,
}

const resolve = (token: TokenInput | undefined) => (typeof token === 'function' ? token() : token)

/**
 * The parameters of a token exchange request; calls the functions among the tokens.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a `resource` that is no absolute URI or has a fragment, and
 * for an option that does not exist
 */
export async function tokenExchangeParameters({
  parameters,
  ...options
}: TokenExchangeOptions): Promise<ServerParameters> {
  checkNames(options, OPTIONS)
  const { subject_token_type = ACCESS_TOKEN, actor_token_type = ACCESS_TOKEN } = options
  checkResources(options.resource)
  const actor_token = await resolve(options.actor_token)
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    ...options,
    subject_token: await resolve(options.subject_token),
    subject_token_type,
    actor_token,
    actor_token_type: actor_token && actor_token_type,
    ...parameters,
  }
}

/**
 * Exchanges one token for another that an API accepts. The answer must be an access token (its
 * `issued_token_type` is kept); for other kinds (`token_type` `N_A`) use `exchangeToken`.
 * @example
 * const sessionFor = (callersToken: string) =>
 *   createOAuth2Session({
 *     server: discover('https://auth.example.com'),
 *     client: { client_id: 'orders', client_secret: process.env.CLIENT_SECRET ?? '' },
 *     grant: tokenExchangeGrant({ subject_token: callersToken, resource: 'https://stock.example.com' }),
 *   })
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (`invalid_request`, `invalid_target` …),
 * `OAUTH_UNSUPPORTED_TOKEN_TYPE` for `N_A`; `OAUTH_INVALID_OPTION` as {@link tokenExchangeParameters}
 * @see https://www.rfc-editor.org/rfc/rfc8693
 */
export function tokenExchangeGrant(options: TokenExchangeOptions): UnattendedGrant {
  checkNames(options, OPTIONS)
  return async (endpoint, { scope, resource }) =>
    endpoint({
      ...(await tokenExchangeParameters(options)),
      ...(scope && { scope }),
      ...(resource && { resource }),
    })
}
