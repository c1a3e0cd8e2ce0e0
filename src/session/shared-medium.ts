import { isOAuthError, oauthError } from '../errors.js'
import { mediumError } from '../locks/medium-error.js'
import { identify } from './connection.js'
import { locked } from './critical-section.js'
import { emit } from './events.js'
import { pause } from './medium.js'
import { isLogOut, learn, lookAgainIn, noteVersion, noteWritten, outdateReads, takeOver } from './record.js'
import type { Backlog, Lease, Medium, RefusedWrite, State } from './state.js'
import type { Lock, StoredGrant } from './stored-grant.js'

/*
 * The medium of stores that other tabs, processes or machines write too. Reads and writes fail, a write that
 * failed may have gone through, replicas lag behind, and a lock may be lost. A grant that the store does not
 * take lives on in memory and is written as soon as that goes; the version decides whose write stands.
 */

/** Created on need: a session without trouble and without a subscription has none. */
function backlogOf(state: { backlog?: Backlog }): Backlog {
  state.backlog ??= {}
  return state.backlog
}

/** The grant is stored, or a newer one is. */
function forgetUnsaved(state: State): void {
  if (state.backlog) backlogOf(state).unsaved = undefined
}

/** Asks the store; again if the grant changed meanwhile, because the answer may be outdated. */
async function ask(state: State): Promise<StoredGrant | undefined> {
  for (;;) {
    const { revision } = state.record
    const stored = await state.store.get(state.key, error => emit(state, 'error', { error }))
    if (revision === state.record.revision) return stored
  }
}

// Ends the subscription of a session that was dropped without `close()`.
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
  lookAgainIn(state)
  read(state).catch(error => emit(state, 'error', { error }))
}

/** Listens to the writes of others, without keeping the session alive. */
function subscribe(state: State): void {
  const { store, key, backlog } = state
  if (!store.subscribe || backlog?.unsubscribe) return
  const stop = store.subscribe(key, onNotice(weakly(state)))
  backlogOf(state).unsubscribe = stop
  dropped?.register(state, stop)
}

/** Waits for the lock in the background, to write the unsaved grant. */
function flushLater(state: State): void {
  const backlog = backlogOf(state)
  backlog.flushing ??= locked(state, () => readLocked(state))
    .catch(() => {})
    .finally(() => {
      backlog.flushing = undefined
    })
  lookAgainIn(state, 1)
}

/** A record whose version is not below that of the unsaved grant. */
const newerThan = (unsaved: StoredGrant, stored: StoredGrant | undefined) =>
  stored && stored.version >= unsaved.version ? stored : undefined

/** True if the unsaved grant must replace the stored one. */
function mustFlush({ backlog }: State, stored: StoredGrant | undefined): boolean {
  const { unsaved, spent } = backlog ?? {}
  if (!unsaved) return false
  const newer = newerThan(unsaved, stored)
  if (!newer) return true
  if (newer.ended || newer.grantId !== unsaved.grantId) return false
  // A log-out wins over a later renewal, and a stored refresh token that was spent is useless.
  return (
    isLogOut(unsaved.ended?.reason) || (newer.refresh_token !== undefined && newer.refresh_token === spent)
  )
}

/** Writes the unsaved grant under the lock; returns the stored grant afterwards. */
async function flush(state: State, unsaved: StoredGrant, stored: StoredGrant | undefined) {
  const backlog = backlogOf(state)
  const newer = newerThan(unsaved, stored)
  const next = newer ? { ...unsaved, version: newer.version + 1 } : unsaved
  // Noted first, because a write that fails may still arrive.
  backlog.unsaved = next
  noteVersion(state, newer?.version ?? 0)
  const now = (await state.store.set(state.key, next)) === false ? await ask(state) : next
  outdateReads(state)
  return now
}

/** Takes over the stored grant: it is the unsaved one, or a newer one. */
function takeRead(state: State, stored: StoredGrant | undefined): void {
  const unsaved = state.backlog?.unsaved
  const isLost = !!unsaved && !isSameGrant(stored, unsaved)
  forgetUnsaved(state)
  learn(state, stored, isLost)
}

async function read(state: State): Promise<void> {
  subscribe(state)
  await identify(state).catch(() => {})
  let stored: StoredGrant | undefined
  try {
    stored = await ask(state)
  } catch (error) {
    if (state.backlog?.unsaved) return
    throw mediumError('OAUTH_STORE_READ', error, 'store')
  }
  // Another process may be renewing: use the grant in memory until we hold the lock.
  if (mustFlush(state, stored)) flushLater(state)
  else takeRead(state, stored)
}

async function readLocked(state: State): Promise<void> {
  subscribe(state)
  await identify(state)
  let isSeen = false
  let stored: StoredGrant | undefined
  try {
    stored = await ask(state)
    isSeen = true
    if (mustFlush(state, stored)) stored = await flush(state, state.backlog?.unsaved as StoredGrant, stored)
  } catch (error) {
    // The refresh token in memory may be spent, unless the store was read and has no newer one.
    if (state.backlog?.unsaved && isSeen) return
    throw mediumError('OAUTH_STORE_READ', error, 'store')
  }
  takeRead(state, stored)
}

/** Deletes an unreadable record, because it must not prevent a sign-in or a log-out. */
async function readToReplace(state: State): Promise<void> {
  try {
    await readLocked(state)
  } catch (error) {
    if (!isOAuthError(error, 'OAUTH_STORE_VALUE')) throw error
    try {
      await state.store.delete(state.key)
    } catch (failure) {
      throw mediumError('OAUTH_STORE_WRITE', failure, 'store')
    }
  }
}

