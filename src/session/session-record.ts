import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { noBackOff } from './back-off.js'
import { isForeign, issuerOf } from './grant-owner.js'
import { livesOf, watchEnd } from './lives.js'
import { isSamePerson } from './person.js'
import { contextOf, discard, emit, type Lease, locked, randomOf, type State } from './session-state.js'
import { expiresWithin, type StoredGrant, type Token } from './stored-grant.js'

/** A grant keeps so many access tokens for other APIs: a record that grew with every API would make each write slower. */
const MAX_TOKENS = 100

// tells two grants apart, guards nothing: so it may come from Math.random where there is no crypto
const newGrantId = (state: State): string => {
  try {
    return Array.from(randomOf(state.options)(12), byte => byte.toString(36)).join('')
  } catch {
    return Math.random().toString(36).slice(2)
  }
}

/** Somebody wanted it, in the words of OAuth 2 or OAuth 1. */
const isLogOut = (reason?: string) => reason === 'revoked' || reason === 'signed_out'

// a driver's error may show the command it failed with, and with it the tokens: only its name is told
const storeError = (code: 'OAUTH_STORE_READ' | 'OAUTH_STORE_WRITE', error: unknown) => {
  if (isOAuthError(error)) return error
  const { code: reason, name } = Object(error) as { code?: string; name?: string }
  return oauthError(code, 'store', { problem: reason ?? name })
}

/** Takes over what is stored, and tells when it ended; `superseded` when what is known never got into the store. */
function adopt(state: State, stored: StoredGrant | undefined, superseded?: boolean): void {
  const known = state.grant
  // nothing new, or a replica that lags behind
  if (!superseded && (stored ? stored.grantId === known?.grantId && stored.version <= known.version : !known)) return
  state.grant = stored
  state.learnt++
  watchEnd(state)
  state.backOff = noBackOff()
  state.owners ??= new WeakMap()
  for (const token of Object.values(stored?.tokens ?? {})) state.owners.set(token, stored?.grantId as string)
  if (known && !known.ended && (!stored || stored.ended)) {
    emit(state, 'ended', { reason: stored?.ended?.reason ?? 'deleted' })
  }
}

/**
 * Notices that another sign-in is stored in place of the one that is known here: another tab's, another process's. Requests
 * wait for the application's consent unless it is the same person; a store that many people share has a key for each.
 */
function noticeChange(state: State, before: StoredGrant | undefined, after: StoredGrant | undefined): void {
  const isAnother = before && after && !after.ended && before.grantId !== after.grantId
  // an unattended grant belongs to no person
  if (!isAnother || state.options.grant) return
  const sameUser = state.store.shared || isSamePerson(before, after)
  // nobody was signed in here: what is shown belongs to nobody
  if (!before.ended) state.unaccepted = !sameUser
  emit(state, 'changed', { sameUser })
}

/** Asks the store; again if something was learnt while the answer was under way, which may be older than that. */
async function look(state: State): Promise<StoredGrant | undefined> {
  for (;;) {
    const { learnt } = state
    const stored = await state.store.get(state.key, error => emit(state, 'error', { error }))
    if (learnt === state.learnt) return stored
  }
}

// a session that was dropped, not closed: what it subscribed to does not keep it alive, and hears of its end
const dropped = /* @__PURE__ */ (() =>
  typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<() => void>(stop => stop()) : undefined)()

/** A reference that keeps nothing alive, where the platform has such. */
const weakly = (state: State): { deref(): State | undefined } =>
  typeof WeakRef === 'function' ? new WeakRef(state) : { deref: () => state }

/** Looks at the store again, if the session is still there. */
const onNotice = (held: ReturnType<typeof weakly>) => () => {
  const state = held.deref()
  if (!state) return
  state.readAt = Number.NEGATIVE_INFINITY
  load(state).catch(error => emit(state, 'error', { error }))
}

/** Listens to what others write, without keeping the session alive; answers the function that stops. */
function subscribe(state: State): (() => void) | undefined {
  const stop = state.store.subscribe?.(state.key, onNotice(weakly(state)))
  if (stop) dropped?.register(state, stop)
  return stop
}

/**
 * Reads the store; while `holding` the lock, first writes what it did not take before.
 * @throws OAuthError `OAUTH_STORE_READ`
 */
