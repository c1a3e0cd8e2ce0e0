import { type Credential, type IncomingResponse, isPromise, isRefusal } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { publishRetry } from '../lib/diagnostics.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import {
  type AttachmentContext,
  type Call,
  discard,
  expiryOf,
  incomingOf,
  type Outcome,
  rewind,
} from './call.js'
import { addCause, axiosError, wrap } from './errors.js'
import { cancellation, patiently } from './patience.js'
import { followRedirect } from './redirects.js'
import { transmit } from './transmit.js'

/** Ends a call: as the adapter settled it, unless it is a redirect to follow. */
function finish(call: Call, outcome: Outcome): AxiosLikeResponse | Promise<AxiosLikeResponse> {
  const next = followRedirect(call, outcome, authenticate)
  if (next) return next
  if (outcome.failed) throw outcome.error
  return outcome.response as AxiosLikeResponse
}

/**
 * Shows the answer to a request that `open` signed to the scheme; returns it where the scheme does not accept
 * it.
 */
function refusedBy(call: Call, { response }: Outcome): IncomingResponse | undefined {
  const { scheme, config, context } = call
  if (!response || (response.status !== 401 && !scheme.refused && !expiryOf(call))) return undefined
  try {
    const incoming = incomingOf(call, response)
    if (incoming.authenticated && (scheme.refused?.(incoming, call) ?? isRefusal(incoming))) return incoming
    if (incoming.expired === undefined) context.unread.set(config, call)
    return undefined
  } catch (error) {
    throw axiosError(error, config)
  }
}

/** Sends a call that `open` signed with `token`; without a token by the scheme's flow. */
function sendOpened(call: Call, token: Credential | undefined): Promise<AxiosLikeResponse> {
  call.token = token
  if (!token) return runFlow(call)
  return transmit(call, outcome => {
    const refused = refusedBy(call, outcome)
    return refused ? runFlow(call, refused, outcome) : finish(call, outcome)
  })
}

/** Sends a call as soon as `open` has signed it, unless it is wanted no longer. */
async function sendWhenOpen(call: Call, opening: PromiseLike<Credential>): Promise<AxiosLikeResponse> {
  let sent: Promise<AxiosLikeResponse>
  try {
    sent = sendOpened(call, await patiently(call, opening))
  } catch (error) {
    throw call.over ?? axiosError(error, call.config)
  }
  return sent
}

/**
 * Sends a call: signed by `open` if the scheme can, otherwise by its flow; without the credential at a hop
 * that must not see it. It is not an async function, because nearly every request takes the short way and
 * should cost one `then`.
 * @throws the error of the scheme; the caller wraps it.
 */
export function authenticate(call: Call): Promise<AxiosLikeResponse> {
  if (call.leftAllowedOrigins) return transmit(call, outcome => finish(call, outcome))
  const opened = call.scheme.open?.(call)
  return isPromise(opened) ? sendWhenOpen(call, opened) : sendOpened(call, opened)
}

/**
 * Sends the call as it stands, after `before` once more. @throws the reason of a request that is wanted no
 * longer, or that cannot be sent twice: nothing is sent for it
 */
async function send(call: Call, before?: Outcome): Promise<Outcome> {
  if (before) {
    if (!rewind(call)) throw oauthError('OAUTH_NOT_REPLAYABLE', 'stream')
    discard(before.response?.data)
    publishRetry(call)
  }
  const reason = cancellation(call.config)
  if (reason) throw reason
  return transmit(call, outcome => outcome)
}

/** The progress of a flow. */
interface Progress {
  /** The last result of the adapter. */
  outcome?: Outcome | undefined
  /** The view of it that the scheme got. */
  incoming?: IncomingResponse | undefined
  /** True if the last request carried a credential of the scheme. */
  isSigned: boolean
}

/**
 * The scheme's request, the API's answer, in turns, until the scheme accepts one; `replayed` answers the
 * first request without sending.
 */
