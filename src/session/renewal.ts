import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import type { Grant } from '../grants/grant.js'
import { refreshGrant } from '../grants/refresh.js'
import { traceRenewal } from '../lib/diagnostics.js'
import type { ServerCallOptions } from '../server/call.js'
import { kindOfRefusal } from '../server/refusal.js'
import { grantedToken } from '../server/token-response.js'
import {
  backOffAfter,
  forgetFailures,
  isBackingOff,
  lockLost,
  tellUnseen,
  throwWhileBackingOff,
} from './back-off.js'
import { grantContext, grantError, tokenEndpoint } from './grant-context.js'
import { idTokenGate } from './id-tokens.js'
import { outlived } from './lives.js'
import type { SessionEvents } from './session-options.js'
import { bury, compose, insistOnWriting, keepInMemory, load, save } from './session-record.js'
import {
  discard,
  emit,
  type Found,
  type Inside,
  isWithin,
  type Lease,
  locked,
  PREPARATION,
  type Slot,
  type State,
} from './session-state.js'
import { expiresWithin, type StoredGrant, type Token } from './stored-grant.js'

type Cause = SessionEvents['renewed']['cause']

/** Why a renewal runs. */
interface Reason {
  cause: Cause
  /** The access token that must not be the answer. */
  stale: string | undefined
  call?: ServerCallOptions | undefined
}

/** What the server gave, and what it continues. */
interface Received {
  token: Token
  isRefresh: boolean
  base: StoredGrant | undefined
  /** The version in the store when the server was asked: what was written since stands. */
  version: number
}

const endedError = (state: State): OAuthError => {
  const reason = state.ending ?? state.grant?.ended?.reason ?? 'changed'
  return oauthError('OAUTH_SESSION_ENDED', 'ended', { reason }, { error: reason })
}

const isRefusedByApi = (slot: Slot, { access_token }: Token) => slot.refused.includes(access_token)

/**
 * True for a token that no API refused and that lasts longer than the leeway, by `ahead` (seconds) at least.
 */
export function usable({ state, slot }: Inside, token: Token | undefined, ahead = 0): boolean {
  if (!token || isRefusedByApi(slot, token) || outlived(state) === 'session_expired') return false
  const spare = Math.min(ahead, (token.expires_in || 1 / 0) / 4)
  return !expiresWithin(token, state.options.leeway ?? 60, state.clock() + spare)
}

/** True for a token that has not expired yet, though a renewal is due. */
const isStillGood = ({ state, slot }: Inside, token: Token) =>
  !isRefusedByApi(slot, token) &&
  outlived(state) !== 'session_expired' &&
  !expiresWithin(token, 0, state.clock())

/** @throws when the session has ended, or belongs to another person since */
function insistOnSession(state: State): void {
  if (state.ending !== undefined || state.grant?.ended) throw endedError(state)
  if (state.unaccepted) throw oauthError('OAUTH_SESSION_CHANGED', 'unaccepted')
}

/**
 * What can be handed out of that which is known, if it is not `stale`. @throws when the session has ended or
 * nobody can get a token
 */
function known(at: Inside, stale?: string): Found | undefined {
  const { state, slot } = at
  insistOnSession(state)
  const { grant, options } = state
  const token = grant?.tokens[slot.key]
  if (token && usable(at, token) && token.access_token !== stale) return { token }
  if (grant?.refresh_token || options.grant) return undefined
  throw oauthError('OAUTH_INTERACTION_REQUIRED', token ? 'noRefreshToken' : 'noToken')
}

/**
 * Without the lock another process may be renewing: the refresh token is that one's to spend, and a refusal
 * says nothing.
 */
const insistOnLock = (lease: Lease) => {
  if (lease.signal.aborted) throw lockLost()
}

/**
 * A request that leaves late would be answered after the section's end, when another process may spend the
 * same token.
 */
const insistOnLease = (lease: Lease) => {
  insistOnLock(lease)
  if (lease.since !== undefined && Date.now() - lease.since > PREPARATION * 1000) throw lockLost()
}

