import type { IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import type { TokenBinding, TokenTypeContext } from '../server/messages.js'
import type { Token } from '../server/token.js'

export type { TokenTypeContext }

/** How a token of one type is put on requests. A type is one file; `bearer()` is the default. */
export interface TokenType extends TokenBinding {
  /** See {@link Auth.boundToUrl}. */
  readonly boundToUrl?: boolean
  /**
   * True when what is put on a request is a signature over it: made anew when a hook changed the URL or the
   * body.
   */
  readonly signs?: boolean
  /** True when `authorize` never answers a promise. */
  readonly synchronous?: boolean
  /** Puts the token on an API request. Without a `context`, the platform's clock, randomness and crypto. */
  authorize(request: OutgoingRequest, token: Token, context?: TokenTypeContext): void | Promise<void>
  /**
   * Looks at an API's answer (every answer, also a good one): true when the type learnt something that makes
   * another send of the same token worth while (a DPoP nonce). Asked for one more send per attempt at most.
   */
  learn?(response: IncomingResponse, request: OutgoingRequest): boolean
}
