import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { mediumError } from '../locks/medium-error.js'
import { discard } from './connection.js'
import { locked } from './critical-section.js'
import { emit } from './events.js'
import { pause } from './medium.js'
import { isSamePerson } from './person.js'
import { endedRecord, insistOnWriting } from './record.js'
import type { Ending, Lease, State } from './state.js'
import type { StoredGrant, Token } from './stored-grant.js'

/** What {@link end} ended. */
export interface EndedGrant {
  /** What was stored before. */
  before: StoredGrant | undefined
  /** What the server gave to renewals that were under way: it is not used, and it may be good. */
  leftOver: Partial<Token>[]
  /** Present where the store neither took the end nor will take it later. */
  failure?: OAuthError
}

/** An end on its way into the store. */
interface EndWrite {
  readonly reason: string
  /** What was known when it began. */
  readonly known: StoredGrant | undefined
  before: StoredGrant | undefined
  isReplaced: boolean
}

/** The state before the first end: one object for all sessions, so that an idle one is small. */
export const NO_ENDING: Ending = /* @__PURE__ */ Object.freeze({
  reason: undefined,
  grant: undefined,
  count: 0,
  leftOver: undefined,
})

/** Changes the state of the end. */
function setEnding(state: { ending: Readonly<Ending> }, change: Partial<Ending>): void {
  state.ending = { ...state.ending, ...change }
}

/** True from the start of an end until the store has it, or until the next sign-in. */
export const isEnding = ({ ending }: State): boolean => ending.reason !== undefined

/**
 * Hands a token that arrived too late to the waiting log-out, which revokes it and includes it in its result.
 */
export function leaveToLogOut(state: State, token: Partial<Token>): void {
  setEnding(state, { leftOver: [...(state.ending.leftOver ?? []), token] })
}

/** An end that the store did not take stands until the next sign-in, or until one of others is accepted. */
export function forgetEnding(state: State): void {
  setEnding(state, { reason: undefined, grant: undefined })
}

/** Writes that the session is over, holding the lock; false where something newer is stored. */
export const storeEnd = (state: State, reason: string, lease: Lease, spent?: string): Promise<boolean> =>
  state.medium.write(state, endedRecord(state, reason), lease, spent)

const isLive = (grant: StoredGrant | undefined) => !!grant && !grant.ended

/** True when another person signed in at the store since the log-out began. */
function isAnothers({ record: { grant }, store }: State, known: StoredGrant | undefined): boolean {
  return isLive(known) && isLive(grant) && !store.shared && !isSamePerson(known, grant)
}

/** Reads what there is to end; false where that is not known. */
async function readToEnd(state: State, { before }: EndWrite): Promise<boolean> {
  try {
    await state.medium.readToReplace(state)
    return true
  } catch (error) {
    emit(state, 'error', { error: error as OAuthError })
    return !!before
  }
}

/**
 * Writes the end. Under the lock it is refused only where that was lost, or where the store cannot be read.
 */
async function writeEnd(state: State, write: EndWrite, lease: Lease): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (attempt) await pause(attempt)
    if (!(await readToEnd(state, write))) continue
    // This session must not end the grant of another client.
    if (state.record.foreign) return true
    write.isReplaced = isAnothers(state, write.known)
    if (write.isReplaced) return false
    write.before = state.record.grant ?? write.before
    if (await storeEnd(state, write.reason, lease)) return true
  }
  return false
}

/** Waits for all renewals under way, however they end. */
export async function renewalsOver({ root, slots }: State): Promise<void> {
  const all = [root, ...(slots?.values() ?? [])]
  await Promise.all(all.map(({ renewal }) => renewal?.outcome.catch(() => {})))
}

/** The session is over for this process alone. */
const notWritten = (isReplaced: boolean, cause: unknown): OAuthError =>
  oauthError(
    'OAUTH_STORE_WRITE',
    isReplaced ? 'signedInMeanwhile' : 'endNotKept',
    {},
    { cause: isOAuthError(cause) ? cause : undefined },
  )

/**
 * Ends the session here at once and then in the store. `revokesLeftOver`: the caller revokes what renewals
 * under way brought, and answers for it.
 */
export async function end(state: State, reason: string, revokesLeftOver = false): Promise<EndedGrant> {
  insistOnWriting(state)
  const known = isEnding(state) ? state.ending.grant : state.record.grant
  const write: EndWrite = { reason, known, before: known, isReplaced: false }
  setEnding(state, { reason, grant: known, count: state.ending.count + 1 })
  let cause: unknown
  let isWritten: boolean
  try {
    isWritten = await locked(state, lease => writeEnd(state, write, lease))
  } catch (error) {
    cause = error
    // The session is over; the store gets the end as soon as possible.
    isWritten = await writeEnd(state, write, { signal: AbortSignal.abort() })
    emit(state, 'error', { error: mediumError('OAUTH_STORE_WRITE', error, 'store') })
  }
  await renewalsOver(state)
  const leftOver = state.ending.leftOver ?? []
  setEnding(state, { leftOver: undefined })
  if (!revokesLeftOver) for (const token of leftOver) discard(state, token)
  if (isWritten) forgetEnding(state)
  const failure = isWritten ? undefined : notWritten(write.isReplaced, cause)
  return { before: write.before, leftOver, ...(failure && { failure }) }
}
