import { parse } from '../auth/origins.js'
import type { IncomingResponse } from '../auth/scheme.js'
import type { AxiosLikeResponse } from './axios-like.js'
import { discard } from './body.js'
import { type Call, expiryOf } from './call.js'
import { readHeader } from './headers.js'

/** Whether the body says that the token expired; `undefined` where only the user's transforms can read it. */
export function tellExpired(call: Call, response: AxiosLikeResponse): boolean | undefined {
  const isExpired = expiryOf(call)
  if (!isExpired) return false
  const { data, headers } = response
  if (typeof data !== 'string' || !/json/i.test(readHeader(headers as object, 'content-type') ?? ''))
    return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(data)
  } catch {
    return undefined
  }
  return isExpired({ ...response, data: parsed })
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
