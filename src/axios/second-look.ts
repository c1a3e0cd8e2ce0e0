import { resume } from './adapter.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { expiryOf, type Seam } from './call.js'
import { axiosError, wrap } from './errors.js'
import { receive } from './judge.js'

type Transform = (this: AxiosLikeConfig, data: unknown, headers: unknown, status: number) => unknown

/** Runs the user's `transformResponse` as axios does; for a response that came too late to meet it there. */
function transform(response: AxiosLikeResponse): AxiosLikeResponse {
  const { config, headers, status } = response
  for (const each of ([] as Transform[]).concat((config.transformResponse as Transform[] | undefined) ?? []))
    response.data = each.call(config, response.data, headers, status)
  return response
}

/**
 * The response interceptor's half: judges an answer whose body only the user's transforms made readable, and
 * where it says that the token expired, goes on with the call as if that had been seen at once. One renewal
 * per request, whoever told it. Answers `undefined` for anything else, also for what an interceptor before
 * ours made of a response.
 */
export function reconsider(
  seam: Seam,
  settled: unknown,
  failed: boolean,
): Promise<AxiosLikeResponse> | undefined {
  const response = (
    failed ? (Object(settled) as { response?: unknown }).response : settled
  ) as AxiosLikeResponse
  const config = (Object(response) as Partial<AxiosLikeResponse>).config as object
  const unread = seam.unread.get(config)
  if (!unread) return undefined
  try {
    if (!expiryOf(unread.call)?.(response)) return undefined
  } catch (error) {
    return Promise.reject(axiosError(wrap(error), unread.call.config))
  }
  seam.unread.delete(config)
  const { call, token } = unread
  const incoming = receive(call, response, true)
  const sent = token && { token, response: incoming }
  const outcome = { response, error: settled, failed }
  return resume(call, sent ? { sent, outcome } : { replayed: incoming, outcome }).then(
    renewed => (renewed === response ? response : transform(renewed)),
    error => {
      if (error !== settled && error?.response) transform(error.response)
      throw error
    },
  )
}
