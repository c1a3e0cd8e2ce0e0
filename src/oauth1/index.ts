/** Everything of OAuth 1.0a that works without axios, and the parts that make it up. */
export type { OAuth1Authorization, OAuth1AuthorizationResponse, OAuth1Transaction } from './authorization-response.js'
export { checkAuthorizationResponse } from './authorization-response.js'
export type { DanceOptions, DanceRequest, OAuth1Server, Revision } from './dance.js'
export {
  accessTokenRequest,
  buildAuthorizationUrl,
  processRequestToken,
  processTokenResponse,
  requestTokenRequest,
} from './dance.js'
export type { OAuth1Auth, OAuth1Credential, OAuth1TokenSource } from './flow.js'
export { oauth1Scheme } from './flow.js'
export type {
  BodyHash,
  OAuth1Options,
  OAuth1SigningOptions,
  OAuth1Token,
  Placement,
  ProtocolParameters,
} from './options.js'
export type { Problem } from './problem.js'
export { problemOf } from './problem.js'
export type {
  AccessTokenOptions,
  OAuth1AuthorizationOptions,
  OAuth1Session,
  OAuth1SessionEvents,
  OAuth1SessionOptions,
  RequestTokenOptions,
} from './session.js'
export type { PlainRequest } from './sign-request.js'
export { authorizationHeader, baseStringUri, signatureBaseString, signRequest } from './sign-request.js'
export { hmacSha1 } from './signature-methods/hmac-sha1.js'
export { hmacSha256 } from './signature-methods/hmac-sha256.js'
export { hmacSha512 } from './signature-methods/hmac-sha512.js'
export { plaintext } from './signature-methods/plaintext.js'
export type { RsaPrivateKey } from './signature-methods/rsa.js'
export { rsaSha1 } from './signature-methods/rsa-sha1.js'
export { rsaSha256 } from './signature-methods/rsa-sha256.js'
export { rsaSha512 } from './signature-methods/rsa-sha512.js'
export type { SignatureMethod } from './signature-methods/signature-method.js'
