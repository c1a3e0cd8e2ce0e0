/** DPoP: tokens that are bound to a key. @see https://www.rfc-editor.org/rfc/rfc9449 */
export { type DPoP, type DPoPKey, type DPoPOptions, dpop } from './token-types/dpop.js'
