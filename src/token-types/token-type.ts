import type { IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import type { TokenBinding, TokenTypeContext } from '../server/messages.js'
import type { Token } from '../server/token.js'

export type { TokenTypeContext }

/** The way in which a request carries a token of one type. A type is one file; `bearer()` is the default. */
export interface TokenType extends TokenBinding {
  /** See {@link Auth.boundToUrl}. */
  readonly boundToUrl?: boolean
  /**
   * True if the credential is a signature over the request, which is created again after a hook changed the
   * URL or the body.
   */
  readonly signs?: boolean
  /** True if `authorize` never returns a promise. */
  readonly synchronous?: boolean
  /**
   * Adds the token to an API request. Without a `context`, it uses the platform's clock, randomness and
   * crypto.
   */
  authorize(request: OutgoingRequest, token: Token, context?: TokenTypeContext): void | Promise<void>
  /**
   * Reads an API's answer, also a good one; true if the type got a value with which another send of the same
   * token can succeed (a DPoP nonce). It causes at most one more send per attempt.
   */
  learn?(response: IncomingResponse, request: OutgoingRequest): boolean
}
