import { plaintext } from '../signature-methods/plaintext.js'
import { defineOAuth1Provider } from './oauth1-provider.js'

/**
 * Discogs: PLAINTEXT, over https. Every request needs a `User-Agent` of the application's own: set it on the
 * axios instance, and give the session an `http` instance that has it. Without a source: the addresses, which
 * are those of other libraries.
 * @see https://nango.dev/docs/api-integrations/discogs (about Discogs, by a third party; stored copy without a date)
 */
export const discogs = defineOAuth1Provider({
  server: {
    request_token_url: 'https://api.discogs.com/oauth/request_token',
    authorize_url: 'https://www.discogs.com/oauth/authorize',
    access_token_url: 'https://api.discogs.com/oauth/access_token',
  },
  signatureMethod: plaintext(),
})
