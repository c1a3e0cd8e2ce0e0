import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import type { Grant } from '../grants/grant.js'
import { refreshGrant } from '../grants/refresh.js'
import { traceRenewal } from '../lib/diagnostics.js'
import type { ServerCallOptions } from '../server/call.js'
import { kindOfRefusal } from '../server/refusal.js'
import { grantedToken } from '../server/token-response.js'
import { backOffAfter, forgetFailures, throwWhileBackingOff } from './back-off.js'
import { discard } from './connection.js'
import { insistOnLease, insistOnLock, locked } from './critical-section.js'
import { isEnding, leaveToLogOut, storeEnd } from './ending.js'
import { emit } from './events.js'
import { grantContext, grantError, tokenEndpoint } from './grant-context.js'
import { idTokenGate } from './id-tokens.js'
import { outlived } from './lives.js'
import { compose, insistOnWriting, noteOwner, ownerOf } from './record.js'
import { forgetRefused } from './refusals.js'
import type { SessionEvents } from './session-options.js'
import { endedError, usableOrThrow } from './standing.js'
import { isFresh, type Lease, type Outcome, type SessionView, type State } from './state.js'
import type { StoredGrant, Token } from './stored-grant.js'

/** Why a renewal runs. */
export interface Reason {
  cause: SessionEvents['renewed']['cause']
  /** The access token that must not be the answer. */
  stale: string | undefined
  call?: ServerCallOptions | undefined
}

/** The server's token, and the grant that it continues. */
interface Received {
  token: Token
  isRefresh: boolean
  base: StoredGrant | undefined
  /** The version in the store when the server was asked: a later write by another process stands. */
  version: number
}

/**
 * Checks the ID token of a refresh. One that cannot be checked for now: the tokens are not used, but the old
 * refresh token is spent, so the new one is kept.
 * @throws the error of the check
 */
async function admitRefreshed({ state }: SessionView, got: Received, lease: Lease): Promise<Token> {
  const { token, version } = got
  const base = got.base as StoredGrant
  try {
    return await idTokenGate(state).admit(token, { previous: base.id_token })
  } catch (error) {
    const { refresh_token } = token
    if (refresh_token && !isOAuthError(error, 'OAUTH_ID_TOKEN_INVALID'))
      await state.medium.write(state, { ...base, refresh_token, version: version + 1 }, lease)
    throw error
  }
}

/** Spends the refresh token of `base`. */
async function refresh(
  view: SessionView,
  base: StoredGrant,
  lease: Lease,
  call?: ServerCallOptions,
): Promise<Received> {
  const { state, slot } = view
  const { version } = state.record
  const refresh_token = base.refresh_token as string
  insistOnLease(lease)
  insistOnWriting(state)
  const requestedAt = state.clock()
  // the last look at the lock is immediately before the bytes leave: client authentication and hooks may take
  // long
  const endpoint = tokenEndpoint(state, call, () => insistOnLease(lease))
  const answer = await (state.options.refresh
    ? state.options.refresh({ ...grantContext(view), refresh_token })
    : endpoint(refreshGrant(refresh_token, slot)))
  const got = { token: grantedToken(answer, requestedAt), isRefresh: true, base, version }
  return { ...got, token: await admitRefreshed(view, got, lease) }
}

/** Runs the unattended grant. */
async function runGrant(view: SessionView, lease: Lease, call?: ServerCallOptions): Promise<Received> {
  const { state } = view
  const { grant: base, version } = state.record
  insistOnLock(lease)
  const endpoint = tokenEndpoint(state, call, () => insistOnLease(lease))
  const gate = idTokenGate(state)
  const answer = await (state.options.grant as Grant)(endpoint, grantContext(view, gate))
  const token = await gate.admit(grantedToken(answer, state.clock()))
  return { token, isRefresh: false, base, version }
}

const isOver = ({ options }: State, error: unknown) => kindOfRefusal(error, options.endedBy) === 'over'

