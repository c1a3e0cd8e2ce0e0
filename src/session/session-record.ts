import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import { noBackOff } from './back-off.js'
import { isForeign, issuerOf } from './grant-owner.js'
import { livesOf, watchEnd } from './lives.js'
import { isSamePerson } from './person.js'
import {
  contextOf,
  discard,
  emit,
  type Lease,
  locked,
  randomOf,
  renewalsOver,
  type State,
} from './session-state.js'
import { expiresWithin, type StoredGrant, type Token } from './stored-grant.js'

/**
 * So many APIs beside its own a grant remembers, with their tokens: a record that grew with each would make
 * every write slower.
 */
export const MAX_APIS = 100

// tells two grants apart, guards nothing: so it may come from Math.random where there is no crypto
const newGrantId = (state: State): string => {
  try {
    return Array.from(randomOf(state.options)(12), byte => byte.toString(36)).join('')
  } catch {
    return Math.random().toString(36).slice(2)
  }
}

/** True for a session that is over because somebody wanted that, in the words of OAuth 2 or OAuth 1. */
export const isLogOut = (reason?: string) => reason === 'revoked' || reason === 'signed_out'

// a driver's error may show the command it failed with, and with it the tokens: only its name is told
const storeError = (code: 'OAUTH_STORE_READ' | 'OAUTH_STORE_WRITE', error: unknown) => {
  if (isOAuthError(error)) return error
  const { code: reason, name } = Object(error) as { code?: string; name?: string }
  return oauthError(code, 'store', { problem: reason ?? name })
}

/**
 * Takes over what is stored, and tells when it ended; `superseded` when what is known never got into the
 * store.
 */
