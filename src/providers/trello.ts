import { defineOAuth1Provider, type OAuth1Provider } from './oauth1-provider.js'
import { addParameters } from './provider.js'

/**
 * Trello. The page shows the application's `name` and requests `scope` (`read,write`) for the time of
 * `expiration` (`1hour`, `1day`, `30days`, `never`). Without a source: the addresses are those of other
 * libraries.
 */
export const trello = ({
  name,
  scope = 'read',
  expiration = '30days',
}: {
  name: string
  scope?: string
  expiration?: string
}): OAuth1Provider =>
  defineOAuth1Provider({
    server: {
      request_token_url: 'https://trello.com/1/OAuthGetRequestToken',
      authorize_url: 'https://trello.com/1/OAuthAuthorizeToken',
      access_token_url: 'https://trello.com/1/OAuthGetAccessToken',
    },
    hooks: { authorizationUrl: addParameters({ name, scope, expiration }) },
  })
