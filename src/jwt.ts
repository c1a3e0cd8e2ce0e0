/** What needs signed JWTs: client authentication by assertion, and service accounts. @see https://www.rfc-editor.org/rfc/rfc7523 */
export type { SigningFunction, SigningKey } from './lib/jws.js'
export type { JwsAlgorithm, PrivateKey } from './lib/keys.js'
export type { ClientAssertionOptions } from './oauth2/client-auth/assertion.js'
export { type ClientAttestationOptions, clientAttestation } from './oauth2/client-auth/attestation.js'
export { type ClientSecretJwtOptions, clientSecretJwt } from './oauth2/client-auth/client-secret-jwt.js'
export { type PrivateKeyJwtOptions, privateKeyJwt } from './oauth2/client-auth/private-key-jwt.js'
export { type JwtBearerOptions, jwtBearerGrant, type ServiceAccount } from './oauth2/grants/jwt-bearer.js'
export { type RequestObjectOptions, type RequestObjectSigner, requestObject } from './oauth2/request-object.js'
