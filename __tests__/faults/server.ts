import { OAuthError } from '../../src/errors.js'
import type { Send, ServerResponse } from '../../src/server/call.js'
import type { StoredGrant } from '../../src/session/stored-grant.js'
import {
  type Actor,
  EPOCH,
  type Family,
  MARK,
  type Process,
  type Rotation,
  type ServerCall,
  type World,
} from './world-types.js'

/** The authorization server: families of tokens, rotation, and an eye for tokens that are spent twice. */
export interface Server {
  /** The transport of one session. */
  sender(actor: () => Actor): Send
  /** A grant that exists when the world begins. */
  first(): StoredGrant
  /** True for an access token that the API may accept. */
  accepts(accessToken: string): boolean
  familyOf(token: string | undefined): Family | undefined
  /** True while the refresh token can be used, or is known to be spent for a reason. */
  isHead(refreshToken: string | undefined): boolean
  /** When this access token was issued: a number that grows. */
  issued(accessToken: string): number
  /** How many rotations lie between the sign-in and this refresh token. */
  generation(refreshToken: string): number
  revokeAccess(): void
  revokeGrants(): void
  kill(family: Family, reason: string): void
  readonly counts: { token: number; refresh: number; reuse: number }
}

interface RefreshRecord {
  family: Family
  generation: number
  spent: Rotation | undefined
}

interface AccessRecord {
  issued: number
  family: Family
  slot: string
  expiresAt: number
  revoked: boolean
}