/**
 * An ID token that cannot be checked for now: the tokens are not used, but what was spent for them is gone,
 * so the new refresh token is kept.
 * @throws whatever the check threw
 */
async function admitIdToken(
  { state }: Inside,
  token: Token,
  base: StoredGrant,
  version: number,
  lease: Lease,
) {
  try {
    return await idTokenGate(state).admit(token, { previous: base.id_token })
  } catch (error) {
    const { refresh_token } = token
    if (refresh_token && !isOAuthError(error, 'OAUTH_ID_TOKEN_INVALID'))
      await save(state, { ...base, refresh_token, version: version + 1 }, lease)
    throw error
  }
}

/** Spends the refresh token of `base`. */
async function refresh(
  at: Inside,
  base: StoredGrant,
  lease: Lease,
  call?: ServerCallOptions,
): Promise<Received> {
  const { state, slot } = at
  const { version, options } = state
  const refresh_token = base.refresh_token as string
  insistOnLease(lease)
  insistOnWriting(state)
  const requestedAt = state.clock()
  // the last look at the lock is immediately before the bytes leave: client authentication and hooks may take
  // their time
  const endpoint = tokenEndpoint(state, call, () => insistOnLease(lease))
  const answer = await (options.refresh
    ? options.refresh({ ...grantContext(at), refresh_token })
    : endpoint(refreshGrant(refresh_token, slot)))
  const token = await admitIdToken(at, grantedToken(answer, requestedAt), base, version, lease)
  return { token, isRefresh: true, base, version }
}

/** Runs the unattended grant. */
async function runGrant(at: Inside, lease: Lease, call?: ServerCallOptions): Promise<Received> {
  const { state } = at
  const { grant: base, version } = state
  insistOnLock(lease)
  const endpoint = tokenEndpoint(state, call, () => insistOnLease(lease))
  const gate = idTokenGate(state)
  const answer = await (state.options.grant as Grant)(endpoint, grantContext(at, gate))
  const token = await gate.admit(grantedToken(answer, state.clock()))
  return { token, isRefresh: false, base, version }
}

/** Another process may have renewed the grant: its token is good, ours was spent. */
async function lookAgain(
  at: Inside,
  stale: string | undefined,
  hasLooked: boolean,
): Promise<Found | undefined> {
  if (!hasLooked) await load(at.state, true)
  return known(at, stale)
}

const isOver = ({ options }: State, error: unknown) => kindOfRefusal(error, options.endedBy) === 'over'

/** Refreshes, or runs the unattended grant: the part of the critical section that asks the server. */
async function acquire(at: Inside, lease: Lease, { stale, call }: Reason): Promise<Found | Received> {
  const { state } = at
  const { options, store } = state
  const mayRefresh = !(options.grant && (store.readOnly || outlived(state)))
  for (let spent: string | undefined; ; ) {
    const base = state.grant
    const refresh_token = base?.refresh_token
    if (!base || !refresh_token || refresh_token === spent || !mayRefresh) break
    try {
      return await refresh(at, base, lease, call)
    } catch (cause) {
      const error = grantError(cause, 'refresh')
      if (!isOver(state, error)) throw error
      insistOnLock(lease)
      const found = await lookAgain(at, stale, spent !== undefined)
      if (found) return found
      const isStillStored = state.grant?.refresh_token === refresh_token
      if (isStillStored && !options.grant) throw error
      spent = refresh_token
    }
  }
  return runGrant(at, lease, call).catch(error => {
    throw grantError(error)
  })
}

/** True where the server gave another refresh token than the one that is continued. */
const isRotated = ({ token, base }: Pick<Received, 'token' | 'base'>): boolean =>
  token.refresh_token !== undefined && token.refresh_token !== base?.refresh_token

/**
 * True where the only thing in the way of a write is our own: a write that was thought lost, or a token
 * beside this one. The refresh token that was spent is still the stored one.
 */
function isOwnWriteInTheWay({ state, slot }: Inside, { token, base }: Received): boolean {
  const { grant } = state
  if (!grant || !base || grant.ended || grant.grantId !== base.grantId) return false
  if (grant.refresh_token !== base.refresh_token) return false
  return (
    isRotated({ token, base }) || grant.tokens[slot.key]?.access_token === base.tokens[slot.key]?.access_token
  )
}

