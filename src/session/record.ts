import { oauthError } from '../errors.js'
import { forgetFailures } from './back-off.js'
import { isForeign, issuerOf, randomOf } from './connection.js'
import { emit } from './events.js'
import { livesOf, watchEnd } from './lives.js'
import { isSamePerson } from './person.js'
import type { GrantRecord, State } from './state.js'
import { expiresWithin, type StoredGrant, type Token } from './stored-grant.js'

/**
 * A grant remembers tokens for so many APIs beside its own: each makes the record, and every write, longer.
 */
export const MAX_APIS = 100

/** A record of which nothing is known. */
export const noRecord = (): GrantRecord => ({
  grant: undefined,
  version: 0,
  readAt: Number.NEGATIVE_INFINITY,
  revision: 0,
  foreign: false,
  unaccepted: false,
  owners: undefined,
})

/** Notes which grant a token belongs to that is no longer, or not yet, in the record. */
export function noteOwner({ record }: State, token: Token, grantId: string): void {
  const own: GrantRecord = record
  own.owners ??= new WeakMap()
  own.owners.set(token, grantId)
}

/** The grant that a token belongs to, where it is known. */
export function ownerOf({ record: { grant, owners } }: State, token: Token): string | undefined {
  const isCurrent = grant && Object.values(grant.tokens).includes(token)
  return isCurrent ? grant.grantId : owners?.get(token)
}

/**
 * Takes over a grant, and tells listeners when the one before it ended. Without `force` only a newer one: a
 * replica may lag behind.
 */
export function takeOver(state: State, stored: StoredGrant | undefined, force = false): void {
  const record: GrantRecord = state.record
  const known = record.grant
  const isOld = stored ? stored.grantId === known?.grantId && stored.version <= known.version : !known
  if (isOld && !force) return
  record.grant = stored
  record.revision++
  watchEnd(state)
  // Another grant may allow what this one did not.
  forgetFailures(state, stored?.grantId === known?.grantId ? [] : undefined)
  for (const token of Object.values(known?.tokens ?? {}))
    noteOwner(state, token, (known as StoredGrant).grantId)
  const isOver = !stored || stored.ended
  if (known && !known.ended && isOver) emit(state, 'ended', { reason: stored?.ended?.reason ?? 'deleted' })
}

/**
 * Notices that another sign-in is stored in place of the one that is known here: another tab's, another
 * process's. Requests wait for the application's consent unless it is the same person. A store that many
 * users share has a key for each.
 */
function noticeChange(state: State, before: StoredGrant | undefined, after: StoredGrant | undefined): void {
  const isAnother = before && after && !after.ended && before.grantId !== after.grantId
  // An unattended grant belongs to no person.
  if (!isAnother || state.options.grant) return
  const sameUser = state.store.shared || isSamePerson(before, after)
  // After a log-out the page shows no person's data.
  if (!before.ended) setUnaccepted(state, !sameUser)
  emit(state, 'changed', { sameUser })
}

/** Says whether the application still has to accept that another person signed in. */
export function setUnaccepted(state: State, unaccepted: boolean): void {
  const record: GrantRecord = state.record
  record.unaccepted = unaccepted
}

/** True for a record of another issuer, client or format. */
function isNotOurs(state: State, { v, issuer, client_id }: StoredGrant): boolean {
  const isOfAnotherIssuer = issuer && isForeign(state, issuer)
  const isOfAnotherClient = client_id && client_id !== state.options.client?.client_id
  return v !== 1 || !!isOfAnotherIssuer || !!isOfAnotherClient
}

/** Takes over the stored grant. `isLost`: the grant in memory never reached the store. */
export function learn(state: State, stored: StoredGrant | undefined, isLost = false): void {
  const record: GrantRecord = state.record
  const before = record.grant
  noteVersion(state, Number(stored?.version) || 0)
  record.foreign = !!stored && isNotOurs(state, stored)
  record.readAt = state.clock()
  if (record.foreign) {
    emit(state, 'error', { error: oauthError('OAUTH_STORE_VALUE', 'foreign') })
    return
  }
  takeOver(state, stored, isLost)
  // An own sign-in that never reached the store is not another person's.
  if (!isLost && record.grant === stored) noticeChange(state, before, stored)
}

/** Notes the version of a record that was seen in the store. */
export function noteVersion({ record }: State, version: number): void {
  const own: GrantRecord = record
  own.version = Math.max(own.version, version)
}

/** Takes over the written grant, unless the write was so late that a newer version is known. */
export function noteWritten(state: State, written: StoredGrant): void {
  const record: GrantRecord = state.record
  if (written.version < record.version) return
  noteVersion(state, written.version)
  takeOver(state, written, true)
  record.readAt = state.clock()
}

/** Has the store asked again after so many seconds, or at once. */
export function lookAgainIn(state: State, seconds = Number.NEGATIVE_INFINITY): void {
  const record: GrantRecord = state.record
  record.readAt = state.clock() - (state.options.recheck ?? 60) + seconds
}

/** Makes reads under way ask once more, because their answer may be older than a write. */
export function outdateReads({ record }: State): void {
  const own: GrantRecord = record
  own.revision++
}

// The id only distinguishes grants, so Math.random is enough where crypto is missing.
const newGrantId = (state: State): string => {
  try {
    return Array.from(randomOf(state.options)(12), byte => byte.toString(36)).join('')
  } catch {
    return Math.random().toString(36).slice(2)
  }
}

/**
 * The record for a token that arrived: `base` is the grant that it continues, if any, and `version` the
 * version in the store when the server was asked, so that a later write by another process stands.
 */
export function compose(
  state: State,
  key: string,
  token: Token,
  base?: StoredGrant,
  refreshed?: boolean,
  version = state.record.version,
): StoredGrant {
  const now = state.clock()
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
    ...livesOf(token, now, base),
    tokens: {
      ...kept(base?.tokens, key, now),
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

/** True for a session that was ended on purpose, in the words of OAuth 2 or OAuth 1.0a. */
export const isLogOut = (reason?: string): boolean => reason === 'revoked' || reason === 'signed_out'

/** The record of a session that is over: no token is left in it. */
export function endedRecord(state: State, reason: string): StoredGrant {
  const { refresh_token, tokens, id_token, refresh_expires_at, session_ends_at, ...rest } =
    state.record.grant ?? compose(state, '', { access_token: '' })
  return {
    ...rest,
    version: state.record.version + 1,
    tokens: {},
    // A hint for the next sign-in of the same person, but not after a log-out.
    ...(id_token && !isLogOut(reason) && { id_token }),
    ended: { reason, at: state.clock() },
  }
}

/** @throws OAuthError `OAUTH_STORE_WRITE` where what would be asked of the server could not be stored */
export function insistOnWriting({ store }: State): void {
  if (store.readOnly) throw oauthError('OAUTH_STORE_WRITE', 'readOnly')
}
