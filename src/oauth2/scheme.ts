import { isRefusal } from '../auth/refusal.js'
import type { Auth, AuthFlow, Awaitable, IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import { isOAuthError, oauthError } from '../errors.js'
import { noteNonceRetry, publishSkipped } from '../lib/diagnostics.js'
import { applyHooks } from '../server/hooks.js'
import { checkTokenType } from '../server/token-response.js'
import { doubtful, noteInVain, noteRenewed, noteSuccess, PAUSE, wasInVain } from '../session/refusals.js'
import type { OAuth2Session } from '../session/session.js'
import { emit, inside, type State, signingContext } from '../session/session-state.js'
import type { Token } from '../session/stored-grant.js'
import { bearer } from '../token-types/bearer.js'
import type { TokenType, TokenTypeContext } from '../token-types/token-type.js'
import type { Challenge } from './challenges.js'

/** A request is sent so often at most while the API asks for another nonce each time. */
const MAX_SENDS = 3

/** Where the tokens of a flow come from: a session, or one token given with the request. */
export type TokenSource = Pick<OAuth2Session, 'token' | 'current'>

/** A part of a conversation: it sends, and answers something to the rest. */
type Sending<T> = AsyncGenerator<OutgoingRequest, T, IncomingResponse>

/** A request that was sent with a token, and what the API answered. */
interface Sent {
  token: Token
  response: IncomingResponse
}

const originOf = (request: OutgoingRequest) => new URL(request.url).origin

/** One session's way of authenticating requests. */
interface Scheme {
  readonly session: OAuth2Session
  readonly source: TokenSource
  readonly state: State
  readonly type: TokenType
  readonly context: TokenTypeContext
}

/**
 * Signs; also with a token that no token endpoint answered: stored by an older configuration, saved, or given
 * with the request.
 */
function sign({ type, context }: Scheme, request: OutgoingRequest, token: Token): Awaitable<void> {
  if (token.token_type) checkTokenType(token, type.accepts)
  return type.authorize(request, token, context)
}

/** Runs the application's hooks, and signs again what they changed of that which the signature covers. */
async function applyOwnHooks(scheme: Scheme, request: OutgoingRequest, token: Token): Promise<void> {
  const { hooks } = scheme.state.options
  if (!hooks?.protectedRequest) return
  const { url, data } = request
  await applyHooks(hooks.protectedRequest, request, token)
  const isChanged = request.url !== url || request.data !== data
  if (scheme.type.signs && isChanged) await sign(scheme, request, token)
}

/** Sends with a token, again while the API asks for another nonce. */
async function* attempt(scheme: Scheme, request: OutgoingRequest, token: Token): Sending<IncomingResponse> {
  for (let sends = 1; ; sends++) {
    await sign(scheme, request, token)
    await applyOwnHooks(scheme, request, token)
    const response = yield request
    if (!scheme.type.learn?.(response, request)) return response
    // a nonce that was too old again says nothing about the token
    if (sends === MAX_SENDS) return { ...response, authenticated: false }
    noteNonceRetry(request)
  }
}

function mayGoWithout({ options }: State, error: unknown): boolean {
  const needsPerson =
    isOAuthError(error, 'OAUTH_INTERACTION_REQUIRED') || isOAuthError(error, 'OAUTH_SESSION_ENDED')
  return options.whenUnauthenticated === 'send' && needsPerson
}

/** The first send; nothing where the request went without a token. */
async function* firstSend(scheme: Scheme, request: OutgoingRequest): Sending<Sent | undefined> {
  const { source, state } = scheme
  let token: Token
  try {
    token = await source.token({ signal: request.signal })
  } catch (error) {
    if (!mayGoWithout(state, error)) throw error
    publishSkipped([state], () => ({ reason: 'no-token', method: request.method, url: request.url }))
    yield request
    return undefined
  }
  return { token, response: yield* attempt(scheme, request, token) }
}

/**
 * Asks once more with the same token, where one node may refuse what the others accept; true where that
 * settles it.
 */
async function* secondOpinion(
  scheme: Scheme,
  request: OutgoingRequest,
  origin: string,
  token: Token,
): Sending<boolean> {
  const doubt = doubtful(scheme.state, origin, token)
  if (!doubt) return false
  const isAccepted = !isRefusal(yield* attempt(scheme, request, token))
  doubt.isMixed ||= isAccepted
  return doubt.isMixed
}

/** Renews, and sends once more with what came. */
async function* sendRenewed(
  scheme: Scheme,
  request: OutgoingRequest,
  origin: string,
  rejected: Token,
): AuthFlow {
  const { source, state } = scheme
  const renewed = await source.token({ rejected, signal: request.signal })
  const response = yield* attempt(scheme, request, renewed)
  const asked = read(state, response, renewed)
  if (asked) return yield* answer(scheme, request, renewed, asked)
  if (!isRefusal(response)) return noteRenewed(state, origin, renewed)
  noteInVain(state, origin, renewed)
  emit(state, 'error', { error: oauthError('OAUTH_REFUSED', 'fresh', { origin, seconds: PAUSE }) })
}

async function* converse(scheme: Scheme, request: OutgoingRequest, before: Sent | undefined): AuthFlow {
  const { state } = scheme
  const sent = before ?? (yield* firstSend(scheme, request))
  if (!sent) return
  const { token, response } = sent
  const asked = read(state, response, token)
  if (asked) return yield* answer(scheme, request, token, asked)
  if (!isRefusal(response)) return accept(state, request)
  const origin = originOf(request)
  if (wasInVain(state, origin, token)) return
  response.discard?.()
  const isSettled = yield* secondOpinion(scheme, request, origin, token)
  if (!isSettled) yield* sendRenewed(scheme, request, origin, token)
}

const accept = (state: State, request: OutgoingRequest) => noteSuccess(state, () => originOf(request))

/** What the API asks for beside a fresh token. */
const read = ({ options }: State, response: IncomingResponse, token: Token) =>
  response.authenticated ? options.challenges?.read(response, token.scope) : undefined

/** Tells what the API asks for; if the application answers with a new grant, the request goes on. */
async function* answer(scheme: Scheme, request: OutgoingRequest, token: Token, asked: Challenge): AuthFlow {
  const { session, source, state } = scheme
  emit(state, 'challenge', asked)
  const { challenges } = state.options
  if (!challenges?.resume) return
  state.answers ??= new Map()
  yield* challenges.resume(asked, {
    request,
    session: source === session ? session : undefined,
    token,
    answers: state.answers,
    next: () => source.token({ signal: request.signal }),
    isSameGrant: other => state.owners?.get(other) === state.owners?.get(token),
    attempt: other => attempt(scheme, request, other),
    isBlocked: key => wasInVain(state, key, token),
    block: (key, other) => noteInVain(state, key, other),
  })
}

/**
 * OAuth 2 as a conversation: authorize, send; refused: renew, authorize, send once more.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
function oauth2Auth(session: OAuth2Session, source: TokenSource = session): Auth<Token> {
  const { state } = inside(session)
  const { tokenType: type = bearer(), hooks, challenges, isTokenExpired } = state.options
  const scheme: Scheme = { session, source, state, type, context: signingContext(state) }
  const auth: Auth<Token> = {
    owner: state,
    ...(isTokenExpired && { isTokenExpired }),
    boundToUrl: !!type.boundToUrl || !!hooks?.protectedRequest,
    refused(response, request) {
      const no = isRefusal(response) || !!challenges?.read(response, undefined)
      if (!no && response.authenticated) accept(state, request)
      return no
    },
    flow: (request, sent) => converse(scheme, request, sent),
  }
  if (type.synchronous && !hooks?.protectedRequest) {
    auth.open = request => {
      const token = source.current()
      if (token) sign(scheme, request, token)
      return token
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

/**
 * The scheme for one request's `oauth` option: another session, a token at hand, or a token for a resource or
 * scope.
 */
export function authFor(
  {
    session,
    token,
    resource,
    scope,
  }: {
    session?: OAuth2Session | undefined
    token?: Token | undefined
    resource?: string | undefined
    scope?: string | readonly string[] | undefined
  },
  attached: OAuth2Session,
): Auth<Token> {
  const chosen = session ?? attached
  if (token) {
    if (!token.access_token)
      throw oauthError('OAUTH_INVALID_OPTION', 'missing', { name: 'oauth.token.access_token' })
    const source: TokenSource = {
      current: () => token,
      async token({ rejected } = {}) {
        if (rejected) throw oauthError('OAUTH_REFUSED', 'given')
        return token
      },
    }
    return oauth2Auth(chosen, source)
  }
  return authOf(resource || scope ? chosen.for({ resource, scope }) : chosen)
}