/** True when both are the same state of the same grant: nothing was renewed or ended in between. */
function isSameGrant(a: StoredGrant | undefined, b: StoredGrant): boolean {
  const isSameVersion = a?.grantId === b.grantId && a.version === b.version
  if (!isSameVersion || a.refresh_token !== b.refresh_token || !a.ended !== !b.ended) return false
  return Object.keys(b.tokens).every(key => a.tokens[key]?.access_token === b.tokens[key]?.access_token)
}

/** True if the end of this grant is on its way into the store: a renewal must not bring the grant back. */
const isEndUnsaved = ({ backlog }: State, { grantId }: StoredGrant): boolean =>
  !!backlog?.unsaved?.ended && backlog.unsaved.grantId === grantId

/** A record on its way into the store. */
interface Writing {
  next: StoredGrant
  /** True while no other process can know its id. */
  readonly isNew: boolean
  /** What the store did not take before. */
  readonly unsaved: StoredGrant | undefined
}

/** Writes once. A failed write may have arrived: this one, or the one before. */
async function writeOnce(state: State, writing: Writing): Promise<'written' | 'written before' | 'newer'> {
  const { store, key } = state
  const { isNew, unsaved } = writing
  while ((await store.set(key, writing.next)) === false) {
    const { next } = writing
    const stored = await store.get(key)
    if (isSameGrant(stored, next)) break
    // Our write arrived late, and other processes have written newer versions.
    if (isNew && stored?.grantId === next.grantId) return 'written before'
    const isUnsavedInTheWay = unsaved && isSameGrant(stored, unsaved) && next.version <= unsaved.version
    if (!isUnsavedInTheWay) return 'newer'
    noteVersion(state, unsaved.version)
    writing.next = { ...next, version: unsaved.version + 1 }
  }
  return 'written'
}

/** Takes over the written grant. */
function noteOutcome(state: State, outcome: 'written' | 'written before', written: StoredGrant): void {
  const isKnownNewer = written.version < state.record.version
  if (outcome === 'written before' || !isKnownNewer) forgetUnsaved(state)
  if (outcome === 'written') noteWritten(state, written)
  else lookAgainIn(state)
}

async function write(state: State, grant: StoredGrant, lease: Lease, spent?: string): Promise<boolean> {
  const { count } = state.ending
  if (spent) backlogOf(state).spent = spent
  const isNew = grant.grantId !== state.record.grant?.grantId
  const writing: Writing = { next: grant, isNew, unsaved: state.backlog?.unsaved }
  // An end replaces the grant.
  const isEnded = () => !grant.ended && (count !== state.ending.count || isEndUnsaved(state, grant))
  if (isEnded()) return false
  let failure: unknown
  // Once even without the lock: the version protects a newer grant.
  for (let attempt = 0; !attempt || (attempt < 4 && !lease.signal.aborted); attempt++) {
    if (attempt) await pause(attempt)
    try {
      const outcome = await writeOnce(state, writing)
      if (outcome === 'newer' || (outcome === 'written' && isEnded())) return false
      noteOutcome(state, outcome, writing.next)
      return true
    } catch (error) {
      failure = error
    }
  }
  if (isEnded()) return false
  keepInMemory(state, writing.next, failure)
  return true
}

/** Keeps a grant that the store did not take, to be written as soon as that goes. */
function keepInMemory(state: State, next: StoredGrant, failure: unknown): void {
  // Keep the version one above the stored one, so that a concurrent write by another process wins.
  takeOver(state, next, true)
  backlogOf(state).unsaved = next
  lookAgainIn(state, 1)
  emit(state, 'error', { error: mediumError('OAUTH_STORE_WRITE', failure, 'store') })
}

/**
 * True where the only thing in the way of a write is our own: a write that was thought lost, or a token
 * beside this one. The refresh token that was spent is still the stored one.
 */
function isOwnWriteInTheWay(stored: StoredGrant, { base, key, isRotated }: RefusedWrite): boolean {
  if (!base || stored.ended || stored.grantId !== base.grantId) return false
  if (stored.refresh_token !== base.refresh_token) return false
  return isRotated || stored.tokens[key]?.access_token === base.tokens[key]?.access_token
}

async function writeAgain(state: State, refused: RefusedWrite, lease: Lease) {
  const { grant, isEnded, rebase } = refused
  try {
    await readLocked(state)
  } catch (error) {
    if (!refused.isRenewable || isEnded() || isEndUnsaved(state, grant)) throw error
    // The stored grant is unknown, and the new refresh token must not be lost.
    keepInMemory(state, grant, error)
    return grant
  }
  const { grant: stored } = state.record
  if (isEnded() || !stored || !isOwnWriteInTheWay(stored, refused)) return undefined
  const again = rebase(stored)
  return (await write(state, again, lease)) ? again : undefined
}

async function close(state: State): Promise<void> {
  const backlog = backlogOf(state)
  try {
    if (backlog.unsaved) await locked(state, () => readLocked(state))
  } finally {
    backlog.unsubscribe?.()
    backlog.unsubscribe = undefined
  }
  if (backlog.unsaved) throw oauthError('OAUTH_STORE_WRITE', 'inProcessOnly')
}

/** The medium of a store that is guarded by `lock`. */
export const sharedMedium = (lock: Lock): Medium => ({
  lock,
  read,
  readLocked,
  readToReplace,
  write,
  writeAgain,
  close,
})
