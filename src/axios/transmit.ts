import { OAuthError } from '../errors.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import type { Call, Outcome } from './call.js'
import { conceal } from './conceal.js'
import { copyHeaders, dropHeaders, type Headers } from './headers.js'
import { guard, mayGo } from './redirects.js'
import { toWire } from './url.js'

/**
 * Sends a call as it stands, and hands what the adapter settled with to `next`. Credentials are on the configuration only
 * meanwhile: its headers are swapped for a copy (cheaper than copying the configuration, and whoever holds it never sees them).
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED` when the scheme moved the request to where credentials may not go.
 */
export function transmit<T>(call: Call, next: (call: Call, outcome: Outcome) => T | Promise<T>): Promise<T> {
  const { config, base } = call
  const patch: AxiosLikeConfig = { headers: call.headers ?? base.headers ?? {} }
  if (call.frozen || call.moved || call.scheme.boundToUrl) {
    if (call.moved && !mayGo(call, call.moved))
      throw new OAuthError('OAUTH_ORIGIN_REQUIRED', 'The URL was changed to one that allowedOrigins does not contain.')
    patch.url = call.moved ? toWire(new URL(call.moved)) : call.url
    // an absolute URL needs no base, but a mock that is told of one finds its relative handlers
    Object.assign(patch, { params: undefined, allowAbsoluteUrls: undefined })
  }
  if (base !== config) Object.assign(patch, { method: base.method })
  if (call.data !== config.data) {
    patch.data = call.data
    patch.headers = copyHeaders(patch.headers)
    dropHeaders(patch.headers as Headers, /^content-length$/i)
  }
  if (config.auth) patch.auth = undefined
  guard(call, patch)
  const kept: Record<string, unknown> = {}
  for (const key in patch) {
    kept[key] = config[key]
    config[key] = patch[key]
  }
  const settle = (outcome: Outcome) => {
    for (const key in kept)
      if (kept[key] === undefined) delete config[key]
      else config[key] = kept[key]
    const { request } = Object(outcome.response ?? outcome.error) as { request?: { _redirectable?: unknown } }
    // a stream that was sent holds on to what follow-redirects made of the request
    for (const held of request ? [request, request._redirectable] : [])
      conceal(held, () => `${call.method} ${config.baseURL ?? ''} ${config.url ?? ''}`)
    return next(call, outcome)
  }
  let sent: Promise<AxiosLikeResponse>
  try {
    sent = call.adapter(config)
  } catch (error) {
    sent = Promise.reject(error)
  }
  return sent.then(
    response => settle({ response, failed: false }),
    error => settle({ response: error?.response, error, failed: true }),
  )
}
