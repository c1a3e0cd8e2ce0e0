import { isOAuthError, OAuthError } from '../errors.js'
import type { Grant } from '../grants/grant.js'
import { refreshGrant } from '../grants/refresh.js'
import type { ServerCallOptions } from '../server/call.js'
import { grantedToken } from '../server/token-response.js'
import { grantContext, grantError, tokenEndpoint } from './grant-context.js'
import type { SessionEvents } from './session-options.js'
import { bury, compose, insistOnWriting, load, save } from './session-record.js'
import {
  discard,
  emit,
  type Found,
  type Inside,
  isWithin,
  type Lease,
  locked,
  type Slot,
  type State,
} from './session-state.js'
import { expiresWithin, type StoredGrant, type Token } from './stored-grant.js'

const endedError = (state: State): OAuthError => {
  const reason = state.ending ?? state.grant?.ended?.reason ?? 'changed'
  return new OAuthError('OAUTH_SESSION_ENDED', `The session has ended (${reason}): sign in again.`, { error: reason })
}

const isBackingOff = (state: State) => isWithin(state, state.failedAt, state.retryAt - state.failedAt)

/** True for a token that no API refused and that lasts longer than the leeway, by `ahead` (seconds) at least. */
export const usable = ({ state, slot }: Inside, token: Token | undefined, ahead = 0): boolean =>
  !!token &&
  !slot.refused.includes(token.access_token) &&
  !expiresWithin(token, state.options.leeway ?? 60, state.clock() + Math.min(ahead, (token.expires_in || 1 / 0) / 4))

/** What can be handed out of that which is known, if it is not `stale`. @throws when the session has ended or nobody can get a token */
function settle(at: Inside, stale?: string): Found | undefined {
  const { state, slot } = at
  const { grant, options } = state
  if (state.ending !== undefined || grant?.ended) throw endedError(state)
  const token = grant?.tokens[slot.key]
  if (token && usable(at, token) && token.access_token !== stale) return { token }
  if (!grant?.refresh_token && !options.grant) {
    throw new OAuthError(
      'OAUTH_INTERACTION_REQUIRED',
      token
        ? 'The token cannot be used any more and there is no refresh token: sign in again.'
        : 'There is no token: sign in with fetchToken(), or give the session a `grant`.',
    )
  }
  return undefined
}

/** Who lost the lock may be in somebody else's renewal: the refresh token is theirs to spend, and a refusal says nothing. */
const insistOnLock = (lease: Lease) => {
  if (lease.signal.aborted) throw new OAuthError('OAUTH_LOCK_TIMEOUT', 'The lock was lost: try again.')
}

/** Refreshes, or runs the unattended grant: the part of the critical section that asks the server. */
async function acquire(
  at: Inside,
  lease: Lease,
  stale?: string,
  call?: ServerCallOptions,
): Promise<
  { found: Found } | { received: Token; refreshed?: boolean; base: StoredGrant | undefined; version: number }
> {
  const { state, slot } = at
  const { options } = state
  const endpoint = tokenEndpoint(state, call)
  for (let spent: string | undefined; ; ) {
    const { grant: base, version } = state
    const refresh_token = base?.refresh_token
    if (!refresh_token || refresh_token === spent || (options.grant && state.store.readOnly)) break
    insistOnLock(lease)
    insistOnWriting(state)
    try {
      const received = await endpoint(refreshGrant(refresh_token, slot))
      const { id_token, access_token } = received
      try {
        if (id_token) await grantContext(at).validateIdToken?.(id_token, { access_token, previous: base.id_token })
      } catch (error) {
        // nobody can say now whether it is good: the tokens are not used, but what was spent for them is gone
        const next = received.refresh_token
        if (next && !isOAuthError(error, 'OAUTH_ID_TOKEN_INVALID'))
          await save(state, { ...base, refresh_token: next, version: version + 1 }, lease)
        throw error
      }
      return { received, refreshed: true, base, version }
    } catch (error) {
      if (!isOAuthError(error, 'OAUTH_SERVER_REFUSED') || error.error !== 'invalid_grant') throw grantError(error)
      insistOnLock(lease)
      // somebody else may have renewed it: theirs is good, ours was spent
      if (!spent) await load(state, true)
      const found = settle(at, stale)
      if (found) return { found }
      if (state.grant?.refresh_token === refresh_token && !options.grant) throw error
      spent = refresh_token
    }
  }
  const { grant: base, version } = state
  try {
    const answer = await (options.grant as Grant)(endpoint, grantContext(at))
    return { received: grantedToken(answer, state.clock()), base, version }
  } catch (error) {
    const failure = grantError(error)
    // a wrong password does not become right by asking again
    if (failure.code === 'OAUTH_SERVER_REFUSED') state.retryAt = 1 / 0
    throw failure
  }
}

