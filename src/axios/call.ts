import type { OriginRule } from '../auth/origins.js'
import type { Auth, OutgoingRequest } from '../auth/scheme.js'
import type { Adapter, Instance } from './axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { isCancellable } from './cancellation.js'
import { copyHeaders, type Headers, readHeader, writeHeader } from './headers.js'
import { freeze, toWire } from './url.js'

/** What an adapter settled with, whichever way: a status says more than resolve or reject, which `validateStatus` decides. */
export interface Outcome {
  response?: AxiosLikeResponse | undefined
  error?: unknown
  failed: boolean
}

/** What all calls of one attachment share. */
export interface Seam {
  readonly instance: Instance | undefined
  readonly rule: OriginRule
  readonly isTokenExpired?: ((response: AxiosLikeResponse) => boolean) | undefined
  /** First answers whose body could not be read here: the response interceptor judges them after the user's transforms. */
  readonly unread: WeakMap<object, { call: Call; token: object | undefined }>
}

/** One hop of one request: what the scheme sees of it, and what the seam knows. */
export interface Call extends OutgoingRequest {
  seam: Seam
  scheme: Auth
  config: AxiosLikeConfig
  adapter: Adapter
  /** What the application asked for: the configuration itself, or a redirect's own method, headers and body. */
  base: { method?: string | undefined; headers?: object | undefined; data?: unknown }
  /** The URL; absent while nobody needs it. */
  target: URL | undefined
  /** True where it is sent as it was checked here; else axios composes it, in a way in which all versions agree. */
  frozen: boolean
  /** What the scheme wrote. */
  headers: Headers | undefined
  written: Record<string, string | undefined> | undefined
  moved: string | undefined
  body: unknown
  controller: AbortController | undefined
  /** Redirects followed by hand so far. */
  hops: number
  /** True while a redirect has led to a place that must not see the credential. */
  strayed: boolean
}

// shared by all calls as their prototype: a request that is signed at once allocates nothing but its fields
const outgoing: ThisType<Call> & OutgoingRequest = {
  get method() {
    return (this.base.method ?? 'get').toUpperCase()
  },
  get url() {
    this.target ??= freeze(this.config, this.seam.instance)
    return this.moved ?? (this.target ? toWire(this.target) : '')
  },
  set url(url) {
    this.moved = url
  },
  get data() {
    return this.body === undefined ? this.base.data : this.body
  },
  set data(data) {
    this.body = data
  },
  header(name) {
    return readHeader(this.headers ?? this.base.headers, name)
  },
  setHeader(name, value) {
    this.headers ??= copyHeaders(this.base.headers)
    writeHeader(this.headers, name, value)
    this.written ??= {}
    this.written[name] = value
  },
  get signal() {
    if (isCancellable(this.config)) this.controller ??= new AbortController()
    return this.controller?.signal
  },
}

/** Begins a call; `hops` and `base` differ for a redirect that is followed by hand. */
export function createCall(
  seam: Seam,
  scheme: Auth,
  config: AxiosLikeConfig,
  adapter: Adapter,
  target: URL | undefined,
  base: Call['base'] = config,
  hops = 0,
): Call {
  return {
    __proto__: outgoing,
    seam,
    scheme,
    config,
    adapter,
    base,
    target,
    frozen: !!target,
    headers: undefined,
    written: undefined,
    moved: undefined,
    body: undefined,
    controller: undefined,
    hops,
    strayed: false,
  } as unknown as Call
}

/** Takes off what the scheme wrote: every attempt starts from what the application asked for. */
export function reset(call: Call): void {
  call.headers = call.written = call.moved = call.body = undefined
}