/**
 * Stores what the server gave; answers the grant that is stored now, or nothing where something newer stands.
 */
async function storeRenewed(
  at: Inside,
  got: Received,
  epoch: number,
  lease: Lease,
): Promise<StoredGrant | undefined> {
  const { state, slot } = at
  const { token, isRefresh, base, version } = got
  const next = compose(state, slot.key, token, base, isRefresh, version)
  // a server may hand out the very token again
  slot.refused = slot.refused.filter(refused => refused !== token.access_token)
  if (isRefresh && isRotated(got)) state.spent = base?.refresh_token
  if (epoch === state.epoch && (await save(state, next, lease))) return next
  if (state.ending !== undefined) return undefined
  try {
    await load(state, true)
  } catch (error) {
    // nobody can tell what is in the way: what the server gave is not dropped for that
    if (!token.refresh_token || epoch !== state.epoch) throw error
    keepInMemory(state, next, error)
    return next
  }
  if (epoch !== state.epoch || !isOwnWriteInTheWay(at, got)) return undefined
  const again = compose(state, slot.key, token, state.grant, isRefresh)
  return (await save(state, again, lease)) ? again : undefined
}

/** The session was ended, or another sign-in was stored, while the server made this token. */
async function afterDefeat(at: Inside, { token, base }: Received, stale: string | undefined, lease: Lease) {
  const { state } = at
  if (state.ending !== undefined) {
    // the log-out that waits for the lock revokes it, and says so
    state.leftOver.push({ ...base, ...token })
    // what is stored may be the refresh token that was spent just now: not for the next one who holds the
    // lock
    await bury(state, state.ending, lease)
  } else if (state.grant?.grantId !== base?.grantId || state.grant?.ended) discard(state, token)
  const newer = known(at, stale)
  if (newer) return newer
  throw oauthError('OAUTH_STORE_WRITE', 'writtenMeanwhile')
}

/** Ends a grant that is over, unless a newer one is stored. */
async function endGrant(
  at: Inside,
  failure: OAuthError,
  stale: string | undefined,
  lease: Lease,
): Promise<Found> {
  const { state } = at
  const reason = isOAuthError(failure, 'OAUTH_ID_TOKEN_INVALID') ? 'id_token_invalid' : 'invalid_grant'
  if (await bury(state, failure.error ?? reason, lease)) throw endedError(state)
  await load(state, true)
  const newer = known(at, stale)
  if (newer) return newer
  throw failure
}

/** What follows a renewal that failed: the grant is over, or it is asked again later. */
async function afterFailure(
  at: Inside,
  failure: OAuthError,
  stale: string | undefined,
  lease: Lease,
): Promise<Found> {
  const { state } = at
  // what an unattended grant brought is asked for again; a refresh for somebody else is the end
  const isUnattended = state.options.grant && !state.grant?.refresh_token
  const isForAnother = isOAuthError(failure, 'OAUTH_ID_TOKEN_INVALID') && !isUnattended
  const isGrantOver = isForAnother || (isOver(state, failure) && !state.options.grant)
  if (isGrantOver) return endGrant(at, failure, stale, lease)
  // a mistake of the program is told to every caller, as often as it happens
  if (isOAuthError(failure, 'OAUTH_INVALID_OPTION')) throw failure
  backOffAfter(state, failure)
  throw failure
}