/** lock → read the store again → still needed? → refresh, or run the grant → save → unlock */
async function renew(
  at: Inside,
  stale: string | undefined,
  cause: SessionEvents['renewed']['cause'],
  call?: ServerCallOptions,
): Promise<Found> {
  const { state, slot } = at
  const { clock, options } = state
  const backOff = () => {
    if (isBackingOff(state)) throw state.failure
  }
  if (!state.grant?.ended || !isWithin(state, state.readAt, options.recheck ?? 60)) await load(state)
  const known = settle(at, stale)
  if (known) return known
  backOff()
  return locked(state, async lease => {
    await load(state, true)
    const found = settle(at, stale)
    if (found) return found
    backOff()
    const { epoch } = state
    const started = clock()
    let next: StoredGrant
    try {
      const got = await acquire(at, lease, stale, call)
      if ('found' in got) return got.found
      const { received, refreshed, base, version } = got
      next = compose(state, slot.key, received, base, refreshed, version)
      // a server may hand out the very token again
      slot.refused = slot.refused.filter(refused => refused !== received.access_token)
      let saved = epoch === state.epoch && (await save(state, next, lease))
      if (!saved && state.ending === undefined) {
        await load(state, true)
        const { grant } = state
        // nobody spent what was spent here: what is in the way is a write that was thought lost, or a token beside it
        const rotated = received.refresh_token !== undefined && received.refresh_token !== base?.refresh_token
        if (
          epoch === state.epoch &&
          grant &&
          base &&
          !grant.ended &&
          grant.grantId === base.grantId &&
          grant.refresh_token === base.refresh_token &&
          (rotated || grant.tokens[slot.key]?.access_token === base.tokens[slot.key]?.access_token)
        ) {
          next = compose(state, slot.key, received, grant, refreshed)
          saved = await save(state, next, lease)
        }
      }
      if (!saved) {
        // the session was ended, or somebody else signed in, while the server made this token
        if (state.grant?.grantId !== next.grantId || state.grant.ended || state.ending !== undefined)
          discard(state, received)
        // what is stored may be the refresh token that was spent just now: not for the next one who holds the lock
        if (state.ending !== undefined) await bury(state, state.ending, lease)
        const newer = settle(at, stale)
        if (newer) return newer
        throw new OAuthError('OAUTH_STORE_WRITE', 'Somebody else wrote to the store meanwhile: try again.')
      }
    } catch (error) {
      const failure = error as OAuthError
      // with an ID token that is not good the grant is not the person's any more
      const over = failure.code === 'OAUTH_ID_TOKEN_INVALID' || (failure.error === 'invalid_grant' && !options.grant)
      if (over) {
        if (!(await bury(state, failure.error ?? 'id_token_invalid', lease))) {
          await load(state, true)
          const newer = settle(at, stale)
          if (newer) return newer
          throw failure
        }
        throw endedError(state)
      }
      // a person who is asked for may be back at any moment
      const wait =
        failure.code === 'OAUTH_INTERACTION_REQUIRED'
          ? 1
          : (failure.retryAfter ?? Math.min(60, 2 ** state.failures++) * (0.5 + Math.random() / 2))
      state.failedAt = clock()
      if (state.retryAt < 1 / 0) state.retryAt = state.failedAt + wait
      state.failure = failure
      throw failure
    }
    const token = next.tokens[slot.key] as Token
    state.owners?.set(token, next.grantId)
    emit(state, 'renewed', { duration: clock() - started, cause })
    emit(state, 'token', { scope: token.scope, expires_at: token.expires_at })
    return { token, renewed: true }
  })
}

