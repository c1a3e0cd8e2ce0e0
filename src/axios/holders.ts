import type { AxiosLikeResponse } from './axios-like.js'

/** What an adapter settles with, as far as it holds the configuration that it was given. */
export interface Holder {
  config?: unknown
  request?: unknown
  response?: AxiosLikeResponse
  cause?: unknown
}

/**
 * Everything behind an adapter's error that may hold the configuration: the error, its response, and its
 * cause, where axios 1.7 to 1.17 keeps the error of the fetch adapter, and 1.13.3 and 1.13.4 the response
 * alone.
 */
export function holdersOf(error: unknown): Holder[] {
  const holder = Object(error) as Holder
  const cause = Object(holder.cause) as Holder
  return [holder, holder.response, cause, cause.response].filter(each => each !== undefined)
}
