import { isOAuthError } from '../../src/errors.js'
import { authOf } from '../../src/oauth2/scheme.js'
import { fetchToken, refreshToken } from '../../src/session/fetch-token.js'
import { revokeToken } from '../../src/session/revocation.js'
import type { Token } from '../../src/session/stored-grant.js'
import type { Api } from './api.js'
import type { Actor, Process, World } from './world-types.js'

/** A call that somebody waits for. */
export interface Pending {
  what: string
  process: Process
  settled: boolean
  /** Set when the caller gave up: it must be free at once. */
  abandoned: boolean
}

/** What the people and programs of a world do with their sessions. */
export interface Clients {
  readonly pending: Set<Pending>
  sleep(process: Process, seconds: number): Promise<void>
  /** A few calls, one after the other. */
  live(actor: Actor): Promise<void>
  /** A request of the end: answers its status, or the code of its error. */
  probe(actor: Actor): Promise<number | string>
}

type Action =
  | 'request'
  | 'resource'
  | 'token'
  | 'rejected'
  | 'force'
  | 'authorized'
  | 'close'
  | 'sign in'
  | 'log out'

const mostly: Action[] = [
  'request',
  'request',
  'request',
  'request',
  'token',
  'rejected',
  'rejected',
  'force',
  'authorized',
]
const all: Action[] = [...mostly, ...mostly, 'close', 'sign in', 'log out']

/** A new sign-in. */
export async function signIn(actor: Actor, sameUser: boolean): Promise<Token> {
  const password: Parameters<typeof fetchToken>[1] = endpoint =>
    endpoint({ grant_type: 'password', username: 'anna' })
  const token = await fetchToken(actor.session, password, { sameUser })
  actor.backIn = true
  return token
}

/** Makes the clients of a world. */
export function makeClients(world: World, api: Api): Clients {
  const { time, random, profile, judge } = world
  const pending = new Set<Pending>()
  let requests = 0

  const sleep = (process: Process, seconds: number) =>
    new Promise<void>(resolve => time.after(seconds, process, 'sleeps no more', resolve))

  /** Waits for a call, lets the judge see its error, and perhaps gives up. */
  async function call<T>(
    actor: Actor,
    what: string,
    run: (signal?: AbortSignal) => PromiseLike<T> | T,
  ): Promise<T | undefined> {
    const { process } = actor
    const entry: Pending = { what: `${what} of ${actor.name}`, process, settled: false, abandoned: false }
    pending.add(entry)
    time.note(`${actor.name} calls ${what}`)
    let controller: AbortController | undefined
    let timer: number | undefined
    if (run.length > 0 && !world.calm && random.happens(profile.faults.abort)) {
      controller = new AbortController()
      timer = time.after(random() * random.pick([0.1, 2]), process, `the caller of ${what} gives up`, () => {
        entry.abandoned = true
        controller?.abort()
      })
    }
    try {
      return await run(controller?.signal)
    } catch (error) {
      if (!(error instanceof Error && /^(connection reset|aborted)$/.test(error.message)))
        judge.rejected(actor, what, error)
      return undefined
    } finally {
      entry.settled = true
      pending.delete(entry)
      if (timer !== undefined) time.cancel(timer)
    }
  }

  const give = async (actor: Actor, from: string, token: Token | PromiseLike<Token>) => {
    const got = await token
    judge.handedOut(actor, got.access_token, from)
    return got
  }

  /** A program that does by hand what the flow does. */
  async function byHand(actor: Actor, signal: AbortSignal | undefined) {
    const { session } = actor
    const id = `request ${++requests}`
    const token = await give(actor, 'token()', session.token({ signal }))
    const response = await api.send(actor, id, token.access_token, 1, signal)
    if (response.status !== 401) return
    const next = await give(actor, 'token({ rejected })', session.token({ rejected: token, signal }))
    if (next.access_token === token.access_token)
      judge.fail('a refused token', `token({ rejected }) of ${actor.name} answered it`)
    await api.send(actor, id, next.access_token, 2, signal)
  }

  async function act(actor: Actor, action: Action): Promise<void> {
    const { session } = actor
    switch (action) {
      case 'request':
        return void (await call(actor, 'request', signal =>
          api.request(actor, authOf(session), `request ${++requests}`, signal),
        ))
      case 'resource': {
        const other = session.for({ resource: 'https://other.example' })
        return void (await call(actor, 'request to another resource', signal =>
          api.request(actor, authOf(other), `request ${++requests}`, signal),
        ))
      }
      case 'token':
        return void (await call(actor, 'token()', signal =>
          give(actor, 'token()', session.token({ signal })),
        ))
      case 'rejected':
        return void (await call(actor, 'token({ rejected })', signal => byHand(actor, signal)))
      case 'force':
        actor.forced++
        await call(actor, 'refreshToken()', () => give(actor, 'refreshToken()', refreshToken(session)))
        actor.forced--
        return
      case 'authorized':
        return void (await call(actor, 'authorized()', () => session.authorized()))
      case 'close':
        return void (await call(actor, 'close()', () => session.close()))
      case 'sign in':
        return void (await call(actor, 'fetchToken()', () => signIn(actor, random.happens(0.4))))
      case 'log out':
        judge.logout(actor)
        actor.leaving++
        await call(actor, 'revokeToken()', async () => {
          const seen = actor.state.backlog?.unsaved ?? world.record()
          const result = await revokeToken(session)
          if (result.revoked || result.error.code !== 'OAUTH_STORE_WRITE') judge.loggedOut(actor, seen)
        })
        actor.leaving--
        return
    }
  }

  return {
    pending,
    sleep,
    async live(actor) {
      const { expiresIn, actionsPerClient } = profile
      const actions = random.happens(0.3) ? all : mostly
      const life = expiresIn ?? 60
      for (let count = 0; count < actionsPerClient; count++) {
        const pause = random.pick([0, 0, 0, random() * 0.3, random() * 2, life * random() * 1.5, 61])
        if (pause > 0) await sleep(actor.process, pause)
        const other = profile.resources && random.happens(0.3)
        await act(actor, other ? 'resource' : random.pick(actions))
      }
    },
    async probe(actor) {
      let outcome: number | string = 'nothing'
      await call(actor, 'the last request', async () => {
        try {
          outcome = (await api.request(actor, authOf(actor.session), `last request ${++requests}`)).status
        } catch (error) {
          outcome = isOAuthError(error) ? error.code : 'other'
          throw error
        }
      })
      return outcome
    },
  }
}