export async function load(state: State, holding?: boolean): Promise<void> {
  const { store, key, options } = state
  state.unsubscribe ??= subscribe(state)
  // whose the session is may be known to the metadata alone
  if (typeof options.server === 'function' && !issuerOf(state)) {
    const identified = contextOf(state)
    await (holding ? identified : identified.catch(() => {}))
  }
  let stored: StoredGrant | undefined
  let seen = false
  try {
    stored = await look(state)
    seen = true
    const { unsaved } = state
    const newer = stored && unsaved && stored.version >= unsaved.version ? stored : undefined
    if (unsaved && (!newer || outlives(state, unsaved, newer))) {
      // not into the middle of somebody's renewal: what is in memory serves until the lock is had
      if (!holding) {
        state.flushing ??= locked(state, () => load(state, true))
          .catch(() => {})
          .finally(() => {
            state.flushing = undefined
          })
        state.readAt = state.clock() - (options.recheck ?? 60) + 1
        return
      }
      const next = newer ? { ...unsaved, version: newer.version + 1 } : unsaved
      // noted before it is tried: a write that fails may go through all the same
      state.unsaved = next
      state.version = Math.max(state.version, newer?.version ?? 0)
      stored = (await store.set(key, next)) === false ? await look(state) : next
      // a look that is under way may have missed it
      state.learnt++
    }
  } catch (error) {
    // under the lock what is in memory may be spent already: only what was seen in the store is good enough
    if (state.unsaved && (seen || !holding)) return
    throw storeError('OAUTH_STORE_READ', error)
  }
  const superseded = !!state.unsaved && !isSameGrant(stored, state.unsaved)
  state.unsaved = undefined
  state.version = Math.max(state.version, Number(stored?.version) || 0)
  state.foreign = false
  if (
    stored &&
    (stored.v !== 1 ||
      (stored.issuer && isForeign(state, stored.issuer)) ||
      (stored.client_id && stored.client_id !== options.client?.client_id))
  ) {
    stored = undefined
    state.foreign = true
    const error = oauthError('OAUTH_STORE_VALUE', 'foreign')
    emit(state, 'error', { error })
  } else {
    const before = state.grant
    adopt(state, stored, superseded)
    // a sign-in of this session's own that never got into the store is not another's
    if (!superseded && state.grant === stored) noticeChange(state, before, stored)
  }
  state.readAt = state.clock()
}

/** True where what was not stored yet stands, though something of a later version of the same grant is stored by now. */
function outlives({ spent }: State, unsaved: StoredGrant, { grantId, ended, refresh_token }: StoredGrant): boolean {
  if (ended || grantId !== unsaved.grantId) return false
  // who logged out stays out, though somebody has renewed the grant since; and nobody can renew with what was spent
  return isLogOut(unsaved.ended?.reason) || (refresh_token !== undefined && refresh_token === spent)
}

/** True when both are the same state of the same grant: nothing was renewed or ended in between. */
const isSameGrant = (a: StoredGrant | undefined, b: StoredGrant): boolean =>
  a?.grantId === b.grantId &&
  a.version === b.version &&
  a.refresh_token === b.refresh_token &&
  !a.ended === !b.ended &&
  Object.keys(b.tokens).every(key => a.tokens[key]?.access_token === b.tokens[key]?.access_token)

const pause = (attempt: number) => new Promise(resolve => setTimeout(resolve, 50 * 4 ** attempt))

/** Writes `next`, holding the lock; false when something newer is stored. What cannot be written lives on in memory. */
export async function save(state: State, grant: StoredGrant, lease: Lease): Promise<boolean> {
  const { store, key, clock, epoch, unsaved } = state
  const isNew = grant.grantId !== state.grant?.grantId
  let next = grant
  let failure: unknown
  // once also without the lock: the version guards what is newer
  for (let attempt = 0; !attempt || (attempt < 4 && !lease.signal.aborted); attempt++) {
    if (attempt) await pause(attempt)
    try {
      while ((await store.set(key, next)) === false) {
        // a write that failed may have gone through all the same: this one, or the one before
        const stored = await store.get(key)
        if (isSameGrant(stored, next)) break
        // nobody else knows its id: it was stored, and others went on from there
        if (isNew && stored?.grantId === next.grantId) {
          state.unsaved = undefined
          state.readAt = Number.NEGATIVE_INFINITY
          return true
        }
        if (!unsaved || !isSameGrant(stored, unsaved) || next.version > unsaved.version) return false
        state.version = unsaved.version
        next = { ...next, version: unsaved.version + 1 }
      }
      // ended while this was written: the end goes over it
      if (epoch !== state.epoch && !next.ended) return false
      // so late that others, who have read it, went on from there: theirs is known by now
      if (next.version >= state.version) {
        state.unsaved = undefined
        state.version = next.version
        adopt(state, next, true)
        state.readAt = clock()
      }
      return true
    } catch (error) {
      failure = error
    }
  }
  // ended while this was tried
  if (epoch !== state.epoch && !next.ended) return false
  keepInMemory(state, next, failure)
  return true
}

/** A grant that the store does not take lives on in memory, and is written as soon as that goes. */
export function keepInMemory(state: State, next: StoredGrant, failure: unknown): void {
  // its version stays that of the one place behind what is stored: if others write meanwhile, theirs stands
  adopt(state, next, true)
  state.unsaved = next
  // asked again soon, not with the next regular look
  state.readAt = state.clock() - (state.options.recheck ?? 60) + 1
  emit(state, 'error', { error: storeError('OAUTH_STORE_WRITE', failure) })
}

/**
 * The record for a token that arrived: `base` is the grant that it continues, if any, and `version` what was in the store when
 * the server was asked, so that whatever was written since stands.
 */
