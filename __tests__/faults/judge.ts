import { inspect } from 'node:util'
import { isOAuthError } from '../../src/errors.js'
import { expiresWithin, type StoredGrant } from '../../src/session/stored-grant.js'
import type { Server } from './server.js'
import {
  type Actor,
  EPOCH,
  type Family,
  type Judge,
  MARK,
  type Rotation,
  type Section,
  type ServerCall,
  type World,
} from './world-types.js'

/**
 * Renewals that failed are not repeated sooner than this (seconds): the shortest pause of the session's
 * back-off.
 */
const SHORTEST_PAUSE = 0.5

/** Makes the judge of a world: it knows what really happened and what each session can know. */
export function makeJudge(world: Omit<World, 'judge'>, server: () => Server): Judge {
  const { time, profile } = world
  const flying = new Set<ServerCall>()
  const sections = new Set<Section>()
  const rotations = new Map<string, Rotation>()
  const byNewToken = new Map<string, Rotation>()
  const everStored = new Set<string>()
  /** How often the store was asked to take an access token. */
  const tries = new Map<string, number>()
  /** How often the store was asked to take the end of a grant. */
  const endTries = new Map<string, number>()
  /** Families that somebody began to log out of, and those whose end is stored. */
  const leaving = new Set<Family>()
  const over = new Set<Family>()
  /** Families whose log-out succeeded, but is not stored yet. */
  const left = new Map<Family, Actor>()
  const losses: Record<string, number> = {}
  let endings = 0
  /**
   * A write came through that nobody's lock guarded: of a process that had died, or one that had given up
   * before.
   */
  let lateWrite = false
  /** How often a write of this was tried in vain. */
  const failures = new Map<string, number>()

  const judge: Judge = {
    violation: undefined as Judge['violation'],
    losses,
    fail(kind, detail) {
      if (judge.violation) return
      ;(judge as { violation: Judge['violation'] }).violation = { kind, detail }
      time.note(`VIOLATION: ${kind}: ${detail}`)
    },

    enter(section) {
      if (section.lost() && !section.process.jumped)
        judge.fail('a lease that had run out', `${section.process.name} goes in with it`)
      section.process.lostLease ||= section.lost()
      for (const other of sections) {
        if (other.process.alive && !other.lost() && !section.lost())
          judge.fail('two inside the lock', `${section.process.name} and ${other.process.name}`)
      }
      time.note('enters the critical section')
      sections.add(section)
    },
    exit(section) {
      section.process.lostLease ||= section.lost()
      time.note(`leaves the critical section${section.lost() ? ', whose lease was lost' : ''}`)
      sections.delete(section)
      for (const rotation of rotations.values()) {
        const { call } = rotation
        if (call.section !== section || rotation.answer !== 'delivered' || rotation.saved || section.lost())
          continue
        const record = world.record()
        const replaced =
          !call.family ||
          leaving.has(call.family) ||
          record?.ended ||
          server().familyOf(record?.refresh_token) !== call.family
        if (!replaced && call.actor.state.backlog?.unsaved?.refresh_token !== rotation.to)
          judge.fail(
            'a rotated token dropped',
            `${call.actor.name} left the lock without having stored ${rotation.to}`,
          )
      }
    },
    sectionOf(process) {
      let found: Section | undefined
      for (const section of sections) if (section.process === process && !found?.lost()) found = section
      return found
    },

    sending(call) {
      const { actor, section } = call
      const lost = !!section?.lost()
      if (call.grantType !== 'password') {
        if (profile.lock !== 'none' && !section)
          judge.fail('no lock', `${actor.name} asks for a token outside the lock`)
        for (const other of flying) {
          const same = call.family ? other.family === call.family : other.grantType === call.grantType
          if (same && other.actor.process.alive && !lost && !other.section?.lost())
            judge.fail('two renewals', `${actor.name} asks while ${other.actor.name} waits for an answer`)
        }
      }
      flying.add(call)
      if (call.grantType !== 'password' && !lost) judgeNeed(call)
    },
    answered(call, outcome) {
      flying.delete(call)
      if (call.grantType === 'password') return
      if (outcome === 'failed' || outcome === 'aborted')
        call.actor.failure = { at: time.now, revision: call.actor.state.record.revision }
      if (outcome === 'aborted')
        judge.fail('an aborted refresh', `${call.actor.name} gave up a refresh that was sent`)
    },
    rotated(rotation) {
      rotations.set(rotation.from, rotation)
      byNewToken.set(rotation.to, rotation)
    },
    rotationOf: token => rotations.get(token),
    reused(call, rotation) {
      const reason = excuse(rotation) ?? excuseOfSender(call)
      if (reason) losses[reason] = (losses[reason] ?? 0) + 1
      else
        judge.fail(
          'a refresh token spent twice',
          `${call.actor.name} sent ${rotation.from}, which had become ${rotation.to}`,
        )
      return `reuse: ${reason ?? 'a violation'}`
    },
    revokedByClient(actor, family) {
      const record = world.record()
      if (
        !record?.ended &&
        server().familyOf(record?.refresh_token) === family &&
        !leaving.has(family) &&
        !actor.leaving
      )
        judge.fail(
          'a grant in use revoked',
          `${actor.name} revoked family ${family.id}, which is stored and alive`,
        )
    },

    written(process, before, next) {
      if (next.version <= (before?.version ?? 0))
        judge.fail('a version that does not grow', `${next.version}`)
      const rotation = byNewToken.get(next.refresh_token ?? '')
      if (rotation) {
        const outside = rotation.call.section ? !rotation.call.section.open : rotation.tries > 4
        rotation.late ||= !rotation.saved && (process?.alive === false || outside)
        rotation.saved = true
      }
      const section = process && judge.sectionOf(process)
      const unguarded = profile.lock !== 'none' && process && (!section || section.lost())
      // only a log-out does without the lock, when it waited for it in vain
      if (profile.lock !== 'none' && process?.alive && !section && !next.ended)
        judge.fail('a write without the lock', `${process.name} stores version ${next.version}`)
      if (process?.alive === false || unguarded || (failures.get(JSON.stringify(next)) ?? 0) >= 4)
        lateWrite = true
      for (const token of Object.values(next.tokens)) everStored.add(token.access_token)
      const from = familyOf(before)
      if (next.ended) {
        endings++
        if (from) over.add(from)
        if (next.ended.reason === 'invalid_grant') judgeEnd(before, process?.name ?? '')
        else if (next.ended.reason !== 'revoked')
          judge.fail(
            'an end without a reason',
            `${process?.name} stores that the session ended: ${next.ended.reason}`,
          )
        return
      }
      const to = familyOf(next)
      if (to && over.has(to))
        judge.fail(
          'a session that came back',
          `${process?.name} stored a token of family ${to.id} after its end`,
        )
      if (before?.refresh_token && next.refresh_token && from === to) {
        const [old, young] = [before.refresh_token, next.refresh_token].map(token =>
          server().generation(token),
        ) as [number, number]
        if (young < old)
          judge.fail(
            'a newer token overwritten',
            `${process?.name} put ${next.refresh_token} in the place of ${before.refresh_token}`,
          )
      }
      for (const [slot, { access_token }] of Object.entries(lateWrite || from !== to ? {} : next.tokens)) {
        const old = before?.tokens[slot]?.access_token
        if (old && server().issued(access_token) < server().issued(old))
          judge.fail(
            'a newer token overwritten',
            `${process?.name} put ${access_token} in the place of ${old}`,
          )
      }
      if (to) to.tried ??= time.steps
      if (!lateWrite && from?.tried && to?.tried && from.tried > to.tried && !from.dead && !before?.ended) {
        // the later sign-in gives way only to one that was under way
        const made = byNewToken.has(next.refresh_token ?? '')
        if (made)
          judge.fail(
            'a newer sign-in overwritten',
            `${process?.name} stored a renewal of family ${to.id} over family ${from.id}`,
          )
      }
    },
    tried(next) {
      if (next.ended) endTries.set(next.grantId, (endTries.get(next.grantId) ?? 0) + 1)
      const rotation = byNewToken.get(next.refresh_token ?? '')
      if (rotation) rotation.tries++
      for (const { access_token } of Object.values(next.tokens))
        tries.set(access_token, (tries.get(access_token) ?? 0) + 1)
    },
    notWritten(next) {
      if (next.ended) endings++
      const family = familyOf(next)
      if (family) family.tried ??= time.steps
      const text = JSON.stringify(next)
      failures.set(text, (failures.get(text) ?? 0) + 1)
    },
    handedOut(actor, accessToken, from) {
      const unsaved = actor.process.actors.some(({ state }) =>
        Object.values(state.backlog?.unsaved?.tokens ?? {}).some(token => token.access_token === accessToken),
      )
      // what the store refused four times may be replaced by a new sign-in before its caller gets it
      const refusedByStore = (tries.get(accessToken) ?? 0) >= 4
      if (!everStored.has(accessToken) && !unsaved && !refusedByStore && !actor.process.lostLease)
        judge.fail('handed out before it was stored', `${from} of ${actor.name} answered ${accessToken}`)
      if (actor.refused.has(accessToken) && !actor.pardoned.has(accessToken))
        judge.fail('a refused token', `${from} of ${actor.name} answered ${accessToken}`)
    },
    apiSending(actor, accessToken) {
      if (actor.refused.has(accessToken) && !actor.pardoned.has(accessToken))
        judge.fail('a refused token', `${actor.name} sends a request with ${accessToken}`)
    },
    logout(actor) {
      endings++
      for (const grant of [world.record(), actor.state.record.grant, actor.state.backlog?.unsaved]) {
        const family = familyOf(grant)
        if (family) leaving.add(family)
      }
    },
    loggedOut(actor, seen) {
      const record = world.record()
      const family = familyOf(seen)
      if (!family || family !== familyOf(record) || record?.ended || actor.process.lostLease) return
      // what the store does not take is written as soon as it can be: the end, or a sign-in since
      const unsaved = actor.state.backlog?.unsaved
      actor.backIn = false
      if (unsaved?.ended) {
        // of another grant than it knew, nobody promised anything
        if (unsaved.grantId === record?.grantId) left.set(family, actor)
      } else if (!unsaved)
        judge.fail(
          'a log-out that was lost',
          `${actor.name} was told that it is out, and family ${family.id} is stored`,
        )
    },
    finish() {
      const record = world.record()
      const family = familyOf(record)
      const actor = family && left.get(family)
      if (actor?.process.alive && !actor.backIn && record && !record.ended)
        judge.fail(
          'a log-out that was lost',
          `${actor.name} was told that it is out, and family ${family?.id} is stored to the end`,
        )
    },
    isLost({ refresh_token = '' }) {
      const rotation = rotations.get(refresh_token)
      return !!server().familyOf(refresh_token)?.dead || (!!rotation && !!excuse(rotation))
    },
    ended(actor, reason) {
      if (reason === 'invalid_grant' && !endings) judgeEnd(world.record(), actor.name)
      else if (!endings) judge.fail('an end without a reason', `${actor.name} says ${reason}`)
      endings++
    },

    shown(what, value) {
      const cause = (value as { cause?: unknown } | undefined)?.cause
      const texts = [
        inspect(value, { depth: 6, showHidden: true }),
        String(value),
        JSON.stringify(value) ?? '',
        cause && inspect(cause),
      ]
      if (texts.some(text => String(text).includes(MARK)))
        judge.fail('a secret shown', `${what}: ${texts[0]}`)
    },
    rejected(actor, what, error) {
      judge.shown(`the error of ${what}`, error)
      if (!isOAuthError(error)) {
        return judge.fail('an error that is none of ours', `${what} of ${actor.name}: ${error}`)
      }
      time.note(`${what} fails: ${error.code} ${error.error ?? ''}`)
      const { code } = error
      // without a reason of its own it knows of no end
      const reason = error.error !== 'changed' && endings > 0
      if (code === 'OAUTH_SESSION_ENDED' && !reason && !actor.process.lostLease)
        judge.fail('an end without a reason', `${what} of ${actor.name}: ${error.message}`)
      if (code === 'OAUTH_INTERACTION_REQUIRED' && !endings && profile.signedIn)
        judge.fail('an end without a reason', `${what} of ${actor.name}: ${error.message}`)
    },
  }

  const familyOf = (grant: StoredGrant | undefined): Family | undefined =>
    server().familyOf(grant?.refresh_token ?? Object.values(grant?.tokens ?? {})[0]?.access_token)

  /** Why the new refresh token of a rotation could get lost, or had to be. */
  function excuse(rotation: Rotation): string | undefined {
    const { call, saved, late, answer, tries } = rotation
    if (call.section?.lost()) return 'the lease was lost'
    if (late) return tries >= 4 ? 'the store took no write' : 'the holder died before it could save'
    if (saved) return undefined
    if (answer === 'lost') return 'the answer was lost'
    if (!call.actor.process.alive) return 'the holder died before it could save'
    // of a session that a person left meanwhile, the end is stored in place of the token
    const { unsaved } = call.actor.state.backlog ?? {}
    const endTried = unsaved?.ended ? (endTries.get(unsaved.grantId) ?? 0) : 0
    if (Math.max(tries, endTried) >= 4) return 'the store took no write'
    return undefined
  }
  function excuseOfSender({ actor, section, over }: ServerCall): string | undefined {
    if (over) return 'the request came after its sender had given up'
    if (!actor.process.alive) return 'the request came after its sender had died'
    return section?.lost() ? 'the lease was lost' : undefined
  }

  /** A renewal must be of the stored token, needed, and not too soon after one that failed. */
  function judgeNeed({ actor, refreshToken, slot }: ServerCall) {
    const { state, process } = actor
    const record = world.record()
    const unsaved = process.actors.some(other => other.state.backlog?.unsaved)
    // who waited for the lock in vain logs out without it, in the middle of a renewal
    if (unsaved || lateWrite || record?.ended?.reason === 'revoked') return
    if (refreshToken && refreshToken !== record?.refresh_token)
      judge.fail(
        'a stale refresh token',
        `${actor.name} sends ${refreshToken}, but ${record?.refresh_token} is stored`,
      )
    const { failure } = actor
    if (
      failure &&
      state.record.revision === failure.revision &&
      !process.jumped &&
      time.now - failure.at < SHORTEST_PAUSE - 1e-3
    )
      judge.fail(
        'a renewal without a pause',
        `${actor.name} asks again ${(time.now - failure.at).toFixed(3)} s after a failure`,
      )
    const token = record?.tokens[slot]
    if (!token || actor.forced || process.jumped || actor.refused.has(token.access_token)) return
    const clock = EPOCH + time.now + process.skew
    const ahead = Math.min(
      state.options.refreshAhead ?? 0,
      (token.expires_in || Number.POSITIVE_INFINITY) / 4,
    )
    if (!expiresWithin(token, state.options.leeway ?? 60, clock + ahead))
      judge.fail(
        'a needless renewal',
        `${actor.name} renews ${token.access_token}, which is stored, fresh and was never refused to it`,
      )
  }

  /** `invalid_grant` ends a session only when no refresh token is left that works. */
  function judgeEnd(record: StoredGrant | undefined, who: string) {
    const token = record?.refresh_token
    const family = server().familyOf(token)
    if (!token || !family || family.dead) return
    const rotation = rotations.get(token)
    if (!rotation) judge.fail('an end without a reason', `${who} ends the session although ${token} is good`)
    else if (!excuse(rotation))
      judge.fail('an end without a reason', `${who} ends the session although ${rotation.to} is good`)
    else {
      const reason = excuse(rotation) as string
      losses[reason] = (losses[reason] ?? 0) + 1
    }
  }

  return judge
}
