import type { IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import type { ClientAuthContext, ServerRequest, ServerResponse } from '../server/call.js'
import type { Token } from '../session/stored-grant.js'

/** What signing a request may use: the session's own. */
export interface TokenTypeContext extends Pick<ClientAuthContext, 'clock' | 'random' | 'crypto'> {
  /** The key pair that the session's store keeps beside the grant, made by `make` if there is none; absent where the store keeps text only. */
  keyPair?: ((make: () => Promise<CryptoKeyPair>) => Promise<CryptoKeyPair>) | undefined
}

/** How a token of one type is put on requests. A type is one file; `bearer()` is the default. */
export interface TokenType {
  /** Values of `token_type`, lower case, that this type understands; an absent `token_type` is `bearer`. */
  readonly accepts: readonly string[]
  /** See {@link Auth.boundToUrl}. */
  readonly boundToUrl?: boolean
  /** True when what is put on a request is a signature over it: made anew when a hook changed the URL or the body. */
  readonly signs?: boolean
  /** True when `authorize` never answers a promise. */
  readonly synchronous?: boolean
  /** Puts the token on an API request. Without a `context`, the platform's clock, randomness and crypto. */
  authorize(request: OutgoingRequest, token: Token, context?: TokenTypeContext): void | Promise<void>
  /**
   * Looks at an API's answer (every answer, also a good one): true when the type learnt something that makes another send
   * of the same token worth while (a DPoP nonce). Asked for one more send per attempt at most.
   */
  learn?(response: IncomingResponse, request: OutgoingRequest): boolean
  /** Adds what the authorization server must see (a DPoP proof) to a call, after client authentication and hooks. */
  prepare?(request: ServerRequest, context: ClientAuthContext & TokenTypeContext): void | Promise<void>
  /** Looks at the authorization server's answer: true when the call is worth one more send. */
  learnFromServer?(response: ServerResponse, request: ServerRequest): boolean
  /** Parameters for the authorization request, so that the code is bound to the type's key (`dpop_jkt`). */
  authorizationParameters?(context: TokenTypeContext): Promise<Record<string, string>>
}
