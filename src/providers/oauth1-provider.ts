import type { OAuth1SigningOptions } from '../oauth1/options.js'
import type { OAuth1SessionOptions } from '../oauth1/session-options.js'

/** The session options of a provider of OAuth 1.0a that are the same for all its clients. */
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

/** The signature options of a server without a sign-in. For `attachOAuth1`. */
export type OAuth1Signing = Partial<Pick<OAuth1SigningOptions, 'signatureMethod' | 'placement' | 'realm'>>

/** Checks the type of a provider and returns it unchanged: `createOAuth1Session({ ...twitter, client })`. */
export const defineOAuth1Provider = (provider: OAuth1Provider): OAuth1Provider => provider
