/**
 * The messages of the protocol, without a session and without axios: pure builders, and processors that judge
 * the answers. A custom {@link Send} sends them.
 */

// calls to the authorization server

export type { CryptoLike } from './crypto/crypto-like.js'
export type { Clock } from './lib/clock.js'
export type { Random } from './lib/random.js'
export { type ProtocolOptions, protocolContext } from './oauth2/protocol-context.js'
export { buildServerRequest } from './server/build-request.js'
export { callEndpoint } from './server/call.js'
export type {
  ClientAuth,
  ClientAuthContext,
  ClientAuthMethod,
  ClientAuthName,
  ClientAuthOption,
  ClientMetadata,
  EndpointContext,
  EndpointName,
  Send,
  ServerCallOptions,
  ServerMetadata,
  ServerParameters,
  ServerRequest,
  ServerResponse,
  TokenBinding,
  TokenTypeContext,
} from './server/messages.js'
export { type KindOfRefusal, kindOfRefusal } from './server/refusal.js'
export { checkResources } from './server/resource-indicator.js'

// authorization requests and their responses

export { checkIdTokenClaims, readClaims } from './authorization/id-token-claims.js'
export type { AuthorizationOptions } from './authorization/options.js'
export { createCodeChallenge, createCodeVerifier } from './authorization/pkce.js'
export {
  type PushedAuthorization,
  processPushedAuthorizationResponse,
  pushAuthorizationRequest,
  pushedParameters,
} from './authorization/pushed.js'
export { buildAuthorizationUrl, prepareAuthorization } from './authorization/request.js'
export {
  type AuthorizationResponse,
  checkAuthorizationResponse,
  parseAuthorizationResponse,
} from './authorization/response.js'
export type { AuthorizationTransaction } from './authorization/transaction.js'

// tokens

export { refreshGrant } from './grants/refresh.js'
export { type TokenExchangeOptions, tokenExchangeParameters } from './grants/token-exchange.js'
export { authorizeRequest } from './oauth2/authorize-request.js'
export { type ExchangedToken, exchangeToken } from './oauth2/token-exchange.js'
export { expiresWithin, type Token } from './server/token.js'
export {
  checkTokenType,
  mergeRefreshed,
  normaliseToken,
  processServerResponse,
  processTokenResponse,
  type ServerFields,
  scopeChange,
} from './server/token-response.js'
export {
  type Introspection,
  type IntrospectionOptions,
  processIntrospectionResponse,
} from './session/introspection.js'
export { processRevocationResponse } from './session/revocation.js'
export type { TokenType } from './token-types/token-type.js'

// what a server and an API say of themselves

export { readStepUp, type StepUp, stepUpParameters } from './oauth2/step-up.js'
export { type DiscoveryOptions, discoveryUrls, processDiscoveryResponse } from './server/discovery.js'
export {
  discoverFromResource,
  processResourceMetadataResponse,
  type ResourceDiscoveryOptions,
  type ResourceMetadata,
  type ResourceServerSource,
  resourceMetadataUrls,
} from './server/resource-metadata.js'

// clients and their registration

export {
  deleteClient,
  type RegisteredClient,
  type RegistrationContext,
  readClient,
  registerClient,
  updateClient,
} from './oauth2/registration.js'
export { clientIdMetadataDocument } from './server/client-id-metadata.js'

// OAuth 1.0a

export type { PlainRequest } from './auth/plain-request.js'
export {
  checkAuthorizationResponse as checkOAuth1AuthorizationResponse,
  type OAuth1Authorization,
  type OAuth1AuthorizationResponse,
  type OAuth1Transaction,
} from './oauth1/authorization-response.js'
export {
  accessTokenRequest,
  buildAuthorizationUrl as buildOAuth1AuthorizationUrl,
  type OAuth1CallOptions,
  type OAuth1CallRequest,
  type OAuth1Server,
  processRequestToken,
  processTokenResponse as processOAuth1TokenResponse,
  type RequestTokenRules,
  type Revision,
  requestTokenRequest,
} from './oauth1/messages.js'
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
  signatureBaseString,
  signRequest,
} from './oauth1/sign-request.js'
export type { SignatureMethod } from './signature-methods/signature-method.js'

// texts and URLs

export type { AllowInsecure } from './auth/origins.js'
export { secureUrl } from './auth/origins.js'
export { formEncode, toForm } from './lib/form.js'
export { percentEncode } from './lib/percent.js'
export { appendQuery } from './lib/url.js'
export {
  type Challenge as AuthenticateChallenge,
  challengeOf,
  parseChallenges,
} from './lib/www-authenticate.js'
