import { type OAuthError, oauthError } from '../errors.js'
import type { ServerCallOptions } from '../server/call.js'
import { forgetFailures, pausedBy, tellUnseen } from './back-off.js'
import { isEnding } from './ending.js'
import { ownerOf } from './record.js'
import { isRefused, noteRefused } from './refusals.js'
import { type Reason, sharedRenewal } from './renewal.js'
import { isUsable, stillGood } from './standing.js'
import { isFresh, type SessionView, type State, type TokenSlot } from './state.js'
import type { Token } from './stored-grant.js'

/** A caller's wish for another token than the one it knows. */
interface Wish extends Reason {
  /** The token that an API refused. */
  readonly rejected: Token | undefined
  /** The grant under which the caller's request began. */
  readonly begun: string | undefined
}

/** The grant under which a request begins. An unattended grant belongs to no person. */
const grantInUse = ({ record: { grant }, options }: State): string | undefined =>
  grant && !grant.ended && !options.grant ? grant.grantId : undefined

function wishOf({ state }: SessionView, rejected?: Token, forced?: Token, call?: ServerCallOptions): Wish {
  const stale = (rejected ?? forced)?.access_token
  const begun = rejected ? ownerOf(state, rejected) : grantInUse(state)
  const cause = forced ? 'forced' : 'expired'
  return { cause: rejected ? 'refused' : cause, rejected, stale, begun, call }
}

/**
 * A request that was begun under one person's grant is never sent with another's token, on any path.
 * @throws OAuthError `OAUTH_SESSION_CHANGED`
 */
function insistOnSameGrant(state: State, begun: string | undefined, token: Token): void {
  const owner = ownerOf(state, token)
  if (begun !== undefined && owner !== undefined && owner !== begun)
    throw oauthError('OAUTH_SESSION_CHANGED', 'notSentAgain')
}

/** True for another token than the stale one, and than those that an API refused. */
const isOther = (slot: TokenSlot, token: Token, stale: string | undefined) =>
  token.access_token !== stale && !isRefused(slot, token)

/**
 * The token of one shared renewal; nothing where it ended with the very token that was refused to this
 * caller.
 */
async function renewOnce(view: SessionView, wish: Wish): Promise<Token | undefined> {
  const { state, slot } = view
  const joined = !!slot.renewal
  const { token, renewed } = await sharedRenewal(view, wish)
  insistOnSameGrant(state, wish.begun, token)
  const isOwn = renewed && !(joined && wish.rejected)
  return isOwn || isOther(slot, token, wish.stale) ? token : undefined
}

/** Asks the application to sign a person in, once for all waiting callers. */
async function askForSignIn(state: State, reason: string, error: OAuthError): Promise<void> {
  const own: { signIn?: Promise<void> | undefined } = state
  const ask = state.options.onInteractionRequired as NonNullable<State['options']['onInteractionRequired']>
  own.signIn ??= ask({ reason, error }).finally(() => {
    own.signIn = undefined
  })
  try {
    await own.signIn
    forgetFailures(state)
  } catch (cause) {
    throw oauthError('OAUTH_INTERACTION_REQUIRED', 'signInFailed', {}, { cause, error: reason })
  }
}

/** Why a person is needed, where one is. */
function interactionReason({ code, error }: OAuthError): string | undefined {
  if (code === 'OAUTH_INTERACTION_REQUIRED') return 'no_token'
  return code === 'OAUTH_SESSION_ENDED' ? error : undefined
}

/** Failures that say nothing about a token which has not expired yet. */
const isPassing = ({ code }: OAuthError): boolean =>
  /^OAUTH_(SERVER_UNAVAILABLE|LOCK_TIMEOUT|STORE_READ)$/.test(code)

/** The known token, where a renewal ahead of its end failed for a passing reason. Listeners are told. */
function goodDespite(view: SessionView, { stale }: Wish, error: OAuthError): Token | undefined {
  const token = stale === undefined && isPassing(error) ? stillGood(view) : undefined
  if (token) tellUnseen(view, error)
  return token
}

/** A token other than `rejected`, or than `forced`; asks the application once where a person is needed. */
export async function otherToken(
  view: SessionView,
  rejected?: Token,
  forced?: Token,
  call?: ServerCallOptions,
): Promise<Token> {
  const { state, slot } = view
  const wish = wishOf(view, rejected, forced, call)
  if (rejected) noteRefused(slot, rejected)
  for (let asked = false; ; ) {
    try {
      const token = await renewOnce(view, wish)
      if (token) return token
    } catch (caught) {
      const error = caught as OAuthError
      const good = goodDespite(view, wish, error)
      if (good) return good
      const reason = interactionReason(error)
      if (asked || !reason || !state.options.onInteractionRequired) throw error
      asked = true
      await askForSignIn(state, reason, error)
    }
  }
}

/** One promise for all callers with the same wish: ten thousand waiters cost one. */
function sharedWait(view: SessionView, rejected: Token | undefined): Promise<Token> {
  const { slot, state } = view
  const begun = grantInUse(state)
  const { waiting } = slot
  if (waiting && waiting.rejected === rejected && waiting.begun === begun) return waiting.token
  const mine: TokenSlot['waiting'] = {
    rejected,
    begun,
    token: otherToken(view, rejected).finally(() => {
      if (slot.waiting === mine) slot.waiting = undefined
    }),
  }
  slot.waiting = mine
  return mine.token
}

/**
 * Waits for a token. A caller whose signal is aborted is free at once, and the renewal goes on for the
 * others.
 */
export function waitForToken(
  view: SessionView,
  rejected: Token | undefined,
  signal: AbortSignal | undefined,
): Promise<Token> {
  const token = sharedWait(view, rejected)
  return signal ? abortable(token, signal) : token
}

/** Rejects when the signal is aborted; the promise goes on for the other callers. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(oauthError('OAUTH_ABORTED', 'waiting'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** The token that can be used without waiting. With `refreshAhead`, begins a renewal in the background. */
export function current(view: SessionView): Token | undefined {
  const { state, slot } = view
  const { record, options } = state
  const isWaitedFor = slot.renewal && !slot.renewal.isAhead
  const isKnown = !isWaitedFor && !isEnding(state) && !record.unaccepted && isFresh(state)
  const token = record.grant?.tokens[slot.key]
  if (!token || !isKnown || !isUsable(view, token)) return undefined
  const { refreshAhead } = options
  const isDue = refreshAhead && !slot.renewal && !isUsable(view, token, refreshAhead)
  if (isDue && !pausedBy(view)) {
    const reason: Reason = { cause: 'ahead', stale: token.access_token }
    sharedRenewal(view, reason, true).catch(error => tellUnseen(view, error))
  }
  return token
}
