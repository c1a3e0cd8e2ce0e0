import { isClearLoopback } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import { type Holder, holdersOf } from './axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { type Call, mayGo, type Outcome } from './call.js'
import { hideRequest } from './conceal.js'
import { copyHeaders, writeHeader } from './headers.js'
import { guardRedirects } from './redirects.js'
import { toWire } from './url.js'

// objects of a constructor stay fast, those of Object.create(null) do not; both are safe from a polluted
// Object.prototype
const Blank = /* @__PURE__ */ (() => {
  function Blank() {}
  Blank.prototype = Object.create(null)
  return Blank as unknown as new () => AxiosLikeConfig
})()

/**
 * Sets the checked URL, or the one that the scheme changed.
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED` when the scheme moved the request to where credentials may not
 * go.
 */
function fixUrl(call: Call, sent: AxiosLikeConfig): void {
  const { urlFromScheme: moved } = call
  if (moved && !mayGo(call, moved)) throw oauthError('OAUTH_ORIGIN_REQUIRED', 'changedUrl')
  sent.url = moved ? toWire(new URL(moved)) : call.url
  // an absolute URL needs no base, but a mock that is told of one finds its relative handlers
  delete sent.params
  delete sent.allowAbsoluteUrls
}

/**
 * The configuration for the adapter: a copy, so that no object of the application contains a credential. It
 * has no prototype, as in newer versions of axios, so that a polluted one changes nothing.
 */
function toSend(call: Call): AxiosLikeConfig {
  const { config, base } = call
  const sent: AxiosLikeConfig = Object.getPrototypeOf(config) === null ? new Blank() : {}
  // A loop, because spreading such an object takes four times as long, and every request pays for it.
  for (const key of Object.keys(config)) sent[key] = config[key]
  sent.headers = call.headers ?? base.headers ?? {}
  if (call.frozen || call.urlFromScheme || call.scheme.boundToUrl) fixUrl(call, sent)
  if (base !== config) sent.method = base.method as string
  if (call.data !== config.data) {
    sent.data = call.data
    const headers = copyHeaders(sent.headers)
    writeHeader(headers, 'Content-Length', undefined)
    sent.headers = headers
  }
  if (config.auth) delete sent.auth
  // A proxy of the environment would carry the token in the clear away from this machine.
  if (config.proxy === undefined && isClearLoopback((call.frozen ? sent.url : sent.baseURL) as string))
    sent.proxy = false
  guardRedirects(call, sent)
  return sent
}

/**
 * The result of the adapter without the credential: it gets the application's own configuration, and the sent
 * one is emptied, because an adapter may keep it (a mock's history, a cache).
 */
function outcomeOf(call: Call, sent: AxiosLikeConfig, settled: unknown, failed: boolean): Outcome {
  const { config } = call
  const { headers, url, data } = config
  Object.assign(sent, { headers, url, data })
  for (const holder of failed ? holdersOf(settled) : [settled as Holder | undefined]) {
    if (holder?.config === sent) holder.config = config
    if (holder?.request) hideRequest(holder, () => `${call.method} ${config.baseURL ?? ''} ${url ?? ''}`)
  }
  if (!failed) return { response: settled as AxiosLikeResponse, failed }
  const error = settled as Holder | undefined
  const { response } = Object(error?.cause) as Holder
  // axios 1.13.3 and 1.13.4 keep the response only there.
  if (error && !error.response && response) error.response = response
  return { response: error?.response, error, failed }
}

/** Sends a call and passes the result of the adapter to `next`. */
export function transmit<T>(call: Call, next: (outcome: Outcome) => T | Promise<T>): Promise<T> {
  const sent = toSend(call)
  let answer: Promise<AxiosLikeResponse>
  try {
    answer = call.adapter(sent)
  } catch (error) {
    answer = Promise.reject(error)
  }
  return answer.then(
    response => next(outcomeOf(call, sent, response, false)),
    error => next(outcomeOf(call, sent, error, true)),
  )
}
