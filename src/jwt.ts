/** Features that need signed JWTs: client authentication by assertion, and service accounts. */

export {
  type RequestObjectOptions,
  type RequestObjectSigner,
  requestObject,
} from './authorization/request-object.js'
export type { SigningFunction, SigningKey } from './crypto/jws.js'
export type { JwsAlgorithm } from './crypto/keys.js'
export type { NodeKeyObject, PrivateKey } from './crypto/private-key.js'
export { type JwtBearerOptions, jwtBearerGrant, type ServiceAccount } from './grants/jwt-bearer.js'
export { type IdentityAssertionOptions, identityAssertionGrant } from './oauth2/identity-assertion.js'
export type { ClientAssertionOptions } from './server/client-auth/assertion.js'
export { type ClientAttestationOptions, clientAttestation } from './server/client-auth/attestation.js'
export { type ClientSecretJwtOptions, clientSecretJwt } from './server/client-auth/client-secret-jwt.js'
export { type PrivateKeyJwtOptions, privateKeyJwt } from './server/client-auth/private-key-jwt.js'
