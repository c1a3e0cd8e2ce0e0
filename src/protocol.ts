/**
 * The messages of the protocol, without a session and without axios: pure builders, and processors that judge what came back.
 * Between the two stands a {@link Send} of one's own.
 */
import { oauthError } from './errors.js'
import { outgoing, type PlainRequest } from './oauth1/sign-request.js'
import {
  type CryptoLike,
  callEndpoint,
  type EndpointContext,
  type EndpointName,
  type ServerCallOptions,
  type ServerParameters,
  type ServerRequest,
  secureUrl,
} from './server/call.js'
import { checkTokenType } from './server/token-response.js'
import type { Token } from './session/stored-grant.js'
import { bearer } from './token-types/bearer.js'

export type { AllowInsecure } from './auth/origins.js'
export { checkIdTokenClaims, readClaims } from './authorization/id-token-claims.js'
export { createCodeChallenge, createCodeVerifier } from './authorization/pkce.js'
export {
  type PushedAuthorization,
  processPushedAuthorizationResponse,
  pushAuthorizationRequest,
  pushedParameters,
} from './authorization/pushed.js'
export {
  type AuthorizationOptions,
  type AuthorizationTransaction,
  buildAuthorizationUrl,
  prepareAuthorization,
} from './authorization/request.js'
export {
  type AuthorizationResponse,
  checkAuthorizationResponse,
  parseAuthorizationResponse,
} from './authorization/response.js'
export { refreshGrant } from './grants/refresh.js'
export { type TokenExchangeOptions, tokenExchangeParameters } from './grants/token-exchange.js'
export { formEncode, toForm } from './lib/form.js'
export { percentEncode } from './lib/percent.js'
export {
  type Challenge as AuthenticateChallenge,
  challengeOf,
  parseChallenges,
} from './lib/www-authenticate.js'
export {
  checkAuthorizationResponse as checkOAuth1AuthorizationResponse,
  type OAuth1Authorization,
  type OAuth1AuthorizationResponse,
  type OAuth1Transaction,
} from './oauth1/authorization-response.js'
export {
  accessTokenRequest,
  buildAuthorizationUrl as buildOAuth1AuthorizationUrl,
  type DanceOptions,
  type DanceRequest,
  type OAuth1Server,
  processRequestToken,
  processTokenResponse as processOAuth1TokenResponse,
  type RequestTokenRules,
  type Revision,
  requestTokenRequest,
} from './oauth1/dance.js'
export type {
  BodyHash,
  OAuth1Options,
  OAuth1SigningOptions,
  OAuth1Token,
  Placement,
  ProtocolParameters,
} from './oauth1/options.js'
export { type Problem, problemOf } from './oauth1/problem.js'
export {
  authorizationHeader,
  baseStringUri,
  type PlainRequest,
  signatureBaseString,
  signRequest,
} from './oauth1/sign-request.js'
export { readStepUp, type StepUp, stepUpParameters } from './oauth2/step-up.js'
export { type ExchangedToken, exchangeToken } from './oauth2/token-exchange.js'
export {
  appendQuery,
  type ClientAuth,
  type ClientAuthContext,
  type ClientAuthOption,
  type ClientMetadata,
  type Clock,
  type CryptoLike,
  callEndpoint,
  type EndpointContext,
  type EndpointName,
  type Random,
  type Send,
  type ServerCallOptions,
  type ServerMetadata,
  type ServerParameters,
  type ServerRequest,
  type ServerResponse,
  secureUrl,
} from './server/call.js'
export { clientIdMetadataDocument } from './server/client-id-metadata.js'
export { type DiscoveryOptions, discoveryUrls, processDiscoveryResponse } from './server/discovery.js'
export {
  deleteClient,
  type RegisteredClient,
  type RegistrationContext,
  readClient,
  registerClient,
  updateClient,
} from './server/registration.js'
export { checkResources } from './server/resource-indicator.js'
export {
  discoverFromResource,
  processResourceMetadataResponse,
  type ResourceDiscoveryOptions,
  type ResourceMetadata,
  type ResourceServerSource,
  resourceMetadataUrls,
} from './server/resource-metadata.js'
export {
  checkTokenType,
  mergeRefreshed,
  normaliseToken,
  processServerResponse,
  processTokenResponse,
  type ServerFields,
  scopeChange,
} from './server/token-response.js'
export { type Introspection, type IntrospectionOptions, processIntrospectionResponse } from './session/introspection.js'
export { processRevocationResponse } from './session/revocation.js'
export { expiresWithin, type Token } from './session/stored-grant.js'
export type { SignatureMethod } from './signature-methods/signature-method.js'
export type { TokenType } from './token-types/token-type.js'

/** What must be known to build a message; the rest has defaults. Without `send` it can be built, not sent. */
export type ProtocolOptions = Pick<EndpointContext, 'server' | 'client'> & Partial<EndpointContext>

/**
 * Makes what builders and processors take: the system's clock, the platform's randomness and crypto, bearer tokens, where
 * nothing else is given. Client authentication is that of the client's secret, if it has one.
 * Its `random` throws `OAUTH_CRYPTO_MISSING` where the platform has none.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3
 */
export function protocolContext(options: ProtocolOptions): EndpointContext {
  const crypto = options.crypto ?? (globalThis.crypto as CryptoLike | undefined)
  return {
    clock: () => Date.now() / 1000,
    random(bytes) {
      if (!crypto) throw oauthError('OAUTH_CRYPTO_MISSING', 'random')
      return crypto.getRandomValues(new Uint8Array(bytes))
    },
    tokenType: bearer(),
    send: () => Promise.reject(oauthError('OAUTH_INVALID_OPTION', 'noSend')),
    ...options,
    crypto,
  }
}

/**
 * The request that {@link callEndpoint} would send: URL, headers and form body, after client authentication and hooks. Send it
 * as you like, without following redirects, and give the answer to its processor.
 * @throws OAuthError `OAUTH_ENDPOINT_MISSING`, `OAUTH_INSECURE_URL`, `OAUTH_HOOK_FAILED`, and what client authentication throws
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2
 */
export const buildServerRequest = (
  context: EndpointContext,
  endpoint: EndpointName,
  parameters: ServerParameters,
  options?: ServerCallOptions,
): Promise<ServerRequest> =>
  new Promise((resolve, reject) => {
    // what comes after sending is never reached: the call ends, unsent, with its request in our hands
    const send = (request: ServerRequest) => {
      resolve(request)
      return new Promise<never>(() => {})
    }
    callEndpoint({ ...context, send }, endpoint, parameters, options).catch(reject)
  })

/**
 * Puts a token on one API request that something else than axios sends: answers a copy with the token where its type puts
 * it. Whether the token is still good, {@link expiresWithin} tells.
 * @throws OAuthError `OAUTH_INSECURE_URL`, `OAUTH_UNSUPPORTED_TOKEN_TYPE`, `OAUTH_INVALID_OPTION` (bearer in the body of something that
 * is no form), `OAUTH_SIGNATURE_FAILED` (MAC)
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-7
 */
export async function authorizeRequest<R extends PlainRequest>(
  request: R,
  token: Token,
  options: Partial<EndpointContext> = {},
): Promise<R & { headers: Record<string, string> }> {
  const context = protocolContext({ server: {}, client: { client_id: '' }, ...options })
  secureUrl(request.url, 'The URL', context.allowInsecure)
  checkTokenType(token, context.tokenType.accepts)
  const authorized = { ...request, headers: { ...request.headers } }
  await context.tokenType.authorize(outgoing(authorized), token, context)
  return authorized
}
