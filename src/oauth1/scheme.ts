import type { Auth, AuthFlow, Awaitable, IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { checkOptions } from '../lib/check-options.js'
import { noteNonceRetry } from '../lib/diagnostics.js'
import { optionPlaces } from './option-places.js'
import { type OAuth1Options, type OAuth1Token, type ProtocolParameters, SIGNING_OPTIONS } from './options.js'
import { type Problem, problemOf } from './problem.js'
import { type ServerClocks, serverClocks } from './server-clock.js'
import { createSigner, type Signer } from './signer.js'

/** The source of the token credentials: fixed ones, or a session. */
export interface OAuth1TokenSource {
  /**
   * The credentials that are available synchronously; `null` if none are needed, `undefined` if they must be
   * awaited.
   */
  current(): OAuth1Token | null | undefined
  /**
   * The credentials, or `null` if none are needed.
   * @throws OAuthError when a person is needed.
   */
  token(): Awaitable<OAuth1Token | null>
  /**
   * Handles credentials that the server refused for this reason. Returns renewed ones, if any: the request is
   * then sent again.
   */
  rejected(token: OAuth1Token | null, reason: TokenProblem): Awaitable<OAuth1Token | undefined>
}

/** The reasons for refused token credentials. */
export type TokenProblem = Extract<Problem['kind'], `token_${string}`>

/** The scheme, with the values that attaching needs. */
export interface OAuth1Auth extends Auth<OAuth1Credential> {
  /** Origins that may be plain http. */
  readonly allowInsecure: true | string[] | undefined
  /** The same scheme for the credentials of one request. */
  withToken(token: OAuth1Token): OAuth1Auth
  /** Lets calls to the server use the agents, proxy and adapter of an attached instance. */
  adopt?(instance: object): void
}

/** The credentials and clock offset of a signature. */
export interface OAuth1Credential {
  readonly token: OAuth1Token | null
  /** The assumed lead of the server's clock. */
  readonly offset: number
}

type Attempt = AsyncGenerator<OutgoingRequest, IncomingResponse, IncomingResponse>

const isTokenProblem = (problem: Problem | undefined): problem is Problem & { kind: TokenProblem } =>
  !!problem?.kind.startsWith('token')

/**
 * OAuth 1.0a as a conversation: sign and send; if the clock or a used nonce is the reason of a refusal, once
 * more; if the credentials expired and can be renewed, once more with the new ones.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.3
 */
export function oauth1Auth(
  signer: Signer,
  source: OAuth1TokenSource,
  parameters?: ProtocolParameters,
  clocks: ServerClocks = serverClocks(signer.clock),
): OAuth1Auth {
  const attempt = async function* (
    request: OutgoingRequest,
    token: OAuth1Token | null,
    offset: number,
  ): Attempt {
    await signer.sign(request, { token: token ?? undefined, parameters, offset })
    return yield request
  }

  /** Signs once more after a refusal for the clock or the nonce. */
  const secondAttempt = async function* (
    request: OutgoingRequest,
    { token, offset: used }: OAuth1Credential,
    response: IncomingResponse,
  ): Attempt {
    const problem = problemOf(response)
    const { url } = request
    const isCorrected = problem?.kind !== 'nonce' && clocks.correct(url, { response, problem, used })
    if (problem?.kind !== 'nonce' && !isCorrected) return response
    noteNonceRetry(request)
    const next = yield* attempt(request, token, clocks.offset(request))
    if (isCorrected && isStillRefused(next)) clocks.giveUp(url)
    return next
  }

  return {
    boundToUrl: true,
    sameOriginOnly: true,
    allowInsecure: signer.allowInsecure,
    open(request) {
      const token = source.current()
      if (token === undefined || !signer.sync(request)) return undefined
      const offset = clocks.offset(request)
      signer.sign(request, { token: token ?? undefined, parameters, offset })
      return { token, offset }
    },
    withToken: token => oauth1Auth(signer, fixedToken(checkToken(token)), parameters, clocks),
    refused: ({ status }) => status === 400 || status === 401 || status === 403,
    async *flow(request, sent): AuthFlow {
      const token = sent ? sent.token.token : await source.token()
      const offset = sent ? sent.token.offset : clocks.offset(request)
      const first = sent ? sent.response : yield* attempt(request, token, offset)
      const response = yield* secondAttempt(request, { token, offset }, first)
      const problem = problemOf(response)
      if (!isTokenProblem(problem)) return
      response.discard?.()
      const renewed = await source.rejected(token, problem.kind)
      if (renewed) yield* attempt(request, renewed, clocks.offset(request))
    },
  }
}

const isStillRefused = (response: IncomingResponse): boolean => {
  const problem = problemOf(response)
  return problem ? problem.kind === 'timestamp' : response.status === 401
}

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
function checkToken(token: OAuth1Token): OAuth1Token {
  if (typeof token.oauth_token !== 'string')
    throw oauthError('OAUTH_INVALID_OPTION', 'missing', { name: 'token.oauth_token' })
  return token
}

/** Fixed credentials, which can neither be renewed nor end. */
export const fixedToken = (token: OAuth1Token | null): OAuth1TokenSource => ({
  current: () => token,
  token: () => token,
  rejected: () => undefined,
})

/**
 * The scheme for plain options: the same credentials for every request.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for options that could sign nothing.
 */
export function oauth1Scheme(options: OAuth1Options): OAuth1Auth {
  const { token } = options
  checkOptions(options, [...SIGNING_OPTIONS, 'token'], optionPlaces)
  return oauth1Auth(createSigner(options), fixedToken(token ? checkToken(token) : null))
}
