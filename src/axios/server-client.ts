import axiosRetry, { retryAfter } from 'axios-retry'
import { isClearLoopback } from '../auth/origins.js'
import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import type { HttpClient } from '../grants/grant.js'
import type { Send, ServerRequest } from '../server/call.js'
import { adapterOf, axios, type Instance } from './axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { type CallLimits, SIZE_LIMIT, TIMEOUT, tooLarge, withinLimits } from './call-limits.js'
import { readHeader } from './headers.js'

/** How calls to the authorization server leave. */
export interface ServerClient {
  send: Send
  /** A bare instance (or the user's own) for grants that do without {@link Send}. */
  http: HttpClient
  /** Takes over adapter, agents and proxy of an attached instance; the first one counts. */
  adopt(instance: object): void
}

interface Failure {
  code?: string
  message?: string
  cause?: { code?: string }
  response?: AxiosLikeResponse
  config?: AxiosLikeConfig
}

/** The longest `Retry-After` in seconds for another try here; the session decides about longer ones. */
const PATIENCE = 10

/** Defaults of the application that calls do not override. */
const APPLICATION_DEFAULTS = /^(baseURL|params|auth|xsrfCookieName|beforeRedirect|signal|cancelToken)/

/** An instance without the user's defaults: `axios.create()` copies those of `axios` itself. */
function bareInstance(): Instance {
  const { create } = axios
  const instance = create({ withCredentials: false })
  const { defaults } = instance
  for (const key in defaults) if (APPLICATION_DEFAULTS.test(key)) delete defaults[key]
  defaults.headers = {}
  axiosRetry(instance as never, { retries: 0 })
  return instance
}

/**
 * Creates the client for calls to the authorization server: over `http`, or over a new axios instance with
 * only the settings that `adopt` takes over. No redirects, no cookies, no interceptors; every status resolves
 * with the text. Calls throw `OAUTH_SERVER_UNAVAILABLE` when no answer came and `OAUTH_ABORTED` when the
 * signal aborted; never with the raw error as cause, which shows the client's secret.
 */
export function serverClient(http?: HttpClient, from?: object): ServerClient {
  let model = from as Instance | undefined
  let made = http as Instance | undefined

  // Created on first use, because a session for one request of a web server often needs none. Later settings
  // of the instance are taken over before every call.
  const client = () => {
    made ??= bareInstance()
    for (const key of ['adapter', 'httpAgent', 'httpsAgent', 'proxy'])
      if (!http && model?.defaults[key] !== undefined)
        made.defaults[key] = key === 'adapter' ? adapterOf(model) : model.defaults[key]
    return made
  }

  return {
    get http() {
      return client() as unknown as HttpClient
    },
    adopt(instance) {
      model ??= instance as Instance
    },
    async send(request) {
      const { status, data, headers } = await withinLimits(request, limits =>
        client().request(toConfig(request, limits, client())),
      ).catch(error => answerOf(request, error))
      if (!status) throw oauthError('OAUTH_SERVER_UNAVAILABLE', 'redirect', { host: request.url.host })
      const body = String(data ?? '')
      if (body.length > SIZE_LIMIT) throw tooLarge(request)
      return { status, body, header: name => readHeader(headers as object, name) }
    },
  }
}

/**
 * The answer behind an error of axios, or an error without the request, which shows the client's secret.
 */
function answerOf(request: ServerRequest, error: Failure | OAuthError): AxiosLikeResponse {
  if (isOAuthError(error)) throw error
  const { response, code = '', message = '' } = error
  if (response) return response
  if (/maxContentLength/.test(message)) throw tooLarge(request)
  throw oauthError('OAUTH_SERVER_UNAVAILABLE', 'noAnswer', { host: request.url.host, problem: code })
}

const same = (data: unknown) => data

/** The wait that a server asks for, in milliseconds. */
const askedFor = (error: Failure) => retryAfter(error as never)

/** Writes a call as a request that overrides the defaults of its instance. */
function toConfig(
  { endpoint, method, url, headers, body, json, agent, timeout = TIMEOUT }: ServerRequest,
  { signal, arrived }: CallLimits,
  { defaults }: Partial<Instance>,
): AxiosLikeConfig {
  const data = json === undefined ? `${body}` : JSON.stringify(json)
  return {
    method,
    url: url.href,
    headers: json === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
    ...(data && { data }),
    ...(agent ? { httpsAgent: agent } : {}),
    // A proxy of the environment would carry secrets in the clear away from this machine. A proxy that the
    // application names is allowed.
    ...(defaults?.proxy === undefined && isClearLoopback(url.href) && { proxy: false }),
    signal,
    // an adapter of the application may know this one alone; the attached instance's own is for its own
    // requests
    timeout: timeout * 1000,
    maxContentLength: SIZE_LIMIT,
    onDownloadProgress: ({ loaded }: { loaded: number }) => arrived(loaded),
    oauth: false,
    maxRedirects: 0,
    fetchOptions: { redirect: 'manual' },
    withCredentials: false,
    responseType: 'text',
    transformRequest: [same],
    transformResponse: [same],
    validateStatus: (status: number) => status !== 429 && status !== 503,
    'axios-retry': {
      retries: 2,
      // A second try is harmless if the server said that it did nothing, or was never reached. After a reset
      // or a timeout the server may have spent the refresh token.
      retryCondition: (error: Failure) =>
        error.response
          ? !/^(device|backchannel)$/.test(endpoint) && askedFor(error) <= PATIENCE * 1000
          : /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)$/.test(error.cause?.code ?? error.code ?? ''),
      retryDelay: (count: number, error: Failure) => Math.max(100 * 2 ** count, askedFor(error)),
    },
  }
}