/** The one renewal that everybody shares: begun, or joined. */
function pend(
  at: Inside,
  ...rest: [string | undefined, SessionEvents['renewed']['cause'], ServerCallOptions?]
): Promise<Found> {
  const { slot } = at
  slot.pending ??= renew(at, ...rest).finally(() => {
    slot.pending = undefined
    slot.quiet = false
  })
  return slot.pending
}

/** A token other than `rejected`, or than `forced`; asks the application once where a person is needed. */
export async function obtain(at: Inside, rejected?: Token, forced?: Token, call?: ServerCallOptions): Promise<Token> {
  const { state, slot } = at
  const stale = (rejected ?? forced)?.access_token
  if (rejected && !slot.refused.includes(rejected.access_token)) {
    slot.refused = [rejected.access_token, ...slot.refused].slice(0, 4)
  }
  for (let asked = false; ; ) {
    try {
      slot.quiet = false
      const joined = !!slot.pending
      const { token, renewed } = await pend(at, stale, rejected ? 'refused' : forced ? 'forced' : 'expired', call)
      if (rejected && state.owners?.has(rejected) && state.owners.get(rejected) !== state.owners.get(token)) {
        throw new OAuthError(
          'OAUTH_SESSION_CHANGED',
          'Somebody else signed in meanwhile: the request was not sent again.',
        )
      }
      // a shared renewal may have ended with the very token that was refused to this caller
      if (
        (renewed && !(joined && rejected)) ||
        (token.access_token !== stale && !slot.refused.includes(token.access_token))
      )
        return token
    } catch (caught) {
      const error = caught as OAuthError
      const ask = state.options.onInteractionRequired
      const reason =
        error.code === 'OAUTH_INTERACTION_REQUIRED' ? 'no_token' : error.code === 'OAUTH_SESSION_ENDED' && error.error
      if (asked || !ask || !reason) throw error
      asked = true
      state.signIn ??= ask({ reason, error }).finally(() => {
        state.signIn = undefined
      })
      try {
        await state.signIn
        state.retryAt = 0
      } catch (cause) {
        throw new OAuthError('OAUTH_INTERACTION_REQUIRED', 'Signing in failed.', { cause, error: reason })
      }
    }
  }
}

/** The same wait for all who want the same: ten thousand waiters hold one promise. */
export function join(at: Inside, rejected: Token | undefined): Promise<Token> {
  const { slot } = at
  if (!slot.waiting || slot.waiting.rejected !== rejected) {
    const waiting: Slot['waiting'] = {
      rejected,
      token: obtain(at, rejected).finally(() => {
        if (slot.waiting === waiting) slot.waiting = undefined
      }),
    }
    slot.waiting = waiting
  }
  return slot.waiting.token
}

/** What can be handed out without waiting; with `refreshAhead`, begins a renewal that nobody waits for. */
export function current(at: Inside): Token | undefined {
  const { state, slot } = at
  const { options } = state
  const token = state.grant?.tokens[slot.key]
  if (
    !token ||
    (slot.pending && !slot.quiet) ||
    state.ending !== undefined ||
    !isWithin(state, state.readAt, options.recheck ?? 60) ||
    !usable(at, token)
  ) {
    return undefined
  }
  if (options.refreshAhead && !slot.quiet && !isBackingOff(state) && !usable(at, token, options.refreshAhead)) {
    slot.quiet = true
    pend(at, token.access_token, 'ahead').catch(error => emit(state, 'error', { error }))
  }
  return token
}
