import { type TokenExchangeOptions, tokenExchangeParameters } from '../grants/token-exchange.js'
import { callEndpoint, type EndpointContext, type ServerCallOptions } from '../server/call.js'
import { lacking, normaliseToken, processServerResponse } from '../server/token-response.js'
import { core, type OAuth2Session } from '../session/session.js'
import type { Token } from '../session/stored-grant.js'

/** A token of any kind; `access_token` holds it, `issued_token_type` says what it is. */
export interface ExchangedToken extends Token {
  /** A URN: `urn:ietf:params:oauth:token-type:id_token` … */
  issued_token_type: string
  /** `N_A` where the token is no access token. */
  token_type: string
}

/**
 * Exchanges a token for one of any kind (an ID token, a SAML assertion, an access token for another party)
 * and returns it; the session does not keep it. For an API's access token give `tokenExchangeGrant` to a
 * session instead.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (`invalid_request`, `invalid_target` …),
 * `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.2.1
 */
export async function exchangeToken(
  at: OAuth2Session | EndpointContext,
  exchange: TokenExchangeOptions,
  options?: ServerCallOptions,
): Promise<ExchangedToken> {
  const context = 'send' in at ? at : await core(at).context()
  const parameters = await tokenExchangeParameters(exchange)
  const requestedAt = context.clock()
  const response = await callEndpoint(context, 'token', parameters, options)
  const fields = processServerResponse(response, requestedAt)
  for (const name of ['access_token', 'issued_token_type', 'token_type'])
    if (typeof fields[name] !== 'string' || !fields[name]) throw lacking(response, name)
  return normaliseToken(fields, requestedAt) as ExchangedToken
}
