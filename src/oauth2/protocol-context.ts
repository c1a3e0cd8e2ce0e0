import { type CryptoLike, randomBytesOf } from '../crypto/crypto-like.js'
import { oauthError } from '../errors.js'
import { systemClock } from '../lib/clock.js'
import type { EndpointContext } from '../server/messages.js'
import { headerBearer } from '../token-types/bearer.js'

/** What must be known to build a message; the rest has defaults. Without `send` it can be built, not sent. */
export type ProtocolOptions = Pick<EndpointContext, 'server' | 'client'> & Partial<EndpointContext>

/**
 * Creates the context of builders and processors: by default the system's clock, the platform's randomness
 * and crypto, and bearer tokens. The client authenticates with its secret, if it has one. Its `random` throws
 * `OAUTH_CRYPTO_MISSING` on a platform without randomness.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3
 */
export function protocolContext(options: ProtocolOptions): EndpointContext {
  const crypto = options.crypto ?? (globalThis.crypto as CryptoLike | undefined)
  return {
    clock: systemClock,
    random(bytes) {
      if (!crypto) throw oauthError('OAUTH_CRYPTO_MISSING', 'random')
      return randomBytesOf(crypto, bytes)
    },
    tokenType: headerBearer(),
    send: () => Promise.reject(oauthError('OAUTH_INVALID_OPTION', 'noSend')),
    ...options,
    crypto,
  }
}
