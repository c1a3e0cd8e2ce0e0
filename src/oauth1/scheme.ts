import type { Auth, AuthFlow, Awaitable, IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import { OAuthError } from '../errors.js'
import type { OAuth1Options, OAuth1Token, ProtocolParameters } from './options.js'
import { problemOf } from './problem.js'
import { createSigner, type Signer } from './signer.js'

/** Where the token credentials come from: fixed ones, or a session. */
export interface OAuth1TokenSource {
  /** What can be had without waiting: the credentials, `null` when none are needed, `undefined` when it takes waiting. */
  current(): OAuth1Token | null | undefined
  /**
   * The credentials, or `null` when none are needed.
   * @throws OAuthError when a person is needed.
   */
  token(): Awaitable<OAuth1Token | null>
  /** The server said that these credentials are over, and in which words. */
  rejected(token: OAuth1Token | null, reason: string): Awaitable<void>
}

/** The scheme, with what attaching it takes to know. */
export interface OAuth1Auth extends Auth<OAuth1Credential> {
  /** Where plain http is allowed. */
  readonly allowInsecure: true | string[] | undefined
  /** Lets calls to the server take over the agents, proxy and adapter of an attached instance. */
  adopt?(instance: object): void
}

/** What a request was signed with. */
export interface OAuth1Credential {
  readonly token: OAuth1Token | null
  /** How far the server's clock was held to be ahead. */
  readonly offset: number
}

/** A clock that is off by fewer seconds than this is nobody's unspoken reason to refuse. */
const FAR = 60

/**
 * OAuth 1.0a as a conversation: sign, send; when the server's clock or a used nonce was the reason for a refusal, once more.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.3
 */
export function oauth1Auth(signer: Signer, source: OAuth1TokenSource, parameters?: ProtocolParameters): OAuth1Auth {
  /** True when signing again can help; what the answer says about the server's clock is learnt on the way. */
  const curable = (response: IncomingResponse, used: number): boolean => {
    const problem = problemOf(response)
    if (problem?.kind === 'nonce') return true
    const late = problem?.kind === 'timestamp'
    if (!late && (problem || response.status !== 401 || !response.authenticated)) return false
    const offset = (problem?.time ?? Date.parse(response.header('date') ?? '') / 1000) - signer.clock()
    if (Math.abs(offset - signer.offset) > (late ? 0 : FAR)) signer.offset = offset
    return late || signer.offset !== used
  }

  const attempt = async function* (
    request: OutgoingRequest,
    token: OAuth1Token | null,
  ): AsyncGenerator<OutgoingRequest, [IncomingResponse, number], IncomingResponse> {
    const used = signer.offset
    await signer.sign(request, token ?? undefined, parameters)
    return [yield request, used]
  }

  return {
    boundToUrl: true,
    sameOriginOnly: true,
    allowInsecure: signer.allowInsecure,
    open(request) {
      const token = source.current()
      if (token === undefined || !signer.sync(request)) return undefined
      signer.sign(request, token ?? undefined, parameters)
      return { token, offset: signer.offset }
    },
    refused: ({ status }) => status === 400 || status === 401 || status === 403,
    async *flow(request, sent): AuthFlow {
      const token = sent ? sent.token.token : await source.token()
      let [response, used] = sent ? [sent.response, sent.token.offset] : yield* attempt(request, token)
      if (curable(response, used)) [response, used] = yield* attempt(request, token)
      const kind = problemOf(response)?.kind
      if (kind?.startsWith('token')) await source.rejected(token, kind)
    },
  }
}

/**
 * The scheme for plain options: the same credentials for every request.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for options that could sign nothing.
 */
export function oauth1Scheme(options: OAuth1Options): OAuth1Auth {
  const token = options.token ?? null
  if (token && !token.oauth_token) throw new OAuthError('OAUTH_INVALID_OPTION', 'token.oauth_token is missing.')
  return oauth1Auth(createSigner(options), { current: () => token, token: () => token, rejected: () => {} })
}