export function compose(
  state: State,
  key: string,
  token: Token,
  base?: StoredGrant,
  refreshed?: boolean,
  version = state.version,
): StoredGrant {
  const { refresh_token = refreshed ? base?.refresh_token : undefined, id_token = base?.id_token, ...access } = token
  const issuer = issuerOf(state)
  const client_id = state.options.client?.client_id
  const scope = access.scope ?? base?.tokens[key]?.scope
  return {
    v: 1,
    grantId: base?.grantId ?? newGrantId(state),
    version: version + 1,
    ...(issuer && { issuer }),
    ...(client_id && { client_id }),
    ...(refresh_token && { refresh_token }),
    ...(id_token && { id_token }),
    ...livesOf(token, state.clock(), base),
    tokens: {
      ...kept(base?.tokens, key, state.clock()),
      ...(access.access_token && { [key]: { ...access, ...(scope && { scope }) } }),
    },
  }
}

/** The other tokens of a grant that are worth keeping: those that last, the newest of them. */
function kept(tokens: StoredGrant['tokens'] = {}, key: string, now: number): StoredGrant['tokens'] {
  const others = Object.entries(tokens).filter(([other, token]) => other !== key && !expiresWithin(token, 0, now))
  return Object.fromEntries(others.slice(-MAX_TOKENS))
}

/** Writes that the session is over, holding the lock. */
export async function bury(state: State, reason: string, lease: Lease): Promise<boolean> {
  const { refresh_token, tokens, id_token, ended, refresh_expires_at, session_ends_at, ...kept } =
    state.grant ?? compose(state, '', { access_token: '' })
  return save(
    state,
    {
      ...kept,
      version: state.version + 1,
      tokens: {},
      // a hint for the next sign-in of the same person; not after a log-out
      ...(id_token && !isLogOut(reason) && { id_token }),
      ended: { reason, at: state.clock() },
    },
    lease,
  )
}

/** Reads the store for somebody who replaces what is in it: a value that nobody can read is in nobody's way. */
export async function loadToReplace(state: State): Promise<void> {
  try {
    await load(state, true)
  } catch (error) {
    if (!isOAuthError(error, 'OAUTH_STORE_VALUE')) throw error
    try {
      await state.store.delete(state.key)
    } catch (failure) {
      throw storeError('OAUTH_STORE_WRITE', failure)
    }
  }
}

/** @throws OAuthError `OAUTH_STORE_WRITE` where what would be asked of the server could not be stored */
export function insistOnWriting({ store }: State): void {
  if (store.readOnly) throw oauthError('OAUTH_STORE_WRITE', 'readOnly')
}

/**
 * Ends the session here at once and then in the store; answers what was stored before, and `failure` if the store neither took
 * the end nor will take it later: the session is then over for this process alone.
 */
export async function end(
  state: State,
  reason: string,
  /** True where the caller revokes what renewals under way brought, and answers for it. */
  revokesLeftOver = false,
): Promise<EndedGrant> {
  insistOnWriting(state)
  const known = state.grant
  let before = known
  let isReplaced = false
  state.epoch++
  state.ending = reason
  const write = async (lease: Lease) => {
    // refused, under the lock, only where it was lost, or where what is stored could not be read
    for (let attempt = 0; attempt < 3; attempt++) {
      if (attempt) await pause(attempt)
      try {
        await loadToReplace(state)
      } catch (error) {
        emit(state, 'error', { error: error as OAuthError })
        // nobody knows what there is to end
        if (!before) continue
      }
      // what another client or another person stored is not this session's to end
      if (state.foreign) return true
      isReplaced = isAnothers(state, known)
      if (isReplaced) return false
      before = state.grant ?? before
      if (await bury(state, reason, lease)) return true
    }
    return false
  }
  let cause: unknown
  let written: boolean
  try {
    written = await locked(state, write)
  } catch (error) {
    cause = error
    // ended all the same; the store is told as soon as it can be
    written = await write({ signal: AbortSignal.abort() })
    emit(state, 'error', { error: storeError('OAUTH_STORE_WRITE', error) })
  }
  // a renewal that was under way may bring a refresh token that is good
  await Promise.all([state.root, ...(state.slots?.values() ?? [])].map(slot => slot.pending?.catch(() => {})))
  const leftOver = state.leftOver.splice(0)
  if (!revokesLeftOver) for (const token of leftOver) discard(state, token)
  if (!written) {
    const details = { cause: isOAuthError(cause) ? cause : undefined }
    const failure = oauthError('OAUTH_STORE_WRITE', isReplaced ? 'signedInMeanwhile' : 'endNotKept', {}, details)
    return { before, leftOver, failure }
  }
  state.ending = undefined
  return { before, leftOver }
}

/** True when another person signed in at the store since the log-out began. */
function isAnothers({ grant, store }: State, known: StoredGrant | undefined): boolean {
  if (!known || known.ended || !grant || grant.ended || store.shared) return false
  return !isSamePerson(known, grant)
}

/** What {@link end} ended. */
export interface EndedGrant {
  /** What was stored before. */
  before: StoredGrant | undefined
  /** What the server gave to renewals that were under way: nothing uses it, and it may be good. */
  leftOver: Partial<Token>[]
  failure?: OAuthError
}
