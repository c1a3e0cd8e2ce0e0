import { isRefusal } from '../auth/refusal.js'
import type { AuthFlow, IncomingResponse } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { publishRetry } from '../lib/diagnostics.js'
import { discard } from './body.js'
import type { Call, Outcome } from './call.js'
import { cancellation } from './cancellation.js'
import { axiosError, explain, wrap } from './errors.js'
import { receive, tellExpired } from './judge.js'
import { type Patience, patienceOf } from './patience.js'
import { transmit } from './transmit.js'

/** What was sent and answered before the conversation begins. */
export interface Beginning {
  /** What `open` met with. */
  sent?: { token: object; response: IncomingResponse } | undefined
  /** What the first send of the flow is to be answered with, without sending. */
  replayed?: IncomingResponse | undefined
  /** What the adapter settled with. */
  outcome?: Outcome | undefined
}

/** Where a conversation stands. */
interface Talk {
  readonly call: Call
  readonly flow: AuthFlow
  readonly patience: Patience
  /** What the adapter settled with last. */
  outcome: Outcome | undefined
  /** The same as the scheme saw it. */
  incoming: IncomingResponse | undefined
  /** Whether the last request carried something of the scheme's. */
  signed: boolean
}

const keep = (_: Call, outcome: Outcome) => outcome

/** Waits for the scheme's next word. */
const next = ({ flow, patience }: Talk, answer?: IncomingResponse) =>
  patience.wait(answer ? flow.next(answer) : flow.next())

/**
 * Sends the call as it stands. @throws the reason of a request that is wanted no longer: nothing is sent for
 * it
 */
async function send(talk: Talk): Promise<Outcome> {
  const reason = cancellation(talk.call.config)
  if (reason) throw reason
  talk.outcome = await transmit(talk.call, keep)
  return talk.outcome
}

/** Prepares a call for another send. */
function rewind({ call, outcome }: Talk): void {
  if (!outcome) return
  if (!call.rewind()) throw oauthError('OAUTH_NOT_REPLAYABLE', 'stream')
  discard(outcome.response?.data)
  publishRetry(call)
}

/**
 * Sends what the scheme has made of the request; answers the response as the scheme sees it, if there is one.
 */
async function exchange(talk: Talk): Promise<IncomingResponse | undefined> {
  const { call } = talk
  const isFirst = !talk.outcome
  rewind(talk)
  talk.signed = !!call.written || !!call.moved || call.body !== undefined
  const outcome = await send(talk)
  call.reset()
  if (!outcome.response) return undefined
  const expired = tellExpired(call, outcome.response)
  if (expired === undefined && isFirst) call.seam.unread.set(call.config, { call, token: undefined })
  talk.incoming = receive(call, outcome.response, expired)
  return talk.incoming
}

/** The scheme's request, the API's answer, in turns, until the scheme accepts one. */
async function takeTurns(talk: Talk, replayed: IncomingResponse | undefined): Promise<void> {
  let turn = await next(talk)
  if (replayed) turn = await next(talk, replayed)
  else if (turn.done && !talk.outcome) {
    // the scheme has nothing to add
    talk.signed = false
    await send(talk)
  }
  while (!turn.done) {
    const answer = await exchange(talk)
    if (!answer) return
    turn = await next(talk, answer)
  }
}

/**
 * What a conversation that broke off ends with: the API's own answer where there is one, with the reason as
 * its cause.
 */
function breakOff({ call, patience, outcome }: Talk, error: unknown): Outcome {
  const { config } = call
  const reason = patience.over ?? cancellation(config)
  if (reason) {
    discard(outcome?.response?.data)
    throw reason
  }
  if (!outcome) throw axiosError(wrap(error), config)
  explain(outcome, wrap(error))
  return outcome
}

/** Why a request stays refused. */
const refusal = ({ call, incoming, signed }: Talk) =>
  signed
    ? oauthError('OAUTH_REFUSED', 'api', {}, { status: incoming?.status })
    : oauthError('OAUTH_NOT_AUTHENTICATED', 'no-token', { url: call.url.split('?', 1)[0] })

/**
 * Lets the scheme hold its conversation. The caller is free as soon as it gives up, the scheme is told, and
 * nothing is sent for it afterwards.
 */
export async function converse(call: Call, { sent, replayed, outcome }: Beginning = {}): Promise<Outcome> {
  call.reset()
  const talk: Talk = {
    call,
    flow: call.scheme.flow(call, sent),
    patience: patienceOf(call),
    outcome,
    incoming: sent?.response ?? replayed,
    signed: true,
  }
  try {
    await takeTurns(talk, replayed)
  } catch (error) {
    return breakOff(talk, error)
  } finally {
    talk.patience.end()
    talk.flow.return().catch(() => {})
  }
  if (talk.incoming && isRefusal(talk.incoming)) explain(talk.outcome as Outcome, refusal(talk))
  return talk.outcome as Outcome
}