/** The grant whose refresh token can be spent next; nothing where only the unattended grant is left. */
function refreshable(state: State, spent: string | undefined): StoredGrant | undefined {
  const { options, store, record } = state
  const { grant } = record
  const mayRefresh = !(options.grant && (store.readOnly || outlived(state)))
  return mayRefresh && grant?.refresh_token && grant.refresh_token !== spent ? grant : undefined
}

/** Reads the store again: another process may have renewed the grant. */
async function lookAgain(view: SessionView, stale: string | undefined): Promise<Outcome | undefined> {
  await view.state.medium.readLocked(view.state)
  return usableOrThrow(view, stale)
}

/** True if no other refresh token is stored than the refused one, and no unattended grant can replace it. */
const isExhausted = ({ record, options }: State, refused: StoredGrant): boolean =>
  record.grant?.refresh_token === refused.refresh_token && !options.grant

/** Refreshes, or runs the unattended grant: the part of the critical section that asks the server. */
async function acquire(
  view: SessionView,
  lease: Lease,
  { stale, call }: Reason,
): Promise<Outcome | Received> {
  const { state } = view
  let spent: string | undefined
  for (let base = refreshable(state, spent); base; base = refreshable(state, spent)) {
    try {
      return await refresh(view, base, lease, call)
    } catch (cause) {
      const error = grantError(cause, 'refresh')
      if (!isOver(state, error)) throw error
      insistOnLock(lease)
      if (spent === undefined) await state.medium.readLocked(state)
      const found = usableOrThrow(view, stale)
      if (found) return found
      if (isExhausted(state, base)) throw error
      spent = base.refresh_token
    }
  }
  return runGrant(view, lease, call).catch(error => {
    throw grantError(error)
  })
}

/** The refresh token that the server took in exchange for another one. */
const spentFor = ({ token, base, isRefresh }: Received): string | undefined =>
  isRefresh && isRotated({ token, base }) ? base?.refresh_token : undefined

/** True where the server gave another refresh token than the one that is continued. */
const isRotated = ({ token, base }: Pick<Received, 'token' | 'base'>): boolean =>
  token.refresh_token !== undefined && token.refresh_token !== base?.refresh_token

/** Stores the server's token; returns the stored grant, or `undefined` if a newer one is stored. */
async function storeRenewed(
  view: SessionView,
  got: Received,
  count: number,
  lease: Lease,
): Promise<StoredGrant | undefined> {
  const { state, slot } = view
  const { token, isRefresh, base, version } = got
  const isEnded = () => count !== state.ending.count
  const grant = compose(state, slot.key, token, base, isRefresh, version)
  forgetRefused(slot, token)
  if (!isEnded() && (await state.medium.write(state, grant, lease, spentFor(got)))) return grant
  if (isEnding(state)) return undefined
  const refused = {
    grant,
    base,
    key: slot.key,
    isRotated: isRotated(got),
    isRenewable: !!token.refresh_token,
    isEnded,
    rebase: (onto: StoredGrant) => compose(state, slot.key, token, onto, isRefresh),
  }
  return state.medium.writeAgain(state, refused, lease)
}

/** The session was ended, or another sign-in was stored, while the server made this token. */
async function afterDefeat(view: SessionView, got: Received, stale: string | undefined, lease: Lease) {
  const { state } = view
  const { token, base } = got
  const { reason } = state.ending
  if (reason !== undefined) {
    leaveToLogOut(state, { ...base, ...token })
    // the stored refresh token may be spent: the next process that gets the lock must not use it
    await storeEnd(state, reason, lease, spentFor(got))
  } else if (state.record.grant?.grantId !== base?.grantId || state.record.grant?.ended) discard(state, token)
  const newer = usableOrThrow(view, stale)
  if (newer) return newer
  throw oauthError('OAUTH_STORE_WRITE', 'writtenMeanwhile')
}

