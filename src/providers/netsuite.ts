import { hmacSha256 } from '../signature-methods/hmac-sha256.js'
import { defineOAuth1Provider, type OAuth1Provider } from './oauth1-provider.js'

/**
 * NetSuite, token-based authentication in three steps, for the account `accountId` (`1234567_SB1`):
 * HMAC-SHA256, and the account as `realm`. Oracle recommends OAuth 2.0 for new integrations. A token that was
 * created in NetSuite itself needs no sign-in: `saveOAuth1Token`. Without a source: the addresses, which are
 * those of other libraries; that the realm is required.
 * @see https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_156337186044.html (stored copy
 * without a date)
 */
export function netsuite({ accountId }: { accountId: string }): OAuth1Provider {
  const host = accountId.toLowerCase().replaceAll('_', '-')
  return defineOAuth1Provider({
    server: {
      request_token_url: `https://${host}.restlets.api.netsuite.com/rest/requesttoken`,
      authorize_url: `https://${host}.app.netsuite.com/app/login/secure/authorizetoken.nl`,
      access_token_url: `https://${host}.restlets.api.netsuite.com/rest/accesstoken`,
    },
    signatureMethod: hmacSha256(),
    realm: accountId.toUpperCase(),
  })
}