function adopt(state: State, stored: StoredGrant | undefined, superseded?: boolean): void {
  const known = state.grant
  // nothing new, or a replica that lags behind
  if (!superseded && (stored ? stored.grantId === known?.grantId && stored.version <= known.version : !known))
    return
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
 * Notices that another sign-in is stored in place of the one that is known here: another tab's, another
 * process's. Requests wait for the application's consent unless it is the same person; a store that many
 * people share has a key for each.
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

/**
 * Asks the store; again if something was learnt while the answer was under way, which may be older than that.
 */
async function look(state: State): Promise<StoredGrant | undefined> {
  for (;;) {
    const { learnt } = state
    const stored = await state.store.get(state.key, error => emit(state, 'error', { error }))
    if (learnt === state.learnt) return stored
  }
}

// a session that was dropped, not closed: what it subscribed to does not keep it alive, and hears of its end
const dropped = /* @__PURE__ */ (() =>
  typeof FinalizationRegistry === 'function'
    ? new FinalizationRegistry<() => void>(stop => stop())
    : undefined)()

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

/** Waits until it is known whose the session is: that may stand in the server's metadata alone. */
async function identify(state: State, holding: boolean | undefined): Promise<void> {
  if (typeof state.options.server !== 'function' || issuerOf(state)) return
  const identified = contextOf(state)
  await (holding ? identified : identified.catch(() => {}))
}

/** Looks at the store again a second from now, not with the next regular look. */
function lookSoon(state: State): void {
  state.readAt = state.clock() - (state.options.recheck ?? 60) + 1
}

/** Waits for the lock, in the background, to write what the store did not take. */
function flushLater(state: State): void {
  state.flushing ??= locked(state, () => load(state, true))
    .catch(() => {})
    .finally(() => {
      state.flushing = undefined
    })
  lookSoon(state)
}

/** Writes what the store did not take before, holding the lock; answers what is stored then. */
async function flush(state: State, unsaved: StoredGrant, newer: StoredGrant | undefined) {
  const next = newer ? { ...unsaved, version: newer.version + 1 } : unsaved
  // noted before it is tried: a write that fails may go through all the same
  state.unsaved = next
  state.version = Math.max(state.version, newer?.version ?? 0)
  const stored = (await state.store.set(state.key, next)) === false ? await look(state) : next
  // a look that is under way may have missed it
  state.learnt++
  return stored
}

/**
 * What is stored, after what had to be written first was; nothing where what is in memory serves until the
 * lock is had.
 */
async function readStore(
  state: State,
  holding: boolean | undefined,
): Promise<{ stored: StoredGrant | undefined } | undefined> {
  let seen = false
  try {
    const stored = await look(state)
    seen = true
    const { unsaved } = state
    const newer = stored && unsaved && stored.version >= unsaved.version ? stored : undefined
    const isWaiting = unsaved && (!newer || outlives(state, unsaved, newer))
    if (!isWaiting) return { stored }
    if (holding) return { stored: await flush(state, unsaved, newer) }
    // not into the middle of somebody's renewal
    flushLater(state)
    return undefined
  } catch (error) {
    // under the lock what is in memory may be spent already: only what was seen in the store is good enough
    if (state.unsaved && (seen || !holding)) return undefined
    throw storeError('OAUTH_STORE_READ', error)
  }
}

/** True for a record of another issuer, client or version. */
function isNotOurs(state: State, { v, issuer, client_id }: StoredGrant): boolean {
  const isOfAnotherIssuer = issuer && isForeign(state, issuer)
  const isOfAnotherClient = client_id && client_id !== state.options.client?.client_id
  return v !== 1 || !!isOfAnotherIssuer || !!isOfAnotherClient
}

/** Takes over what was read. */
function learn(state: State, stored: StoredGrant | undefined): void {
  const superseded = !!state.unsaved && !isSameGrant(stored, state.unsaved)
  state.unsaved = undefined
  state.version = Math.max(state.version, Number(stored?.version) || 0)
  state.foreign = !!stored && isNotOurs(state, stored)
  state.readAt = state.clock()
  if (state.foreign) {
    emit(state, 'error', { error: oauthError('OAUTH_STORE_VALUE', 'foreign') })
    return
  }
  const before = state.grant
  adopt(state, stored, superseded)
  // a sign-in of this session's own that never got into the store is not another's
  if (!superseded && state.grant === stored) noticeChange(state, before, stored)
}

/**
 * Reads the store; while `holding` the lock, first writes what it did not take before.
 * @throws OAuthError `OAUTH_STORE_READ`
 */
export async function load(state: State, holding?: boolean): Promise<void> {
  state.unsubscribe ??= subscribe(state)
  await identify(state, holding)
  const read = await readStore(state, holding)
  if (read) learn(state, read.stored)
}

/**
 * True where what was not stored yet stands, though something of a later version of the same grant is stored
 * by now.
 */
function outlives(
  { spent }: State,
  unsaved: StoredGrant,
  { grantId, ended, refresh_token }: StoredGrant,
): boolean {
  if (ended || grantId !== unsaved.grantId) return false
  // who logged out stays out, though somebody has renewed the grant since; and nobody can renew with what was
  // spent
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

/** A record on its way into the store. */
interface Writing {
  next: StoredGrant
  /** Whether nobody else can know its id. */
  readonly isNew: boolean
  /** What the store did not take before. */
  readonly unsaved: StoredGrant | undefined
}

/** Writes once; a write that failed may have gone through all the same: this one, or the one before. */
async function write(state: State, writing: Writing): Promise<'written' | 'written before' | 'newer'> {
  const { store, key } = state
  const { isNew, unsaved } = writing
  while ((await store.set(key, writing.next)) === false) {
    const { next } = writing
    const stored = await store.get(key)
    if (isSameGrant(stored, next)) break
    // it was stored, and others went on from there
    if (isNew && stored?.grantId === next.grantId) return 'written before'
    const isUnsavedInTheWay = unsaved && isSameGrant(stored, unsaved) && next.version <= unsaved.version
    if (!isUnsavedInTheWay) return 'newer'
    state.version = unsaved.version
    writing.next = { ...next, version: unsaved.version + 1 }
  }
  return 'written'
}

/**
 * Takes over what was written; if that came so late that others went on from there, theirs is known by now.
 */
function noteWritten(state: State, written: StoredGrant): void {
  if (written.version < state.version) return
  state.unsaved = undefined
  state.version = written.version
  adopt(state, written, true)
  state.readAt = state.clock()
}

/**
 * Writes `grant`, holding the lock; false when something newer is stored. What cannot be written lives on in
 * memory.
 */
export async function save(state: State, grant: StoredGrant, lease: Lease): Promise<boolean> {
  const { epoch, unsaved } = state
  const writing: Writing = { next: grant, isNew: grant.grantId !== state.grant?.grantId, unsaved }
  // an end goes over it
  const isEndedMeanwhile = () => epoch !== state.epoch && !grant.ended
  let failure: unknown
  // once also without the lock: the version guards what is newer
  for (let attempt = 0; !attempt || (attempt < 4 && !lease.signal.aborted); attempt++) {
    if (attempt) await pause(attempt)
    try {
      const outcome = await write(state, writing)
      if (outcome === 'newer') return false
      if (outcome === 'written before') {
        state.unsaved = undefined
        state.readAt = Number.NEGATIVE_INFINITY
        return true
      }
      if (isEndedMeanwhile()) return false
      noteWritten(state, writing.next)
      return true
    } catch (error) {
      failure = error
    }
  }
  if (isEndedMeanwhile()) return false
  keepInMemory(state, writing.next, failure)
  return true
}

/** A grant that the store does not take lives on in memory, and is written as soon as that goes. */
export function keepInMemory(state: State, next: StoredGrant, failure: unknown): void {
  // its version stays that of the one place behind what is stored: if others write meanwhile, theirs stands
  adopt(state, next, true)
  state.unsaved = next
  lookSoon(state)
  emit(state, 'error', { error: storeError('OAUTH_STORE_WRITE', failure) })
}

/**
 * The record for a token that arrived: `base` is the grant that it continues, if any, and `version` what was
 * in the store when the server was asked, so that whatever was written since stands.
 */
export function compose(
  state: State,
  key: string,
  token: Token,
  base?: StoredGrant,
  refreshed?: boolean,
  version = state.version,
): StoredGrant {
  const {
    refresh_token = refreshed ? base?.refresh_token : undefined,
    id_token = base?.id_token,
    ...access
  } = token
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
  const others = Object.entries(tokens).filter(
    ([other, token]) => other !== key && !expiresWithin(token, 0, now),
  )
  return Object.fromEntries(others.slice(-MAX_APIS))
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

/**
 * Reads the store for somebody who replaces what is in it: a value that nobody can read is in nobody's way.
 */
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

/** An ending under way. */
interface Ending {
  readonly reason: string
  /** What was known when it began. */
  readonly known: StoredGrant | undefined
  before: StoredGrant | undefined
  isReplaced: boolean
}

/** Reads what there is to end; false where nobody knows. */
async function readToEnd(state: State, { before }: Ending): Promise<boolean> {
  try {
    await loadToReplace(state)
    return true
  } catch (error) {
    emit(state, 'error', { error: error as OAuthError })
    return !!before
  }
}

/**
 * Writes the end. It is refused, under the lock, only where that was lost, or where what is stored could not
 * be read.
 */
async function writeEnd(state: State, ending: Ending, lease: Lease): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (attempt) await pause(attempt)
    if (!(await readToEnd(state, ending))) continue
    // what another client or another person stored is not this session's to end
    if (state.foreign) return true
    ending.isReplaced = isAnothers(state, ending.known)
    if (ending.isReplaced) return false
    ending.before = state.grant ?? ending.before
    if (await bury(state, ending.reason, lease)) return true
  }
  return false
}

/**
 * Ends the session here at once and then in the store; answers what was stored before, and `failure` if the
 * store neither took the end nor will take it later: the session is then over for this process alone.
 */
export async function end(
  state: State,
  reason: string,
  /** True where the caller revokes what renewals under way brought, and answers for it. */
  revokesLeftOver = false,
): Promise<EndedGrant> {
  insistOnWriting(state)
  const { grant: known } = state
  const ending: Ending = { reason, known, before: known, isReplaced: false }
  state.epoch++
  state.ending = reason
  let cause: unknown
  let isWritten: boolean
  try {
    isWritten = await locked(state, lease => writeEnd(state, ending, lease))
  } catch (error) {
    cause = error
    // ended all the same; the store is told as soon as it can be
    isWritten = await writeEnd(state, ending, { signal: AbortSignal.abort() })
    emit(state, 'error', { error: storeError('OAUTH_STORE_WRITE', error) })
  }
  await renewalsOver(state)
  // refresh tokens that may be good
  const leftOver = state.leftOver.splice(0)
  if (!revokesLeftOver) for (const token of leftOver) discard(state, token)
  const { before, isReplaced } = ending
  if (isWritten) {
    state.ending = undefined
    return { before, leftOver }
  }
  const details = { cause: isOAuthError(cause) ? cause : undefined }
  const failure = oauthError(
    'OAUTH_STORE_WRITE',
    isReplaced ? 'signedInMeanwhile' : 'endNotKept',
    {},
    details,
  )
  return { before, leftOver, failure }
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