/** Ends a grant that is over, unless a newer one is stored. */
async function endGrant(
  view: SessionView,
  failure: OAuthError,
  stale: string | undefined,
  lease: Lease,
): Promise<Outcome> {
  const { state } = view
  const reason = isOAuthError(failure, 'OAUTH_ID_TOKEN_INVALID') ? 'id_token_invalid' : 'invalid_grant'
  if (await storeEnd(state, failure.error ?? reason, lease)) throw endedError(state)
  const newer = await lookAgain(view, stale)
  if (newer) return newer
  throw failure
}

/** After a failed renewal: ends the grant if it is over, else pauses renewals. */
async function afterFailure(
  view: SessionView,
  failure: OAuthError,
  stale: string | undefined,
  lease: Lease,
): Promise<Outcome> {
  const { state } = view
  const { grant: unattended } = state.options
  // an unattended grant is asked again; a refresh that answers for another person is the end
  const isUnattended = unattended && !state.record.grant?.refresh_token
  const isForAnother = isOAuthError(failure, 'OAUTH_ID_TOKEN_INVALID') && !isUnattended
  const isGrantOver = isForAnother || (isOver(state, failure) && !unattended)
  if (isGrantOver) return endGrant(view, failure, stale, lease)
  // a mistake of the program is told to every caller, as often as it happens
  if (!isOAuthError(failure, 'OAUTH_INVALID_OPTION')) backOffAfter(view, failure)
  throw failure
}

/** The session reached the end that the server had announced. */
const outlivedError = (reason: string) =>
  oauthError('OAUTH_SESSION_ENDED', 'ended', { reason }, { error: reason })

/** The critical section: read the store again → still needed? → refresh, or run the grant → save. */
async function renewLocked(view: SessionView, reason: Reason, lease: Lease): Promise<Outcome> {
  const { state, slot } = view
  const { stale, cause } = reason
  const found = await lookAgain(view, stale)
  if (found) return found
  const past = state.options.grant ? undefined : outlived(state)
  if (past) return endGrant(view, outlivedError(past), stale, lease)
  throwWhileBackingOff(view)
  const { count } = state.ending
  const started = state.clock()
  let renewed: StoredGrant | undefined
  try {
    const got = await acquire(view, lease, reason)
    if (!('isRefresh' in got)) return got
    renewed = await storeRenewed(view, got, count, lease)
    if (!renewed) return await afterDefeat(view, got, stale, lease)
  } catch (error) {
    return afterFailure(view, error as OAuthError, stale, lease)
  }
  const token = renewed.tokens[slot.key] as Token
  if (!ownerOf(state, token)) noteOwner(state, token, renewed.grantId)
  forgetFailures(state, [slot])
  emit(state, 'renewed', { duration: state.clock() - started, cause })
  emit(state, 'token', { scope: token.scope, expires_at: token.expires_at })
  return { token, renewed: true }
}

/** lock → read the store again → still needed? → refresh, or run the grant → save → unlock */
async function renew(view: SessionView, reason: Reason): Promise<Outcome> {
  const { state } = view
  const isEndKnown = state.record.grant?.ended && isFresh(state)
  if (!isEndKnown) await state.medium.read(state)
  const found = usableOrThrow(view, reason.stale)
  if (found) return found
  throwWhileBackingOff(view)
  return traceRenewal(state, { protocol: 'oauth2', cause: reason.cause }, () =>
    locked(state, lease => renewLocked(view, reason, lease)),
  )
}

/**
 * The one renewal that all callers share: begun, or joined. With `isAhead` the old token is used meanwhile.
 */
export function sharedRenewal(view: SessionView, reason: Reason, isAhead = false): Promise<Outcome> {
  const { slot } = view
  if (!slot.renewal) {
    const outcome = renew(view, reason).finally(() => {
      slot.renewal = undefined
    })
    slot.renewal = { outcome, isAhead }
  } else if (!isAhead) slot.renewal.isAhead = false
  return slot.renewal.outcome
}