/** The critical section: read the store again → still needed? → refresh, or run the grant → save. */
async function renewLocked(at: Inside, reason: Reason, lease: Lease): Promise<Found> {
  const { state, slot } = at
  await load(state, true)
  const found = known(at, reason.stale)
  if (found) return found
  const reasonToEnd = state.options.grant ? undefined : outlived(state)
  if (reasonToEnd)
    return endGrant(
      at,
      oauthError('OAUTH_SESSION_ENDED', 'ended', { reason: reasonToEnd }, { error: reasonToEnd }),
      reason.stale,
      lease,
    )
  throwWhileBackingOff(state)
  const { epoch, clock } = state
  const started = clock()
  let next: StoredGrant | undefined
  try {
    const got = await acquire(at, lease, reason)
    if (!('isRefresh' in got)) return got
    next = await storeRenewed(at, got, epoch, lease)
    if (!next) return await afterDefeat(at, got, reason.stale, lease)
  } catch (error) {
    return afterFailure(at, error as OAuthError, reason.stale, lease)
  }
  const token = next.tokens[slot.key] as Token
  state.owners?.set(token, next.grantId)
  forgetFailures(state)
  emit(state, 'renewed', { duration: clock() - started, cause: reason.cause })
  emit(state, 'token', { scope: token.scope, expires_at: token.expires_at })
  return { token, renewed: true }
}

/** lock → read the store again → still needed? → refresh, or run the grant → save → unlock */
async function renew(at: Inside, reason: Reason): Promise<Found> {
  const { state } = at
  const isEndKnown = state.grant?.ended && isWithin(state, state.readAt, state.options.recheck ?? 60)
  if (!isEndKnown) await load(state)
  const found = known(at, reason.stale)
  if (found) return found
  throwWhileBackingOff(state)
  return traceRenewal(state, { protocol: 'oauth2', cause: reason.cause }, () =>
    locked(state, lease => renewLocked(at, reason, lease)),
  )
}

/** The one renewal that all callers share: begun, or joined. */
function sharedRenewal(at: Inside, reason: Reason): Promise<Found> {
  const { slot } = at
  slot.pending ??= renew(at, reason).finally(() => {
    slot.pending = undefined
    slot.quiet = false
  })
  return slot.pending
}

/** Failures that say nothing about a token which has not expired yet. */
const isPassing = ({ code }: OAuthError): boolean =>
  /^OAUTH_(SERVER_UNAVAILABLE|LOCK_TIMEOUT|STORE_READ)$/.test(code)

/**
 * The token that is used while its renewal fails for a passing reason: the leeway is for renewing early, not
 * for failing early.
 */
function stillGood(at: Inside, error: OAuthError): Token | undefined {
  const { state, slot } = at
  const token = state.grant?.tokens[slot.key]
  const isOurs = state.ending === undefined && !state.grant?.ended && !state.unaccepted
  return token && isOurs && isPassing(error) && isStillGood(at, token) ? token : undefined
}

/** Asks the application to sign somebody in, once for all who wait. */
async function askForSignIn(state: State, reason: string, error: OAuthError): Promise<void> {
  const ask = state.options.onInteractionRequired as NonNullable<State['options']['onInteractionRequired']>
  state.signIn ??= ask({ reason, error }).finally(() => {
    state.signIn = undefined
  })
  try {
    await state.signIn
    forgetFailures(state)
  } catch (cause) {
    throw oauthError('OAUTH_INTERACTION_REQUIRED', 'signInFailed', {}, { cause, error: reason })
  }
}

/** Why a person is needed, where one is. */
function interactionReason(error: OAuthError): string | undefined {
  if (error.code === 'OAUTH_INTERACTION_REQUIRED') return 'no_token'
  return error.code === 'OAUTH_SESSION_ENDED' ? error.error : undefined
}

/**
 * A request that was begun under one person's grant is never sent with another's token, on any path.
 * @throws OAuthError `OAUTH_SESSION_CHANGED`
 */
function insistOnSameGrant(state: State, begun: string | undefined, token: Token): void {
  const owner = state.owners?.get(token)
  if (begun !== undefined && owner !== undefined && owner !== begun)
    throw oauthError('OAUTH_SESSION_CHANGED', 'notSentAgain')
}

/** Why a caller wants another token than the one it knows. */
interface Wish extends Reason {
  /** The token that an API refused. */
  readonly rejected: Token | undefined
  /** The grant under which the caller's request began. */
  readonly begun: string | undefined
}

function wishOf({ state }: Inside, rejected?: Token, forced?: Token, call?: ServerCallOptions): Wish {
  const stale = (rejected ?? forced)?.access_token
  const begun = rejected ? state.owners?.get(rejected) : grantInUse(state)
  if (rejected) return { cause: 'refused', rejected, stale, begun, call }
  return { cause: forced ? 'forced' : 'expired', rejected, stale, begun, call }
}

