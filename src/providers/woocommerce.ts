import { hmacSha256 } from '../signature-methods/hmac-sha256.js'
import type { OAuth1Signing } from './oauth1-provider.js'

/**
 * WooCommerce over plain http: the key signs without a sign-in, and the parameters are in the query:
 * `attachOAuth1(api, { ...woocommerce, client: { key, secret } })`. Over https WooCommerce requires Basic
 * with the same key and secret. Without a source: the signature method and the place of the parameters.
 * @see https://woocommerce.github.io/woocommerce-rest-api-docs/v1.html (stored copy without a date)
 */
export const woocommerce: OAuth1Signing = { signatureMethod: hmacSha256(), placement: 'query' }
