import { parse } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { Call, discard, mayGo, type Outcome, rewind } from './call.js'
import { addCause, axiosError } from './errors.js'
import { copyHeaders, findHeader, type Headers, readHeader, writeHeader } from './headers.js'
import { cancellation } from './patience.js'
import { pageUrl } from './url.js'

type BeforeRedirect = (options: { href: string; headers: Headers }, ...rest: unknown[]) => void

interface RedirectOptions extends AxiosLikeConfig {
  maxRedirects?: number
  beforeRedirect?: BeforeRedirect
  fetchOptions?: { redirect?: string }
  sensitiveHeaders?: string[]
  /** On configurations since 0.27, as `beforeRedirect` is. */
  env?: unknown
  proxy?: unknown
}

/** True if the application disabled redirects or follows them itself. */
const isForbidden = (fetchOptions: RedirectOptions['fetchOptions']) =>
  (fetchOptions?.redirect ?? 'follow') !== 'follow'

/**
 * True if this package follows redirects itself: the credential depends on the URL, or `beforeRedirect` does
 * not work in this version.
 */
function isByHand({ scheme, config }: Call): boolean {
  const { env, proxy, headers } = config as RedirectOptions
  // axios 0.27 and 0.28 call only one of the two hooks: the proxy's or this one.
  return !!scheme.boundToUrl || !env || !!(proxy && !(headers as { set?: unknown }).set)
}

/**
 * Keeps the credential of a request from following a redirect to another origin: in Node by a hook for every
 * hop, or by disabling redirects. Browsers follow redirects themselves and drop `Authorization` at another
 * origin.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4
 */
export function guardRedirects(call: Call, patch: AxiosLikeConfig): void {
  const { maxRedirects, beforeRedirect, fetchOptions } = call.config as RedirectOptions
  const { written } = call
  if (!pageUrl() && !isForbidden(fetchOptions)) patch.fetchOptions = { ...fetchOptions, redirect: 'manual' }
  if (maxRedirects === 0) return
  if (isByHand(call)) patch.maxRedirects = 0
  else
    patch.beforeRedirect = (options: { href: string; headers: Headers }, ...rest: unknown[]) => {
      beforeRedirect?.(options, ...rest)
      call.leftAllowedOrigins = !mayGo(call, options.href)
      for (const name in written) {
        const present = options.headers[findHeader(options.headers, name.toLowerCase()) ?? name]
        if (!call.leftAllowedOrigins) writeHeader(options.headers, name, present ?? written[name])
        else if (present === written[name]) writeHeader(options.headers, name, undefined)
      }
    }
}

/** An error as follow-redirects makes it. */
const failure = ({ config }: Call, message: string, code: string) =>
  axiosError(new Error(message), config, `ERR_FR_${code}`)

/** The target of a redirect that this package must follow. */
function destination(call: Call, { response }: Outcome): URL | undefined {
  const { maxRedirects, fetchOptions } = call.config as RedirectOptions
  const location = readHeader(response?.headers as object, 'location')
  const isRedirect = /^30[12378]$/.test(`${response?.status}`) && location
  if (!isRedirect || maxRedirects === 0 || isForbidden(fetchOptions)) return undefined
  const { redirect, getHeader } = Object(response?.request) as { redirect?: string; getHeader?: unknown }
  // Mocks and caches do not redirect: only these transports got the option not to follow.
  const isLeftToUs = redirect || (getHeader && isByHand(call))
  const to = isLeftToUs ? parse(location, call.url) : undefined
  return to && /^https?:$/.test(to.protocol) ? to : undefined
}

/** Removes the headers whose names match. */
function dropHeaders(headers: Headers, names: RegExp): void {
  for (const key of Object.keys(headers)) if (names.test(key)) delete headers[key]
}

/**
 * The headers of the next hop: without those of a body that is dropped, and without those that are one
 * origin's alone.
 */
