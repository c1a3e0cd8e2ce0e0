import type { AuthFlow, IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { refreshToken } from '../session/fetch-token.js'
import { ownerOf } from '../session/record.js'
import { noteInVain, wasInVain } from '../session/refusals.js'
import type { Challenge, ChallengedRequest, ChallengePolicy } from '../session/session-options.js'
import { inside } from '../session/state.js'
import type { Token } from '../session/stored-grant.js'
import { readStepUp, stepUpParameters } from './step-up.js'

/**
 * Lets a session handle `insufficient_scope`, `insufficient_user_authentication`,
 * `insufficient_authorization` and `insufficient_claims`: each causes the event `challenge`. A renewal first
 * asks for missing claims, without a person. With `answer`, which signs the person in again for
 * `challenge.parameters` (in a popup, with `fetchToken(session, grant, { sameUser: true })`), the refused
 * requests wait and are sent once more with the new token. Requests with the same challenge (the same
 * parameters, or `authorization_reference`) share one answer; if the API repeats the challenge, the
 * application gets the response.
 * @see https://www.rfc-editor.org/rfc/rfc9470
 */
export function challenges(answer?: (challenge: Challenge) => Promise<void>): ChallengePolicy {
  const read: ChallengePolicy['read'] = (response, granted) => {
    const asked = readStepUp(response)
    return asked && { ...asked, parameters: stepUpParameters(asked, granted) }
  }
  return { read, resume: (asked, conversation) => resume(read, answer, asked, conversation) }
}

/** Answers a challenge: by a renewal if that can be enough, then by the application's own answer. */
function answerTo(
  asked: Challenge,
  { session, source }: ChallengedRequest,
  answer: ((challenge: Challenge) => Promise<void>) | undefined,
): Promise<void> | undefined {
  const { claims } = asked
  if (!claims || source !== session) return answer?.(asked)
  const renewal = refreshToken(session, { parameters: { claims } }).then(() => {})
  return answer ? renewal.catch(() => answer(asked)) : renewal
}

/**
 * Sends a request with the session's token if that is another one than the refused token, because an answer
 * to the same challenge may have come meanwhile. Returns what is still missing, and for which token.
 */
async function* retryWithCurrent(
  read: ChallengePolicy['read'],
  asked: Challenge,
  { request, token, session, source, attempt }: ChallengedRequest,
): AsyncGenerator<OutgoingRequest, { asked: Challenge; token: Token } | undefined, IncomingResponse> {
  const { state } = inside(session)
  const current = source.current()
  if (
    !current ||
    current.access_token === token.access_token ||
    ownerOf(state, current) !== ownerOf(state, token)
  )
    return { asked, token }
  const response = yield* attempt(request, current)
  const again = response.authenticated && read(response, current.scope)
  return again ? { asked: again, token: current } : undefined
}

async function* resume(
  read: ChallengePolicy['read'],
  answer: ((challenge: Challenge) => Promise<void>) | undefined,
  challenge: Challenge,
  conversation: ChallengedRequest,
): AuthFlow {
  const { request, session, source, attempt } = conversation
  const { state } = inside(session)
  const missing = yield* retryWithCurrent(read, challenge, conversation)
  if (!missing) return
  const { asked, token } = missing
  // the API compares details by the reference, which stays while they name another interaction
  const key =
    new URL(request.url).origin + (asked.authorization_reference ?? JSON.stringify(asked.parameters))
  if (wasInVain(state, key, token)) return
  state.answers ??= new Map()
  const { answers } = state
  const answering =
    answers.get(key) ?? answerTo(asked, conversation, answer)?.finally(() => answers.delete(key))
  if (!answering) return
  answers.set(key, answering)
  try {
    await answering
  } catch (cause) {
    // without a person to ask the API's own answer says all
    if (!answer) return noteInVain(state, key, token)
    const { error } = asked
    throw oauthError('OAUTH_INTERACTION_REQUIRED', 'challengeFailed', { error }, { cause, error })
  }
  const renewed = await source.token({ signal: request.signal })
  if (renewed.access_token === token.access_token) return
  if (ownerOf(state, renewed) !== ownerOf(state, token))
    throw oauthError('OAUTH_SESSION_CHANGED', 'maybeAnother')
  const response = yield* attempt(request, renewed)
  if (response.authenticated && read(response, renewed.scope)) noteInVain(state, key, renewed)
}
