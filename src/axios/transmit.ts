import { isClearLoopback } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { type Call, mayGo, type Outcome } from './call.js'
import { hideRequest } from './conceal.js'
import { copyHeaders, dropHeaders, type Headers } from './headers.js'
import { type Holder, holdersOf } from './holders.js'
import { guard } from './redirects.js'
import { toWire } from './url.js'

/**
 * The configuration that the adapter gets: a copy, so that nothing that others hold ever carries a
 * credential.
 */
function toSend(call: Call): AxiosLikeConfig {
  const { config, base, scheme } = call
  const sent = copyConfig(config)
  sent.headers = call.headers ?? base.headers ?? {}
  if (call.frozen || call.moved || scheme.boundToUrl) {
    if (call.moved && !mayGo(call, call.moved)) throw oauthError('OAUTH_ORIGIN_REQUIRED', 'changedUrl')
    sent.url = call.moved ? toWire(new URL(call.moved)) : call.url
    // an absolute URL needs no base, but a mock that is told of one finds its relative handlers
    delete sent.params
    delete sent.allowAbsoluteUrls
  }
  if (base !== config) sent.method = base.method as string
  if (call.data !== config.data) {
    sent.data = call.data
    sent.headers = copyHeaders(sent.headers)
    dropHeaders(sent.headers as Headers, /^content-length$/i)
  }
  if (config.auth) delete sent.auth
  // a proxy of the environment would carry a token in the clear away from this machine
  if (config.proxy === undefined && isClearLoopback((call.frozen ? sent.url : sent.baseURL) as string))
    sent.proxy = false
  guard(call, sent)
  return sent
}

// objects of a constructor stay fast, those of Object.create(null) do not; both are safe from a polluted
// Object.prototype
const Blank = /* @__PURE__ */ (() => {
  function Blank() {}
  Blank.prototype = Object.create(null)
  return Blank as unknown as new () => AxiosLikeConfig
})()

/**
 * Copies a configuration; newer versions of axios give it no prototype, so that a polluted one changes
 * nothing.
 */
function copyConfig(config: AxiosLikeConfig): AxiosLikeConfig {
  const copy: AxiosLikeConfig = Object.getPrototypeOf(config) === null ? new Blank() : {}
  // a loop, because spreading such an object takes four times as long, and every request pays for it
  for (const key of Object.keys(config)) copy[key] = config[key]
  return copy
}

/**
 * Puts the application's own configuration in place of the one that was sent, wherever the adapter left it.
 */
function putBack(holder: Holder | undefined, call: Call, sent: AxiosLikeConfig): void {
  if (!holder) return
  if (holder.config === sent) holder.config = call.config
  hideRequest(holder, () => `${call.method} ${call.config.baseURL ?? ''} ${call.config.url ?? ''}`)
}

/** Takes the credential off the copy as well: an adapter may keep it (a mock's history, a cache). */
function clean(call: Call, sent: AxiosLikeConfig): void {
  const { headers, url, data } = call.config
  Object.assign(sent, { headers, url, data })
}

/** What the adapter settled with, cleaned. */
function outcomeOf(call: Call, sent: AxiosLikeConfig, settled: unknown, failed: boolean): Outcome {
  clean(call, sent)
  if (!failed) {
    putBack(settled as Holder, call, sent)
    return { response: settled as AxiosLikeResponse, failed }
  }
  const error = settled as Holder | undefined
  for (const holder of holdersOf(error)) putBack(holder, call, sent)
  const { response } = Object(error?.cause) as Holder
  // axios 1.13.3 and 1.13.4 keep it there alone
  if (error && !error.response && response) error.response = response
  return { response: error?.response, error, failed }
}

/**
 * Sends a call as it stands, and hands what the adapter settled with to `next`.
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED` when the scheme moved the request to where credentials may not
 * go.
 */
export function transmit<T>(call: Call, next: (call: Call, outcome: Outcome) => T | Promise<T>): Promise<T> {
  const sent = toSend(call)
  let answer: Promise<AxiosLikeResponse>
  try {
    answer = call.adapter(sent)
  } catch (error) {
    answer = Promise.reject(error)
  }
  return answer.then(
    response => next(call, outcomeOf(call, sent, response, false)),
    error => next(call, outcomeOf(call, sent, error, true)),
  )
}
