/** OpenID Connect: verified ID tokens, user info and log-out. */
export { type IdTokenOptions, idTokenValidator } from './oidc/id-token.js'
export { type IntrospectionValidatorOptions, introspectionValidator } from './oidc/introspection.js'
export { jarm } from './oidc/jarm.js'
export {
  createLogoutUrl,
  type LogoutOptions,
  type LogoutToken,
  type LogoutTokenOptions,
  validateLogoutResponse,
  validateLogoutToken,
} from './oidc/logout.js'
export { fetchUserInfo, type UserInfo, type UserInfoOptions } from './oidc/userinfo.js'
export type { VerifierOptions } from './oidc/verify.js'
