import { oauthError } from '../errors.js'
import {
  callEndpoint,
  type EndpointContext,
  type ServerCallOptions,
  type ServerParameters,
  type ServerResponse,
} from '../server/call.js'
import { lacking, processServerResponse } from '../server/token-response.js'

/**
 * The server's reference to a pushed request, in wire names. `expires_in` is seconds; it can be used once.
 * @see https://www.rfc-editor.org/rfc/rfc9126#section-2.2
 */
export interface PushedAuthorization {
  request_uri: string
  expires_in: number
}

/**
 * Judges the answer to a pushed authorization request. `now` is in seconds.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (with the server's `error`), `OAUTH_SERVER_UNAVAILABLE`,
 * `OAUTH_INVALID_RESPONSE`
 * @see https://www.rfc-editor.org/rfc/rfc9126#section-2.2
 */
export function processPushedAuthorizationResponse(
  response: ServerResponse,
  now: number,
): PushedAuthorization {
  const { request_uri, expires_in } = processServerResponse(response, now)
  const seconds = typeof expires_in === 'boolean' ? 0 : Number(expires_in)
  // Some servers answer 200 instead of 201.
  if (!request_uri || typeof request_uri !== 'string') throw lacking(response, 'request_uri')
  if (!(seconds > 0)) throw lacking(response, 'expires_in')
  return { request_uri, expires_in: seconds }
}

/**
 * Pushes the parameters of an authorization request to the server and returns their reference for the
 * authorization URL: {@link pushedParameters}. The client authenticates as at the token endpoint.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when the parameters contain `request_uri`;
 * `OAUTH_ENDPOINT_MISSING`; as {@link processPushedAuthorizationResponse} does
 * @see https://www.rfc-editor.org/rfc/rfc9126#section-2.1
 */
export async function pushAuthorizationRequest(
  context: EndpointContext,
  parameters: ServerParameters,
  options?: ServerCallOptions,
): Promise<PushedAuthorization> {
  if (parameters.request_uri !== undefined) throw oauthError('OAUTH_INVALID_OPTION', 'requestUri')
  // `client_id` is part of the request, even if client authentication does not need it.
  const { client_id = context.client.client_id } = parameters
  const response = await callEndpoint(context, 'par', { ...parameters, client_id }, options)
  return processPushedAuthorizationResponse(response, context.clock())
}

/**
 * The parameters of the authorization URL after a push: only the client and the reference.
 * @see https://www.rfc-editor.org/rfc/rfc9126#section-4
 */
export const pushedParameters = (
  client_id: string,
  { request_uri }: PushedAuthorization,
): ServerParameters => ({
  client_id,
  request_uri,
})
