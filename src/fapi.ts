/** The FAPI 2.0 profiles in one call. @see https://openid.net/specs/fapi-security-profile-2_0-final.html */
export type { SigningFunction } from './crypto/jws.js'
export type { NodeKeyObject, PrivateKey } from './crypto/private-key.js'
export { type Fapi2Algorithm, type Fapi2Options, type Fapi2Profile, fapi2 } from './fapi/fapi2.js'