/** Makes the server of a world. */
export function makeServer(world: World): Server {
  const { time, random, profile, judge } = world
  const secrets = random.fork()
  const refresh = new Map<string, RefreshRecord>()
  const access = new Map<string, AccessRecord>()
  const families: Family[] = []
  let serial = 0
  const secret = (kind: string) =>
    `${MARK}.${kind}${++serial}.${Math.floor(secrets() * 2 ** 40).toString(36)}`
  const counts = { token: 0, refresh: 0, reuse: 0 }

  const newFamily = () => {
    const family: Family = { id: families.length + 1 }
    families.push(family)
    return family
  }
  const kill = (family: Family, reason: string) => {
    if (family.dead) return
    family.dead = reason
    time.note(`family ${family.id} ends: ${reason}`)
    for (const record of access.values()) if (record.family === family) record.revoked = true
  }
  const newAccess = (family: Family, slot: string) => {
    const token = secret('a')
    const expiresAt = time.now + (profile.expiresIn ?? Number.POSITIVE_INFINITY)
    access.set(token, { issued: serial, family, slot, expiresAt, revoked: false })
    return token
  }
  const newRefresh = (family: Family, generation: number) => {
    const token = secret('r')
    refresh.set(token, { family, generation, spent: undefined })
    return token
  }
  const body = (access_token: string, refresh_token?: string) => ({
    access_token,
    token_type: 'Bearer',
    ...(profile.expiresIn && { expires_in: profile.expiresIn }),
    ...(refresh_token && { refresh_token }),
  })

  /** Does what the request asks for; answers status, body and the rotation, if there was one. */
  function handle(call: ServerCall): { status: number; body: unknown; rotation?: Rotation } {
    counts.token++
    if (call.grantType !== 'refresh_token') {
      const family = newFamily()
      time.note(`sign-in: family ${family.id}`)
      const refreshToken = call.grantType === 'password' ? newRefresh(family, 0) : undefined
      return { status: 200, body: body(newAccess(family, ''), refreshToken) }
    }
    counts.refresh++
    const given = call.refreshToken as string
    const record = refresh.get(given)
    const no = { status: 400, body: { error: 'invalid_grant' } }
    if (!record || record.family.dead) return no
    const { family, generation } = record
    if (record.spent) {
      counts.reuse++
      const reason = judge.reused(call, record.spent)
      if (profile.reuse === 'revoke') kill(family, reason)
      return no
    }
    if (profile.revokesOldAccess)
      for (const old of access.values())
        if (old.family === family && old.slot === call.slot) old.revoked = true
    const rotate = profile.rotate === 'always' || (profile.rotate === 'sometimes' && random.happens(0.5))
    const accessToken = newAccess(family, call.slot)
    if (!rotate) {
      // some servers repeat the token, some leave it out
      return { status: 200, body: body(accessToken, random.happens(0.5) ? given : undefined) }
    }
    const to = newRefresh(family, generation + 1)
    const rotation: Rotation = {
      from: given,
      to,
      call,
      answer: 'flying',
      saved: false,
      late: false,
      tries: 0,
    }
    record.spent = rotation
    call.rotation = rotation
    judge.rotated(rotation)
    return { status: 200, body: body(accessToken, to), rotation }
  }

  function revoke(actor: Actor, token: string) {
    const family = refresh.get(token)?.family
    if (family) {
      judge.revokedByClient(actor, family)
      kill(family, 'revoked by the client')
    }
    const record = access.get(token)
    if (record) record.revoked = true
  }

  const trouble = () => {
    if (world.calm) return undefined
    if (time.now < world.serverDown) return random.pick(['unavailable', 'reset'] as const)
    for (const [name, rate] of Object.entries(profile.faults.token)) {
      if (rate > 0 && random.happens(rate)) return name as keyof typeof profile.faults.token
    }
    return undefined
  }
  const delay = () =>
    random.happens(0.3) ? 0 : random() * (!world.calm && random.happens(profile.faults.slowness) ? 8 : 0.2)

  const sender =
    (of: () => Actor): Send =>
    request =>
      new Promise((resolve, reject) => {
        const actor = of()
        const { process } = actor
        const form = Object.fromEntries(request.body)
        const isToken = request.endpoint === 'token'
        const call: ServerCall = {
          actor,
          section: judge.sectionOf(process),
          grantType: isToken ? (form.grant_type ?? '') : '',
          refreshToken: isToken ? form.refresh_token : undefined,
          family: refresh.get(form.refresh_token ?? '')?.family,
          slot: form.resource ? `${form.resource} ` : '',
          over: false,
        }
        const name = isToken
          ? `token request (${call.grantType} ${call.refreshToken ?? ''})`
          : `${request.endpoint} request`
        time.note(`${name} leaves`)
        if (isToken) judge.sending(call)
        const finish = (outcome: 'ok' | 'refused' | 'failed' | 'aborted', act: () => void) => {
          if (call.over) return
          call.over = true
          if (outcome !== 'ok' && call.rotation) call.rotation.answer = 'lost'
          time.cancel(timer)
          if (isToken) judge.answered(call, outcome)
          act()
        }
        const fail = (text: string) =>
          finish('failed', () =>
            reject(new OAuthError('OAUTH_SERVER_UNAVAILABLE', `The server did not answer (${text}).`)),
          )
        const answer = (
          wait: number,
          status: number,
          content: unknown,
          headers: Record<string, string> = {},
          rotation?: Rotation,
        ) => {
          if (!process.alive) return
          time.after(wait, process, `answer to ${name}: ${status}`, () =>
            finish(status < 300 ? 'ok' : status < 500 ? 'refused' : 'failed', () => {
              if (rotation) rotation.answer = 'delivered'
              const response: ServerResponse = {
                status,
                header: header => headers[header.toLowerCase()],
                body: typeof content === 'string' ? content : JSON.stringify(content),
              }
              resolve(response)
            }),
          )
        }
        const lose = (wait: number) => {
          if (process.alive)
            time.after(wait, process, `answer to ${name} is lost`, () => fail('connection reset'))
        }
        const timer = time.after(request.timeout ?? 30, process, `${name} times out`, () => fail('timeout'))
        request.signal?.addEventListener('abort', () =>
          finish('aborted', () => reject(new OAuthError('OAUTH_ABORTED', 'Aborted.'))),
        )

        const kind = trouble()
        const [out, back] = [delay(), delay()]
        if (kind === 'reset') {
          time.after(out, process, `${name} never arrives`, () => fail('connection reset'))
          return
        }
        time.after(
          kind === 'slow' ? out + random() * 60 : out,
          undefined,
          `${name} of ${actor.name} arrives`,
          () => {
            if (!isToken) {
              revoke(actor, form.token ?? '')
              return answer(back, 200, '')
            }
            const patience = { 'retry-after': '2' }
            if (kind === 'unavailable')
              return answer(back, 503, 'Service Unavailable', random.happens(0.3) ? patience : {})
            if (kind === 'html')
              return answer(back, 200, `<html><p>Please sign in ${form.refresh_token ?? ''}</p>`)
            if (kind === 'refused') return answer(back, 401, { error: 'invalid_client' })
            const { status, body: content, rotation } = handle(call)
            if (rotation && call.over) rotation.answer = 'lost'
            if (kind === 'lost') return lose(back)
            if (kind === 'gateway') return answer(back, 502, '<h1>Bad Gateway</h1>')
            answer(back, status, content, {}, rotation)
          },
        )
      })

  return {
    sender,
    counts,
    kill,
    first() {
      const family = newFamily()
      return {
        v: 1,
        grantId: 'first',
        version: 1,
        issuer: 'https://as.example',
        client_id: 'app',
        refresh_token: newRefresh(family, 0),
        tokens: {
          '': {
            ...body(newAccess(family, '')),
            ...(profile.expiresIn && { expires_at: EPOCH + time.now + profile.expiresIn }),
          },
        },
      }
    },
    accepts(token) {
      const record = access.get(token)
      return !!record && !record.revoked && !record.family.dead && record.expiresAt > time.now
    },
    familyOf: token => (token ? (refresh.get(token) ?? access.get(token))?.family : undefined),
    isHead(token) {
      const record = token ? refresh.get(token) : undefined
      return !!record && !record.spent && !record.family.dead
    },
    issued: token => access.get(token)?.issued ?? 0,
    generation: token => refresh.get(token)?.generation ?? 0,
    revokeAccess() {
      time.note('the server revokes all access tokens')
      for (const record of access.values()) record.revoked = true
    },
    revokeGrants() {
      for (const family of families) kill(family, 'revoked by the server')
    },
  }
}

/** A process that has just been born. */
export const newProcess = (name: string, skew: number): Process => ({
  name,
  alive: true,
  frozenUntil: 0,
  skew,
  jumped: false,
  lostLease: false,
  actors: [],
})