/** Notes a token that an API refused: it is never handed out again. */
function noteRefused(slot: Slot, rejected: Token): void {
  if (!isRefusedByApi(slot, rejected)) slot.refused = [rejected.access_token, ...slot.refused].slice(0, 4)
}

/**
 * The token of one shared renewal; nothing where it ended with the very token that was refused to this
 * caller.
 */
async function renewOnce(at: Inside, wish: Wish): Promise<Token | undefined> {
  const { state, slot } = at
  slot.quiet = false
  const joined = !!slot.pending
  const { token, renewed } = await sharedRenewal(at, wish)
  insistOnSameGrant(state, wish.begun, token)
  const isOwn = renewed && !(joined && wish.rejected)
  return isOwn || isOther(slot, token, wish.stale) ? token : undefined
}

/** A token other than `rejected`, or than `forced`; asks the application once where a person is needed. */
export async function obtain(
  at: Inside,
  rejected?: Token,
  forced?: Token,
  call?: ServerCallOptions,
): Promise<Token> {
  const { state, slot } = at
  const wish = wishOf(at, rejected, forced, call)
  if (rejected) noteRefused(slot, rejected)
  for (let asked = false; ; ) {
    try {
      const token = await renewOnce(at, wish)
      if (token) return token
    } catch (caught) {
      const error = caught as OAuthError
      const good = wish.stale === undefined ? stillGood(at, error) : undefined
      if (good) {
        tellUnseen(state, error)
        return good
      }
      const reason = interactionReason(error)
      if (asked || !reason || !state.options.onInteractionRequired) throw error
      asked = true
      await askForSignIn(state, reason, error)
    }
  }
}

const isOther = (slot: Slot, token: Token, stale: string | undefined) =>
  token.access_token !== stale && !isRefusedByApi(slot, token)

/** The grant under which a request begins; none while nobody is signed in. */
const grantInUse = ({ grant, options }: State) =>
  // an unattended grant belongs to no person
  grant && !grant.ended && !options.grant ? grant.grantId : undefined

/** The same wait for all who want the same: ten thousand waiters hold one promise. */
export function join(at: Inside, rejected: Token | undefined): Promise<Token> {
  const { slot, state } = at
  const begun = grantInUse(state)
  const { waiting } = slot
  if (waiting && waiting.rejected === rejected && waiting.begun === begun) return waiting.token
  const mine: Slot['waiting'] = {
    rejected,
    begun,
    token: obtain(at, rejected).finally(() => {
      if (slot.waiting === mine) slot.waiting = undefined
    }),
  }
  slot.waiting = mine
  return mine.token
}

/** {@link join} for a caller who may give up: it is free at once, and the renewal goes on for the others. */
export const waitFor = (
  at: Inside,
  rejected: Token | undefined,
  signal: AbortSignal | undefined,
): Promise<Token> => abortable(join(at, rejected), signal)

/** Lets a caller go when its signal is aborted, while what it waited for goes on. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(oauthError('OAUTH_ABORTED', 'waiting'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** True where what is known here may be used without asking the store. */
function isKnown({ state, slot }: Inside): boolean {
  const isWaitedFor = slot.pending && !slot.quiet
  const isInUse = state.ending === undefined && !state.unaccepted
  return !isWaitedFor && isInUse && isWithin(state, state.readAt, state.options.recheck ?? 60)
}

/** What can be handed out without waiting; with `refreshAhead`, begins a renewal that nobody waits for. */
export function current(at: Inside): Token | undefined {
  const { state, slot } = at
  const { refreshAhead } = state.options
  const token = state.grant?.tokens[slot.key]
  if (!token || !isKnown(at) || !usable(at, token)) return undefined
  if (refreshAhead && !slot.quiet && !isBackingOff(state) && !usable(at, token, refreshAhead)) {
    slot.quiet = true
    sharedRenewal(at, { cause: 'ahead', stale: token.access_token }).catch(error => tellUnseen(state, error))
  }
  return token
}
