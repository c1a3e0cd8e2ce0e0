import { defineProvider, type Provider, tokenInHeader } from './provider.js'

/**
 * Amazon's Selling Partner API, by Login with Amazon. The seller consents on a page of Seller Central (`url`,
 * one for each region) to the application `applicationId`; the callback has its code as `spapi_oauth_code`:
 * pass it on as `code`. The API takes the token in `x-amz-access-token`. Access tokens live an hour, refresh
 * tokens stay. There is no revocation endpoint. Known from other sites only: the details of a refusal.
 * Without a source: the addresses of Seller Central, that refresh tokens stay.
 * @see https://developer-docs.amazon.com/sp-api/docs/authorize-public-applications (stored copy without a
 * date)
 * @see
 * https://developer-docs.amazon.com/sp-api-blog/docs/selling-partner-api-migration-for-private-developers
 * (stored copy without a date)
 */
export const amazonSp = ({
  applicationId,
  url = 'https://sellercentral.amazon.com',
}: {
  applicationId: string
  url?: string
}): Provider =>
  defineProvider({
    server: {
      authorization_endpoint: `${url}/apps/authorize/consent?application_id=${encodeURIComponent(applicationId)}`,
      token_endpoint: 'https://api.amazon.com/auth/o2/token',
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    // Every refusal is 403; the details say if the token is the reason.
    isTokenExpired: ({ status, data }) =>
      status === 403 && /access token/i.test(Object(data).errors?.[0]?.details),
    tokenType: tokenInHeader('x-amz-access-token'),
  })
