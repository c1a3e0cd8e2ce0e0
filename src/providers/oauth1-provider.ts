import type { OAuth1SigningOptions } from '../oauth1/options.js'
import type { OAuth1SessionOptions } from '../oauth1/session-options.js'

/**
 * What a provider of OAuth 1.0a settles for every client: the part of a session's options that is the same
 * for all of its users.
 */
export interface OAuth1Provider
  extends Pick<OAuth1SessionOptions, 'server'>,
    Partial<
      Pick<
        OAuth1SessionOptions,
        | 'signatureMethod'
        | 'placement'
        | 'realm'
        | 'revision'
        | 'allowUnconfirmedCallback'
        | 'renew'
        | 'hooks'
      >
    > {}

/** What a server without sign-in settles: how requests are signed. For `attachOAuth1`. */
export type OAuth1Signing = Partial<Pick<OAuth1SigningOptions, 'signatureMethod' | 'placement' | 'realm'>>

/** Checks a provider by its type and answers it as it is: `createOAuth1Session({ ...twitter, client })`. */
export const defineOAuth1Provider = (provider: OAuth1Provider): OAuth1Provider => provider
