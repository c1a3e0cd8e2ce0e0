import { defineOAuth1Provider, type OAuth1Provider } from './oauth1-provider.js'
import { addParameters } from './provider.js'

/**
 * Trello. The page shows the application's `name` and asks for `scope` (`read,write`), for as long as
 * `expiration` says (`1hour`, `1day`, `30days`, `never`). Not read on a page: all of it; the addresses are
 * those that others use.
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
