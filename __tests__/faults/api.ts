import { type Auth, type IncomingResponse, isPromise, type OutgoingRequest } from '../../src/auth/scheme.js'
import type { Token } from '../../src/session/stored-grant.js'
import type { Server } from './server.js'
import type { Actor, World } from './world-types.js'

/** The API that the tokens are for. */
export interface Api {
  /** One request on its way; `attempt` 2 is the second send of the same request. */
  send(
    actor: Actor,
    id: string,
    accessToken: string | undefined,
    attempt: number,
    signal?: AbortSignal,
  ): Promise<IncomingResponse>
  /** A whole request, as the adapter makes it: signed at once or by its flow. */
  request(actor: Actor, auth: Auth<Token>, id: string, signal?: AbortSignal): Promise<IncomingResponse>
}

const ORIGIN = 'https://api.example'

/** Waits as the adapter does: a caller who gives up is free at once. */
const whileWanted = <T>(step: PromiseLike<T>, signal: AbortSignal | undefined): PromiseLike<T> =>
  signal
    ? new Promise((resolve, reject) => {
        const giveUp = () => reject(new Error('aborted'))
        if (signal.aborted) giveUp()
        signal.addEventListener('abort', giveUp)
        step.then(resolve, reject)
      })
    : step

/** Makes the API of a world. */
export function makeApi(world: World, server: Server): Api {
  const { time, random, profile, judge } = world
  const effects = new Map<string, number>()
  const delay = () =>
    random.happens(0.4) ? 0 : random() * (!world.calm && random.happens(profile.faults.slowness) ? 5 : 0.2)

  const send: Api['send'] = (actor, id, accessToken, attempt, signal) =>
    new Promise((resolve, reject) => {
      const { process } = actor
      time.note(`${id} leaves with ${accessToken}`)
      if (accessToken) judge.apiSending(actor, accessToken)
      const { reset, lost, unavailable } = world.calm
        ? { reset: 0, lost: 0, unavailable: 0 }
        : profile.faults.api
      const [out, back] = [delay(), delay()]
      signal?.addEventListener('abort', () => reject(new Error('aborted')))
      const fail = (wait: number) => {
        if (process.alive)
          time.after(wait, process, `${id} fails`, () => reject(new Error('connection reset')))
      }
      if (random.happens(reset)) return fail(out)
      const away = random.happens(unavailable)
      const goesLost = random.happens(lost)
      time.after(out, undefined, `${id} arrives`, () => {
        const refuses = !world.calm && time.now < world.apiRefuses
        const good = accessToken && !refuses && server.accepts(accessToken)
        const status = away ? 503 : good ? 200 : 401
        // a gateway may fail after the deed
        if (good && (!away || random.happens(0.5))) {
          const times = (effects.get(id) ?? 0) + 1
          effects.set(id, times)
          if (times > 1) judge.fail('an effect twice', `${id} took effect ${times} times`)
        }
        if (goesLost) return fail(back)
        if (!process.alive) return
        time.after(back, process, `${id} is answered ${status}`, () => {
          if (status === 401 && accessToken && !signal?.aborted)
            (attempt === 1 ? actor.refused : actor.pardoned).add(accessToken)
          resolve({ status, header: () => undefined, data: '', authenticated: true })
        })
      })
    })

  const request: Api['request'] = async (actor, auth, id, signal) => {
    const headers = new Map<string, string>()
    const outgoing: OutgoingRequest = {
      method: 'POST',
      url: `${ORIGIN}/things`,
      data: id,
      header: name => headers.get(name.toLowerCase()),
      setHeader(name, value) {
        if (value === undefined) headers.delete(name.toLowerCase())
        else headers.set(name.toLowerCase(), value)
      },
      signal,
    }
    let attempt = 0
    let sent: string | undefined
    const transmit = async () => {
      if (signal?.aborted) throw new Error('aborted')
      const token = headers.get('authorization')?.slice('Bearer '.length)
      headers.clear()
      const known = actor.state.refusals?.renewed?.get(ORIGIN)
      // where two renewals within a minute did not help, one node may be wrong: the same request asks once
      // more
      if (token && token === sent && token === known?.token.access_token && known.renewals > 1)
        actor.pardoned.add(token)
      sent = token
      return send(actor, id, token, ++attempt, signal)
    }
    const opening = auth.open?.(outgoing)
    const opened = isPromise(opening) ? await whileWanted(opening, signal) : opening
    let response: IncomingResponse | undefined
    if (opened) {
      judge.handedOut(actor, opened.access_token, opened === opening ? 'current()' : 'token()')
      response = await transmit()
      if (!auth.refused?.(response, outgoing)) return response
    }
    const flow = auth.flow(outgoing, opened && response && { token: opened, response })
    try {
      let turn = await flow.next()
      while (!turn.done) {
        response = await transmit()
        turn = await flow.next(response)
      }
    } finally {
      flow.return().catch(() => {})
    }
    return response as IncomingResponse
  }

  return { send, request }
}
