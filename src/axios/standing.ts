import { emit } from '../session/events.js'
import type { OAuth2Session } from '../session/session.js'
import { inside } from '../session/state.js'
import type { SchemeOptions, UnauthenticatedReason } from './attach-options.js'
import type { OAuth2RequestOption } from './request-option.js'

/** Whether a session can have a token, without asking its store. */
function standingOf(session: OAuth2Session | undefined): UnauthenticatedReason | undefined {
  if (!session) return 'no-token'
  if (session.current()) return undefined
  const { options, record } = inside(session).state
  const { grant, readAt } = record
  const mayGetOne = options.grant || options.onInteractionRequired || readAt === Number.NEGATIVE_INFINITY
  return mayGetOne || (grant?.refresh_token && !grant.ended) ? undefined : 'no-token'
}

/** The session's part of the explanation of a request. */
export const explainers = (
  session: () => OAuth2Session | undefined,
): Pick<SchemeOptions, 'standing' | 'report'> => ({
  standing: ({ oauth }) => {
    const { token, session: other } = (oauth ?? {}) as OAuth2RequestOption
    return token ? undefined : standingOf(other ?? session())
  },
  report(error) {
    const asked = session()
    if (asked) emit(inside(asked).state, 'error', { error })
  },
})