async function takeTurns(
  call: Call,
  next: (answer?: IncomingResponse) => PromiseLike<IteratorResult<unknown, void>>,
  at: Progress,
  replayed: IncomingResponse | undefined,
): Promise<void> {
  let turn = await next()
  if (replayed) turn = await next(replayed)
  // The scheme sends nothing more.
  if (turn.done) at.outcome ??= await send(call)
  while (!turn.done) {
    const before = at.outcome
    at.isSigned = !!(call.headers || call.urlFromScheme || call.body !== undefined)
    at.outcome = await send(call, before)
    call.reset()
    if (!at.outcome.response) return
    at.incoming = incomingOf(call, at.outcome.response)
    if (!before && at.incoming.expired === undefined) call.context.unread.set(call.config, call)
    turn = await next(at.incoming)
  }
}

/**
 * Runs the scheme's flow. `met` is an answer that was there before: to what `open` signed, or else to the
 * flow's own first request. The caller is free as soon as it gives up, the scheme is told, and nothing is
 * sent for it afterwards. A flow that breaks off ends with the API's own answer where there is one, with the
 * reason as its cause.
 */
async function runFlow(call: Call, met?: IncomingResponse, outcome?: Outcome): Promise<AxiosLikeResponse> {
  const { scheme, config, token } = call
  call.reset()
  const flow = scheme.flow(call, token && met && { token, response: met })
  const next = (answer?: IncomingResponse) => patiently(call, flow.next(answer as IncomingResponse))
  const at: Progress = { outcome, incoming: met, isSigned: true }
  try {
    await takeTurns(call, next, at, token ? undefined : met)
    if (at.incoming && isRefusal(at.incoming)) throw refusal(call, at.incoming, at.isSigned)
  } catch (error) {
    const reason = call.over ?? cancellation(config)
    if (reason) discard(at.outcome?.response?.data)
    if (reason || !at.outcome) throw reason ?? axiosError(error, config)
    addCause(at.outcome.error, wrap(error))
  } finally {
    flow.return().catch(() => {})
  }
  return finish(call, at.outcome as Outcome)
}

/** The error of a request that stays refused. */
const refusal = (call: Call, { status }: IncomingResponse, isSigned: boolean) =>
  isSigned
    ? oauthError('OAUTH_REFUSED', 'api', {}, { status })
    : oauthError('OAUTH_NOT_AUTHENTICATED', 'no-token', { url: call.url.split('?', 1)[0] })

type Transform = (this: AxiosLikeConfig, data: unknown, headers: unknown, status: number) => unknown

/**
 * Runs the user's `transformResponse` as axios does, because this response arrived after axios had run it.
 */
function transform(response: AxiosLikeResponse): AxiosLikeResponse {
  const { config, headers, status } = response
  for (const each of ([] as Transform[]).concat((config.transformResponse as Transform[] | undefined) ?? []))
    response.data = each.call(config, response.data, headers, status)
  return response
}

/**
 * Judges, in the response interceptor, an answer whose body only the user's transforms made readable. If the
 * token expired, the call goes on as after a 401, with one renewal per request. Returns `undefined` for
 * anything else, also for a value that an earlier interceptor returned.
 */
export function reconsider(
  { unread }: AttachmentContext,
  settled: unknown,
  failed: boolean,
): Promise<AxiosLikeResponse> | undefined {
  const { response } = (failed ? Object(settled) : { response: settled }) as { response: AxiosLikeResponse }
  const config = (Object(response) as AxiosLikeResponse).config
  const call = unread.get(config)
  if (!call) return undefined
  try {
    if (!expiryOf(call)?.(response)) return undefined
  } catch (error) {
    return Promise.reject(axiosError(error, config))
  }
  unread.delete(config)
  const outcome = { response, failed, error: failed ? settled : undefined }
  return runFlow(call, incomingOf(call, response, true), outcome).then(
    renewed => (renewed === response ? response : transform(renewed)),
    error => {
      if (error !== settled && error?.response) transform(error.response)
      throw error
    },
  )
}
