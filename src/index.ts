// attaching to an axios instance

export type { OAuthInterceptors } from './axios/attach.js'
export { attach } from './axios/attach.js'
export { attachOAuth1, createOAuth1Session } from './axios/attach-oauth1.js'
export type { SessionSource } from './axios/attach-oauth2.js'
export { attachOAuth2, createInterceptors, createOAuth2Session } from './axios/attach-oauth2.js'
export type { AttachOptions, SchemeOptions, UnauthenticatedReason } from './axios/attach-options.js'
export type { AxiosLike, AxiosLikeConfig, AxiosLikeResponse } from './axios/axios-like.js'
export type { Attachment } from './axios/entry.js'
export type { Explanation } from './axios/explain.js'
export type { OAuth1RequestOption, OAuth2RequestOption, RequestOption } from './axios/request-option.js'

// sessions: signing in, renewing, logging out

export type { AuthorizationOptions } from './authorization/options.js'
export type { AuthorizationTransport } from './authorization/request.js'
export { createAuthorizationUrl } from './authorization/request.js'
export type { AuthorizationTransaction } from './authorization/transaction.js'
export type { NewGrantOptions, RefreshOptions } from './session/fetch-token.js'
export { fetchToken, refreshToken, saveToken } from './session/fetch-token.js'
export type { Introspection, IntrospectionOptions } from './session/introspection.js'
export { introspectToken } from './session/introspection.js'
export type { RevocationOptions, RevocationResult } from './session/revocation.js'
export { revokeToken } from './session/revocation.js'
export type {
  IdTokenValidator,
  InteractionRequired,
  OAuth2Session,
  OAuth2SessionOptions,
  ServerSource,
  SessionEvents,
} from './session/session-options.js'

// grants

export { authorizationCodeGrant } from './grants/authorization-code.js'
export type { CibaOptions } from './grants/ciba.js'
export { cibaGrant } from './grants/ciba.js'
export { clientCredentialsGrant } from './grants/client-credentials.js'
export type { DeviceAuthorization, DeviceCodeOptions } from './grants/device-code.js'
export { deviceCodeGrant } from './grants/device-code.js'
export type {
  Grant,
  GrantContext,
  HttpClient,
  RefreshContext,
  RefreshOAuth2Token,
  TokenEndpoint,
  UnattendedGrant,
} from './grants/grant.js'
export { implicitGrant } from './grants/implicit.js'
export { passwordGrant } from './grants/password.js'
export type { Saml2BearerOptions } from './grants/saml2-bearer.js'
export { saml2BearerGrant } from './grants/saml2-bearer.js'
export type { TokenExchangeOptions } from './grants/token-exchange.js'
export { tokenExchangeGrant } from './grants/token-exchange.js'

// the authorization server and its clients

export { clientSecretBasic } from './server/client-auth/client-secret-basic.js'
export { clientSecretPost } from './server/client-auth/client-secret-post.js'
export { noClientAuth } from './server/client-auth/none.js'
export { tlsClientAuth } from './server/client-auth/tls-client-auth.js'
export type { DiscoveryOptions } from './server/discovery.js'
export { discover } from './server/discovery.js'
export type {
  ClientAuth,
  ClientAuthMethod,
  ClientAuthName,
  ClientMetadata,
  Hook,
  Hooks,
  ServerCallOptions,
  ServerMetadata,
  ServerParameters,
  ServerRequest,
  ServerResponse,
} from './server/messages.js'

// token types and challenges of an API

export { challenges } from './oauth2/challenges.js'
export type { Challenge, ChallengedRequest, ChallengePolicy } from './session/session-options.js'
export { bearer } from './token-types/bearer.js'
export type { MacOptions } from './token-types/mac.js'
export { mac } from './token-types/mac.js'
export type { TokenType } from './token-types/token-type.js'

// stores

export type { Lock, StoredGrant, Token, TokenStore } from './session/stored-grant.js'
export { defineStore } from './stores/define-store.js'
export { memoryStore } from './stores/memory.js'
export { type WebStorageStoreOptions, webStorageStore } from './stores/web-storage.js'

// OAuth 1.0a, keys

export type { NodeKeyObject, PrivateKey } from './crypto/private-key.js'
export { endOAuth1Session, renewOAuth1Token, saveOAuth1Token } from './oauth1/credentials.js'
export type { OAuth1SessionEvents, OAuth1StoreOptions } from './oauth1/kept-credentials.js'
export type { OAuth1Options, OAuth1Token } from './oauth1/options.js'
export type { OAuth1Hooks } from './oauth1/server-call.js'
export type {
  OAuth1RenewalCall,
  OAuth1Session,
  OAuth1SessionOptions,
  RenewOAuth1Token,
} from './oauth1/session-options.js'
export type {
  OAuth1AuthorizationOptions,
  OAuth1RequestTokenOptions,
  OAuth1TokenOptions,
} from './oauth1/sign-in.js'
export { createOAuth1AuthorizationUrl, fetchOAuth1RequestToken, fetchOAuth1Token } from './oauth1/sign-in.js'
export { hmacSha1 } from './signature-methods/hmac-sha1.js'
export { hmacSha256 } from './signature-methods/hmac-sha256.js'
export { hmacSha512 } from './signature-methods/hmac-sha512.js'
export { plaintext } from './signature-methods/plaintext.js'
export { rsaSha1 } from './signature-methods/rsa-sha1.js'
export { rsaSha256 } from './signature-methods/rsa-sha256.js'
export { rsaSha512 } from './signature-methods/rsa-sha512.js'
export type { SignatureMethod } from './signature-methods/signature-method.js'

// errors, and schemes of one's own

export type {
  Auth,
  AuthFlow,
  Awaitable,
  Credential,
  IncomingResponse,
  OutgoingRequest,
} from './auth/scheme.js'
export type { OAuthErrorCode, OAuthErrorDetails } from './errors.js'
export { isOAuthError, OAuthError } from './errors.js'
