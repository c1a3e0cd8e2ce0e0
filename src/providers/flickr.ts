import { defineOAuth1Provider, type OAuth1Provider } from './oauth1-provider.js'
import { addParameters } from './provider.js'

/**
 * Flickr. `perms` is the requested permission. Errors of the API have status 200: `stat: 'fail'` and a code,
 * 98 for ended credentials. Without a source: the addresses are those of other libraries.
 */
export const flickr = ({ perms = 'read' }: { perms?: 'read' | 'write' | 'delete' } = {}): OAuth1Provider =>
  defineOAuth1Provider({
    server: {
      request_token_url: 'https://www.flickr.com/services/oauth/request_token',
      authorize_url: 'https://www.flickr.com/services/oauth/authorize',
      access_token_url: 'https://www.flickr.com/services/oauth/access_token',
    },
    hooks: { authorizationUrl: addParameters({ perms }) },
  })