function headersFor(call: Call, to: URL, isRewritten: boolean): Headers {
  const { sensitiveHeaders = [] } = call.config as RedirectOptions
  const headers = copyHeaders(call.base.headers)
  dropHeaders(headers, isRewritten ? /^(host|content-.*|transfer-encoding)$/i : /^host$/i)
  if (to.origin === new URL(call.url).origin) return headers
  dropHeaders(headers, /^((proxy-)?authorization|cookie)$/i)
  for (const name of sensitiveHeaders) writeHeader(headers, name, undefined)
  return headers
}

/**
 * Asks the caller's `beforeRedirect`, with what follow-redirects would give to it; it may change the headers.
 */
function askBefore(
  call: Call,
  response: Outcome['response'],
  to: URL,
  method: string | undefined,
  headers: Headers,
) {
  const { beforeRedirect } = call.config as RedirectOptions
  const { href, protocol, hostname, port, pathname, search } = to
  const path = pathname + search
  const options = { href, protocol, hostname, port, path, method: method?.toUpperCase(), headers }
  try {
    beforeRedirect?.(
      options,
      { headers: response?.headers, statusCode: response?.status },
      { url: new URL(call.url).href, method: call.method, headers: call.base.headers },
    )
  } catch (error) {
    throw failure(call, `Redirected request failed: ${(error as Error)?.message}`, 'REDIRECTION_FAILURE')
  }
  return options.headers
}

/** True where a redirect turns the request into a GET, as browsers do. */
const isRewrittenBy = (status: number, method: string) =>
  (status < 303 && method === 'POST') || (status === 303 && !/^(GET|HEAD)$/.test(method))

/**
 * Answers the call that follows a redirect to `to`, or nothing where the body cannot be sent again.
 * @throws an axios error when there were too many, or when the caller's `beforeRedirect` throws.
 */
function nextHop(call: Call, outcome: Outcome, to: URL): Call | undefined {
  const { context, scheme, config, adapter, base, hops } = call
  const response = outcome.response as AxiosLikeResponse
  const { status } = response
  const { maxRedirects = 21 } = config as RedirectOptions
  if (hops >= maxRedirects) throw failure(call, 'Maximum number of redirects exceeded', 'TOO_MANY_REDIRECTS')
  const isRewritten = isRewrittenBy(status, call.method)
  if (!isRewritten && !rewind(call)) {
    addCause(outcome.error, oauthError('OAUTH_NOT_REPLAYABLE', 'redirect', { status }))
    return undefined
  }
  const method = isRewritten ? 'get' : base.method
  const headers = askBefore(call, response, to, method, headersFor(call, to, isRewritten))
  discard(response.data)
  const data = isRewritten ? undefined : call.base.data
  const next = new Call(context, scheme, config, adapter, to, { method, headers, data }, hops + 1)
  const leavesOrigin = call.leftAllowedOrigins || to.origin !== new URL(call.url).origin
  next.leftAllowedOrigins = !mayGo(next, to.href) || (!!scheme.sameOriginOnly && leavesOrigin)
  return next
}

/**
 * Goes on with a call, by `send`, where its answer is a redirect that the transport left to us; `undefined`
 * where it is none.
 * @throws what {@link nextHop} throws, and the reason of a request that is wanted no longer
 */
export function followRedirect(
  call: Call,
  outcome: Outcome,
  send: (next: Call) => Promise<AxiosLikeResponse>,
): Promise<AxiosLikeResponse> | undefined {
  const { config, context } = call
  // Called for every answer, so it costs nothing without a redirect.
  const to = (outcome.response?.status ?? 0) > 299 ? destination(call, outcome) : undefined
  const next = to && nextHop(call, outcome, to)
  if (!next) {
    const { res } = Object(outcome.response?.request) as { res?: { responseUrl?: string } }
    // as where follow-redirects is at work
    if (res) res.responseUrl ??= call.url
    return undefined
  }
  const reason = cancellation(config)
  if (reason) throw reason
  // The target of the redirect decides.
  context.unread.delete(config)
  try {
    return send(next)
  } catch (error) {
    throw axiosError(error, config)
  }
}
