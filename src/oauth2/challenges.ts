import type { AuthFlow } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { refreshToken } from '../session/fetch-token.js'
import { ownerOf } from '../session/record.js'
import { noteInVain, wasInVain } from '../session/refusals.js'
import type { Challenge, ChallengedRequest, ChallengePolicy } from '../session/session-options.js'
import { inside } from '../session/state.js'
import { readStepUp, stepUpParameters } from './step-up.js'

/**
 * Lets a session handle `insufficient_scope`, `insufficient_user_authentication`,
 * `insufficient_authorization` and `insufficient_claims`: each causes the event `challenge`. A renewal first
 * asks for missing claims, without a person. With `answer`, which signs the person in again for
 * `challenge.parameters` (in a popup, with `fetchToken(session, grant, { sameUser: true })`), the refused
 * requests wait and are sent once more with the new token. Requests with the same challenge share one answer;
 * if the API repeats the challenge, the application gets the response.
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

async function* resume(
  read: ChallengePolicy['read'],
  answer: ((challenge: Challenge) => Promise<void>) | undefined,
  asked: Challenge,
  conversation: ChallengedRequest,
): AuthFlow {
  const { request, token, session, source, attempt } = conversation
  const { state } = inside(session)
  const key = new URL(request.url).origin + JSON.stringify(asked.parameters)
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
