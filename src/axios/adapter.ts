import { isRefusal } from '../auth/refusal.js'
import type { IncomingResponse } from '../auth/scheme.js'
import type { AxiosLikeResponse } from './axios-like.js'
import { type Call, expiryOf, type Outcome } from './call.js'
import { cancellation } from './cancellation.js'
import { type Beginning, converse } from './conversation.js'
import { axiosError, wrap } from './errors.js'
import { receive, tellExpired } from './judge.js'
import { follow } from './redirects.js'
import { transmit } from './transmit.js'

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

/** Goes on with a call whose first answer the scheme does not accept. */
export async function resume(call: Call, beginning?: Beginning): Promise<AxiosLikeResponse> {
  return finish(call, await converse(call, beginning))
}

/**
 * Sends a call: signed at once where the scheme can, else by its flow; a hop that must not see the credential
 * as it is. No async function: nearly every request takes the short way, and pays for no more than one
 * `then`.
 * @throws whatever the scheme throws; the caller wraps it.
 */
export function begin(call: Call): Promise<AxiosLikeResponse> {
  const { scheme, seam } = call
  if (call.strayed) return transmit(call, finish)
  const token = scheme.open?.(call)
  if (!token) return resume(call)
  return transmit(call, (_, outcome) => {
    const { response } = outcome
    if (!response || (response.status !== 401 && !scheme.refused && !expiryOf(call)))
      return finish(call, outcome)
    let refused: IncomingResponse | undefined
    try {
      const expired = tellExpired(call, response)
      const incoming = receive(call, response, expired)
      if (incoming.authenticated && (scheme.refused ? scheme.refused(incoming, call) : isRefusal(incoming)))
        refused = incoming
      else if (expired === undefined) seam.unread.set(call.config, { call, token })
    } catch (error) {
      throw axiosError(wrap(error), call.config)
    }
    if (!refused) return finish(call, outcome)
    return resume(call, { sent: { token, response: refused }, outcome })
  })
}
