import { oauthError } from '../errors.js'
import type { ServerResponse } from '../server/call.js'
import type { KeptCredentials } from './kept-credentials.js'
import type { OAuth1CallRequest, OAuth1Server } from './messages.js'
import type { OAuth1Session, OAuth1SessionOptions } from './session-options.js'
import type { Signer } from './signer.js'

/** A session as this room sees it. */
export interface OAuth1Internals {
  readonly options: OAuth1SessionOptions
  readonly kept: KeptCredentials
  readonly clock: () => number
  /** Used transactions, with their times. */
  readonly spent: Map<string, number>
  /** Makes a signed call to the server; `signer` replaces the session's for another realm. */
  call(request: OAuth1CallRequest, name: keyof OAuth1Server, signer?: Signer): Promise<ServerResponse>
}

/** The property of a session with its internals; the same for every copy of this package. */
export const INTERNALS = /* @__PURE__ */ Symbol.for('axios-oauth-interceptor.oauth1-session')

/**
 * The internals of a session. Not for users. @throws OAuthError `OAUTH_INVALID_OPTION` for anything that is
 * not a session
 */
export function internalsOf(session: OAuth1Session): OAuth1Internals {
  const found = (session as { [INTERNALS]?: OAuth1Internals } | undefined)?.[INTERNALS]
  if (!found) throw oauthError('OAUTH_INVALID_OPTION', 'notOAuth1Session')
  return found
}
