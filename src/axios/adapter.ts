import { parse } from '../auth/origins.js'
import type { IncomingResponse } from '../auth/scheme.js'
import { OAuthError, oauthError } from '../errors.js'
import { publishRetry } from '../lib/diagnostics.js'
import type { AxiosLikeResponse } from './axios-like.js'
import { discard } from './body.js'
import type { Call, Outcome, Seam } from './call.js'
import { cancellation, isCancellable, onCancel } from './cancellation.js'
import { axiosError, explain, wrap } from './errors.js'
import { readHeader } from './headers.js'
import { follow } from './redirects.js'
import { transmit } from './transmit.js'

/** Whether the body says that the token expired; `undefined` where only the user's transforms can read it. */
function tellExpired({ isTokenExpired }: Seam, response: AxiosLikeResponse): boolean | undefined {
  if (!isTokenExpired) return false
  const { data, headers } = response
  if (typeof data !== 'string' || !/json/i.test(readHeader(headers as object, 'content-type') ?? '')) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(data)
  } catch {
    return undefined
  }
  return isTokenExpired({ ...response, data: parsed })
}

/** Shows a response to the scheme; `expired` when its body was judged so. */
export function receive(call: Call, response: AxiosLikeResponse, expired?: boolean): IncomingResponse {
  const { status, data, headers, request } = response
  // where a browser followed a redirect to another origin, it took the header away
  const { responseURL } = Object(request) as { responseURL?: string }
  const end = responseURL ? parse(responseURL) : undefined
  return {
    status,
    data,
    expired: !!expired,
    authenticated: !call.strayed && (!end || end.origin === parse(call.url)?.origin),
    header: name => readHeader(headers as object, name),
    discard: () => discard(data),
  }
}

const isRefusal = ({ authenticated, status, expired }: IncomingResponse) =>
  authenticated && (status === 401 || !!expired)

/** Ends a call: as the adapter settled it, unless it is a redirect to follow. */
function finish(call: Call, outcome: Outcome): AxiosLikeResponse | Promise<AxiosLikeResponse> {
  const next = follow(call, outcome)
  if (next) {
    const reason = cancellation(call.config)
    if (reason) throw reason
    call.seam.unread.delete(call.config) // what counts is where the redirect leads
    try {
      return begin(next)
    } catch (error) {
      throw axiosError(wrap(error), call.config)
    }
  }
  const { response, failed, error } = outcome
  const { res } = Object(response?.request) as { res?: { responseUrl?: string } }
  if (res) res.responseUrl ??= call.url // as where follow-redirects is at work
  if (failed) throw error
  return response as AxiosLikeResponse
}

/**
 * Sends a call: signed at once where the scheme can, else by its flow; a hop that must not see the credential as it is. No
 * async function: nearly every request takes the short way, and pays for no more than one `then`.
 * @throws whatever the scheme throws; the caller wraps it.
 */
export function begin(call: Call): Promise<AxiosLikeResponse> {
  const { scheme, seam } = call
  if (call.strayed) return transmit(call, finish)
  const token = scheme.open?.(call)
  if (!token) return converse(call)
  return transmit(call, (_, outcome) => {
    const { response } = outcome
    if (!response || (response.status !== 401 && !scheme.refused && !seam.isTokenExpired)) return finish(call, outcome)
    let refused: IncomingResponse | undefined
    try {
      const expired = tellExpired(seam, response)
      const incoming = receive(call, response, expired)
      if (incoming.authenticated && (scheme.refused ? scheme.refused(incoming, call) : isRefusal(incoming)))
        refused = incoming
      else if (expired === undefined) seam.unread.set(call.config, { call, token })
    } catch (error) {
      throw axiosError(wrap(error), call.config)
    }
    return refused ? converse(call, { token, response: refused }, outcome) : finish(call, outcome)
  })
}

const keep = (_: Call, outcome: Outcome) => outcome

/**
 * Lets the scheme hold its conversation. The caller is free as soon as it gives up, the scheme is told, and nothing is sent for
 * it afterwards. `outcome` is what `open` met with (`sent`), or what the first send of the flow is to be answered with.
 */
export async function converse(
  call: Call,
  sent?: { token: object; response: IncomingResponse },
  outcome?: Outcome,
  replayed?: IncomingResponse,
): Promise<AxiosLikeResponse> {
  const { config, scheme, seam } = call
  call.reset()
  let stop = () => {}
  const gone = isCancellable(config)
    ? new Promise<never>((_, reject) => {
        stop = onCancel(config, () => {
          call.controller?.abort()
          reject(cancellation(config))
        })
      })
    : undefined
  const flow = scheme.flow(call, sent)
  let incoming = sent?.response ?? replayed
  let signed = true
  try {
    for (let answer = replayed, first = true; ; first = false) {
      const step = answer && !first ? flow.next(answer) : flow.next()
      const turn = await (gone ? Promise.race([step, gone]) : step)
      if (turn.done && (outcome || !first)) break
      const reason = cancellation(config)
      if (reason) throw reason
      if (first && replayed) continue
      if (outcome) {
        if (!call.rewind())
          throw new OAuthError(
            'OAUTH_NOT_REPLAYABLE',
            'The credentials were refused and have been renewed, but the body is a stream, which can be sent once only: make the request again.',
          )
        discard(outcome.response?.data)
      }
      const again = !!outcome
      signed = !!call.written || !!call.moved || call.body !== undefined
      if (again) publishRetry(call)
      outcome = await transmit(call, keep)
      call.reset()
      if (!outcome.response || turn.done) break
      const expired = tellExpired(seam, outcome.response)
      answer = incoming = receive(call, outcome.response, expired)
      if (expired === undefined && !again) seam.unread.set(config, { call, token: undefined })
    }
  } catch (error) {
    const reason = cancellation(config)
    if (reason) discard(outcome?.response?.data)
    if (reason) throw reason
    if (!outcome) throw axiosError(wrap(error), config)
    explain(outcome, wrap(error))
    return finish(call, outcome)
  } finally {
    stop()
    flow.return().catch(() => {})
  }
  if (incoming && isRefusal(incoming))
    explain(
      outcome as Outcome,
      signed
        ? new OAuthError('OAUTH_REFUSED', 'The API refused the credentials.', { status: incoming.status })
        : oauthError('OAUTH_NOT_AUTHENTICATED', 'no-token', { url: call.url.split('?', 1)[0] }),
    )
  return finish(call, outcome as Outcome)
}
