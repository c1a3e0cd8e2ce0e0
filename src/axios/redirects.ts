import { parse } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import type { AxiosLikeConfig } from './axios-like.js'
import { discard } from './body.js'
import { Call, mayGo, type Outcome } from './call.js'
import { axiosError, explain } from './errors.js'
import { copyHeaders, dropHeaders, findHeader, type Headers, readHeader, writeHeader } from './headers.js'
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

/** True where the caller follows redirects, or does without. */
const isForbidden = (fetchOptions: RedirectOptions['fetchOptions']) => (fetchOptions?.redirect ?? 'follow') !== 'follow'

/** True where redirects are followed by hand: the credential changes with the URL, or the version has no `beforeRedirect` that works. */
function isByHand({ scheme, config }: Call): boolean {
  const { env, proxy, headers } = config as RedirectOptions
  // 0.27 and 0.28 call either the proxy's hook or this one
  return !!scheme.boundToUrl || !env || !!(proxy && !(headers as { set?: unknown }).set)
}

/**
 * Adds to a request's options what keeps its credential from following a redirect to where it must not go: in Node a hook that
 * is asked at every hop, or an order not to follow. In browsers the platform follows, and drops `Authorization` on the way out.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4
 */
export function guard(call: Call, patch: AxiosLikeConfig): void {
  const { maxRedirects, beforeRedirect, fetchOptions } = call.config as RedirectOptions
  const { written } = call
  if (!pageUrl() && !isForbidden(fetchOptions)) patch.fetchOptions = { ...fetchOptions, redirect: 'manual' }
  if (maxRedirects === 0) return
  if (isByHand(call)) patch.maxRedirects = 0
  else
    patch.beforeRedirect = (options: { href: string; headers: Headers }, ...rest: unknown[]) => {
      beforeRedirect?.(options, ...rest)
      call.strayed = !mayGo(call, options.href)
      for (const name in written) {
        const present = options.headers[findHeader(options.headers, name.toLowerCase()) ?? name]
        if (!call.strayed) writeHeader(options.headers, name, present ?? written[name])
        else if (present === written[name]) writeHeader(options.headers, name, undefined)
      }
    }
}

/** An error as follow-redirects makes it. */
const failure = ({ config }: Call, message: string, code: string) =>
  axiosError(new Error(message), config, `ERR_FR_${code}`)

/**
 * Answers the call that follows a redirect which the transport left to us, or nothing.
 * @throws an axios error when there were too many, or when the caller's `beforeRedirect` throws.
 */
export function follow(call: Call, outcome: Outcome): Call | undefined {
  const { response } = outcome
  if (!response || response.status < 300) return undefined
  const { config } = call
  const { maxRedirects = 21, beforeRedirect, fetchOptions, sensitiveHeaders = [] } = config as RedirectOptions
  const location = readHeader(response.headers as object, 'location')
  const { redirect, getHeader } = Object(response.request) as { redirect?: string; getHeader?: unknown }
  if (
    !/^30[12378]$/.test(`${response.status}`) ||
    !location ||
    maxRedirects === 0 ||
    isForbidden(fetchOptions) ||
    // what a mock or a cache answers is nobody's to follow: only these transports were told to leave it to us
    !(redirect || (getHeader && isByHand(call)))
  )
    return undefined
  const from = new URL(call.url)
  const to = parse(location, from.href)
  if (!to || !/^https?:$/.test(to.protocol)) return undefined
  if (call.hops >= maxRedirects) throw failure(call, 'Maximum number of redirects exceeded', 'TOO_MANY_REDIRECTS')

  const { status } = response
  const rewritten = (status < 303 && call.method === 'POST') || (status === 303 && !/^(GET|HEAD)$/.test(call.method))
  if (!rewritten && !call.rewind()) {
    explain(outcome, oauthError('OAUTH_NOT_REPLAYABLE', 'redirect', { status }))
    return undefined
  }
  const { base } = call
  const headers = copyHeaders(base.headers)
  dropHeaders(headers, rewritten ? /^(host|content-.*|transfer-encoding)$/i : /^host$/i)
  if (to.origin !== from.origin) {
    dropHeaders(headers, /^((proxy-)?authorization|cookie)$/i)
    for (const name of sensitiveHeaders) writeHeader(headers, name, undefined)
  }
  const method = rewritten ? 'get' : base.method
  const options = {
    href: to.href,
    protocol: to.protocol,
    hostname: to.hostname,
    port: to.port,
    path: to.pathname + to.search,
    method: method?.toUpperCase(),
    headers,
  }
  try {
    beforeRedirect?.(
      options,
      { headers: response.headers, statusCode: status },
      { url: from.href, method: call.method, headers: base.headers },
    )
  } catch (error) {
    throw failure(call, `Redirected request failed: ${(error as Error)?.message}`, 'REDIRECTION_FAILURE')
  }
  discard(response.data)
  const data = rewritten ? undefined : base.data
  const next = new Call(
    call.seam,
    call.scheme,
    config,
    call.adapter,
    to,
    { method, headers: options.headers, data },
    call.hops + 1,
  )
  next.strayed = !mayGo(next, to.href) || (!!call.scheme.sameOriginOnly && (call.strayed || to.origin !== from.origin))
  return next
}
