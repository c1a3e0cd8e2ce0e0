import {
  type Auth,
  type AuthFlow,
  type Awaitable,
  type IncomingResponse,
  isRefusal,
  type OutgoingRequest,
} from '../auth/scheme.js'
import { isOAuthError, oauthError } from '../errors.js'
import { noteNonceRetry, publishSkipped } from '../lib/diagnostics.js'
import { applyHooks } from '../server/hooks.js'
import { checkTokenType } from '../server/token-response.js'
import { signingContext } from '../session/connection.js'
import { emit } from '../session/events.js'
import { doubtful, noteInVain, noteRenewed, noteSuccess, PAUSE, wasInVain } from '../session/refusals.js'
import type { OAuth2Session } from '../session/session.js'
import type { ChallengedRequest, TokenSource } from '../session/session-options.js'
import { inside, type State } from '../session/state.js'
import type { Token } from '../session/stored-grant.js'
import { headerBearer } from '../token-types/bearer.js'

/** A request is sent so often at most while the API asks for another nonce each time. */
const MAX_SENDS = 3

const originOf = (request: OutgoingRequest) => new URL(request.url).origin

/** Signs a request, and sends it so. */
interface Sender {
  sign(request: OutgoingRequest, token: Token): Awaitable<void>
  readonly attempt: ChallengedRequest['attempt']
}

function senderOf(state: State): Sender {
  const { tokenType: type = headerBearer(), hooks } = state.options
  const context = signingContext(state)
  const sign: Sender['sign'] = (request, token) => {
    // A token that was saved, or given with the request, was checked by no token endpoint.
    if (token.token_type) checkTokenType(token, type.accepts)
    return type.authorize(request, token, context)
  }
  const applyHook = async (request: OutgoingRequest, token: Token) => {
    const { url, data } = request
    await applyHooks(hooks?.protectedRequest, request, token)
    // The hook may have changed a part that the signature covers.
    if (type.signs && (request.url !== url || request.data !== data)) await sign(request, token)
  }
  return {
    sign,
    async *attempt(request, token) {
      for (let sends = 1; ; sends++) {
        await sign(request, token)
        if (hooks?.protectedRequest) await applyHook(request, token)
        const response = yield request
        if (!type.learn?.(response, request)) return response
        // A nonce that was too old again says nothing about the token.
        if (sends === MAX_SENDS) return { ...response, authenticated: false }
        noteNonceRetry(request)
      }
    },
  }
}

/** The token for the first send; `undefined` if the request goes without. */
async function firstToken(
  state: State,
  source: TokenSource,
  request: OutgoingRequest,
): Promise<Token | undefined> {
  try {
    return await source.token({ signal: request.signal })
  } catch (error) {
    const needsPerson =
      isOAuthError(error, 'OAUTH_INTERACTION_REQUIRED') || isOAuthError(error, 'OAUTH_SESSION_ENDED')
    if (!needsPerson || state.options.whenUnauthenticated !== 'send') throw error
    publishSkipped([state], () => ({ reason: 'no-token', method: request.method, url: request.url }))
    return undefined
  }
}

/** OAuth 2 as a conversation: authorize, send; refused: renew, authorize, send once more. */
function flowOf(
  state: State,
  session: OAuth2Session,
  source: TokenSource,
  { attempt }: Sender,
): Auth<Token>['flow'] {
  /** Answers the challenge of a response; false if there is none. */
  async function* challenged(
    request: OutgoingRequest,
    token: Token,
    response: IncomingResponse,
  ): AsyncGenerator<OutgoingRequest, boolean, IncomingResponse> {
    const { challenges } = state.options
    const asked = response.authenticated && challenges?.read(response, token.scope)
    if (!asked) return false
    emit(state, 'challenge', asked)
    if (challenges?.resume) yield* challenges.resume(asked, { request, token, session, source, attempt })
    return true
  }

  /** Renews the token that an origin refused, and sends once more. */
  async function* renew(request: OutgoingRequest, rejected: Token, origin: string): AuthFlow {
    const doubt = doubtful(state, origin, rejected)
    if (doubt) {
      // One node may refuse a token that the others accept: send the same token once more.
      const isAccepted = !isRefusal(yield* attempt(request, rejected))
      if ((doubt.isMixed ||= isAccepted)) return
    }
    const token = await source.token({ rejected, signal: request.signal })
    const response = yield* attempt(request, token)
    if (yield* challenged(request, token, response)) return
    if (!isRefusal(response)) return noteRenewed(state, origin, token)
    noteInVain(state, origin, token)
    emit(state, 'error', { error: oauthError('OAUTH_REFUSED', 'fresh', { origin, seconds: PAUSE }) })
  }

  return async function* flow(request, sent): AuthFlow {
    const token = sent?.token ?? (await firstToken(state, source, request))
    if (!token) {
      yield request
      return
    }
    const response = sent?.response ?? (yield* attempt(request, token))
    if (yield* challenged(request, token, response)) return
    if (!isRefusal(response)) return noteSuccess(state, () => originOf(request))
    const origin = originOf(request)
    if (wasInVain(state, origin, token)) return
    response.discard?.()
    yield* renew(request, token, origin)
  }
}

/**
 * A session's way of authenticating requests.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
function oauth2Auth(session: OAuth2Session, source: TokenSource = session): Auth<Token> {
  const { state } = inside(session)
  const { tokenType = headerBearer(), hooks, challenges, isTokenExpired } = state.options
  const sender = senderOf(state)
  const auth: Auth<Token> = {
    owner: state,
    ...(isTokenExpired && { isTokenExpired }),
    boundToUrl: !!tokenType.boundToUrl || !!hooks?.protectedRequest,
    refused(response, request) {
      const no = isRefusal(response) || !!challenges?.read(response, undefined)
      if (!no && response.authenticated) noteSuccess(state, () => originOf(request))
      return no
    },
    flow: flowOf(state, session, source, sender),
  }
  if (tokenType.synchronous && !hooks?.protectedRequest) {
    const signed = (request: OutgoingRequest, token: Token) => {
      sender.sign(request, token)
      return token
    }
    auth.open = request => {
      const token = source.current()
      if (token) return signed(request, token)
      const mustFlow = state.options.whenUnauthenticated === 'send'
      return mustFlow ? undefined : source.token().then(fresh => signed(request, fresh))
    }
  }
  return auth
}

/** The scheme of a session: one for each, so that attaching it twice is noticed. */
export function authOf(session: OAuth2Session): Auth<Token> {
  const at = inside(session)
  at.auth ??= oauth2Auth(session)
  return at.auth
}

/** The `oauth` option of a request. */
interface RequestTarget {
  session?: OAuth2Session | undefined
  token?: Token | undefined
  resource?: string | undefined
  scope?: string | readonly string[] | undefined
}

/**
 * The scheme for one request's `oauth` option: another session, a token at hand, or a token for a resource or
 * scope.
 */
export function authFor(
  { session, token, resource, scope }: RequestTarget,
  attached: OAuth2Session,
): Auth<Token> {
  const chosen = session ?? attached
  if (!token) return authOf(resource || scope ? chosen.for({ resource, scope }) : chosen)
  if (!token.access_token)
    throw oauthError('OAUTH_INVALID_OPTION', 'missing', { name: 'oauth.token.access_token' })
  return oauth2Auth(chosen, {
    current: () => token,
    async token({ rejected } = {}) {
      if (rejected) throw oauthError('OAUTH_REFUSED', 'given')
      return token
    },
  })
}
