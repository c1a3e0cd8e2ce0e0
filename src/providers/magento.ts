import { hmacSha256 } from '../signature-methods/hmac-sha256.js'
import { defineOAuth1Provider, type OAuth1Provider } from './oauth1-provider.js'

/**
 * Magento and Adobe Commerce, the store at `url`. The merchant activates the integration, and Magento posts
 * key, secret and verifier to it: begin with `createOAuth1AuthorizationUrl` and exchange at once, with the
 * `verifier` that was posted. The callback is not confirmed. Credentials do not expire. Without a source: the
 * signature method, the consent page of Magento 1.
 * @see https://developer.adobe.com/commerce/webapi/get-started/authentication/gs-authentication-oauth (stored
 * copy without a date)
 */
export function magento({ url }: { url: string }): OAuth1Provider {
  const base = url.replace(/\/$/, '')
  return defineOAuth1Provider({
    server: {
      request_token_url: `${base}/oauth/token/request`,
      authorize_url: `${base}/admin/oauth_authorize`,
      access_token_url: `${base}/oauth/token/access`,
    },
    signatureMethod: hmacSha256(),
    allowUnconfirmedCallback: true,
  })
}
