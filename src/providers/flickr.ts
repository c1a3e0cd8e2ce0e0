import { defineOAuth1Provider, type OAuth1Provider } from './oauth1-provider.js'
import { addParameters } from './provider.js'

/**
 * Flickr. `perms` is what the person is asked for. Errors of the API have status 200: `stat: 'fail'` and a
 * code, 98 for credentials that are over. Not read on a page: all of it; the addresses are those that others
 * use.
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
