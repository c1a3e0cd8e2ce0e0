import type { IncomingResponse } from '../auth/flow.js'
import { readStepUp, type StepUp, stepUpParameters } from './step-up.js'

/** What an API asks for, and the parameters of the authorization request that would answer it. */
export interface Challenge extends StepUp {
  /** For `createAuthorizationUrl`: the scope is the union of what is granted and what is asked for. */
  parameters: { scope?: string; acr_values?: string; max_age?: number }
}

/** How a session deals with an API that asks for more than a fresh token; {@link challenges} makes one. */
export interface ChallengePolicy {
  read(response: IncomingResponse, granted: string | undefined): Challenge | undefined
  answer?: ((challenge: Challenge) => Promise<void>) | undefined
}

/**
 * Lets a session notice `insufficient_scope` and `insufficient_user_authentication`: each becomes the event `challenge`. With
 * `answer`, which signs the person in again for `challenge.parameters` (in a popup, with `fetchToken(session, grant, { sameUser: true })`),
 * the refused requests wait and are sent once more with the new token; all that ask for the same share one answer, and what is
 * asked for again by then is given to the caller.
 * @see https://www.rfc-editor.org/rfc/rfc9470
 */
export const challenges = (answer?: (challenge: Challenge) => Promise<void>): ChallengePolicy => ({
  read(response, granted) {
    const asked = readStepUp(response)
    return asked && { ...asked, parameters: stepUpParameters(asked, granted) }
  },
  answer,
})
