export type { Auth, AuthFlow, Awaitable, Credential, IncomingResponse, OutgoingRequest } from './auth/flow.js'
export type { OAuthInterceptors } from './axios/attach.js'
export { attach } from './axios/attach.js'
export type { AxiosLike, AxiosLikeConfig, AxiosLikeResponse } from './axios/axios-like.js'
export type { Attachment, AttachOptions, SchemeOptions } from './axios/entry.js'
export type { RequestOption } from './axios/request-option.js'
export type { OAuthErrorCode, OAuthErrorDetails } from './errors.js'
export { isOAuthError, OAuthError } from './errors.js'
export type { OAuth1Options, OAuth1Token } from './oauth1/options.js'
export type { OAuth1Session, OAuth1SessionOptions } from './oauth1/session.js'
export { hmacSha1 } from './oauth1/signature-methods/hmac-sha1.js'
export { hmacSha256 } from './oauth1/signature-methods/hmac-sha256.js'
export { hmacSha512 } from './oauth1/signature-methods/hmac-sha512.js'
export { plaintext } from './oauth1/signature-methods/plaintext.js'
export { rsaSha1 } from './oauth1/signature-methods/rsa-sha1.js'
export { rsaSha256 } from './oauth1/signature-methods/rsa-sha256.js'
export { rsaSha512 } from './oauth1/signature-methods/rsa-sha512.js'
export type { SignatureMethod } from './oauth1/signature-methods/signature-method.js'
export { attachOAuth1, createOAuth1Session } from './oauth1.js'
export type { AuthorizationOptions, AuthorizationTransaction, AuthorizationTransport } from './oauth2/authorization.js'
export { createAuthorizationUrl } from './oauth2/authorization.js'
export type { Challenge, ChallengedRequest, ChallengePolicy } from './oauth2/challenges.js'
export { challenges } from './oauth2/challenges.js'
export { clientSecretBasic } from './oauth2/client-auth/client-secret-basic.js'
export { clientSecretPost } from './oauth2/client-auth/client-secret-post.js'
export { noClientAuth } from './oauth2/client-auth/none.js'
export { tlsClientAuth } from './oauth2/client-auth/tls-client-auth.js'
export type { DiscoveryOptions } from './oauth2/discovery.js'
export { discover } from './oauth2/discovery.js'
export type {
  ClientAuth,
  ClientMetadata,
  ServerCallOptions,
  ServerMetadata,
  ServerParameters,
  ServerRequest,
  ServerResponse,
} from './oauth2/endpoint.js'
export type { NewGrantOptions, RefreshOptions } from './oauth2/fetch-token.js'
export { fetchToken, refreshToken, saveToken } from './oauth2/fetch-token.js'
export { authorizationCodeGrant } from './oauth2/grants/authorization-code.js'
export type { CibaOptions } from './oauth2/grants/ciba.js'
export { cibaGrant } from './oauth2/grants/ciba.js'
export { clientCredentialsGrant } from './oauth2/grants/client-credentials.js'
export type { DeviceAuthorization, DeviceCodeOptions } from './oauth2/grants/device-code.js'
export { deviceCodeGrant } from './oauth2/grants/device-code.js'
export type { Grant, GrantContext, HttpClient, TokenEndpoint, UnattendedGrant } from './oauth2/grants/grant.js'
export { implicitGrant } from './oauth2/grants/implicit.js'
export { passwordGrant } from './oauth2/grants/password.js'
export type { Saml2BearerOptions } from './oauth2/grants/saml2-bearer.js'
export { saml2BearerGrant } from './oauth2/grants/saml2-bearer.js'
export type { TokenExchangeOptions } from './oauth2/grants/token-exchange.js'
export { tokenExchangeGrant } from './oauth2/grants/token-exchange.js'
export type { Hook, Hooks } from './oauth2/hooks.js'
export type { Introspection, IntrospectionOptions } from './oauth2/introspection.js'
export { introspectToken } from './oauth2/introspection.js'
export type { RevocationOptions, RevocationResult } from './oauth2/revocation.js'
export { revokeToken } from './oauth2/revocation.js'
export type {
  IdTokenValidator,
  InteractionRequired,
  OAuth2Session,
  OAuth2SessionOptions,
  ServerSource,
  SessionEvents,
} from './oauth2/session-options.js'
export type { Lock, StoredGrant, Token, TokenStore } from './oauth2/stored-grant.js'
export { bearer } from './oauth2/token-types/bearer.js'
export type { MacOptions } from './oauth2/token-types/mac.js'
export { mac } from './oauth2/token-types/mac.js'
export type { TokenType } from './oauth2/token-types/token-type.js'
export type { SessionSource } from './oauth2.js'
export { attachOAuth2, createInterceptors, createOAuth2Session } from './oauth2.js'
export { memoryStore } from './stores/memory.js'
export { type WebStorageStoreOptions, webStorageStore } from './stores/web-storage.js'
