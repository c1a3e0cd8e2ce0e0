import type { OriginRule } from '../auth/origins.js'
import type { Auth, OutgoingRequest } from '../auth/scheme.js'
import type { Adapter, Instance } from './axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { isReplayable, rememberForm, type SpareBody } from './body.js'
import { isCancellable } from './cancellation.js'
import { copyHeaders, type Headers, readHeader, writeHeader } from './headers.js'
import { freeze, toWire } from './url.js'

/**
 * What an adapter settled with, whichever way: a status says more than resolve or reject, which
 * `validateStatus` decides.
 */
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
  /**
   * First answers whose body could not be read here: the response interceptor judges them after the user's
   * transforms.
   */
  readonly unread: WeakMap<object, { call: Call; token: object | undefined }>
}

/** What the application asked for: the configuration itself, or a redirect's own method, headers and body. */
export interface Asked {
  method?: string | undefined
  headers?: object | undefined
  data?: unknown
}

/**
 * One hop of one request: what the scheme sees of it, and what the seam knows. A class, because a request
 * that is signed at once must allocate little: it writes its fields and nothing else.
 */
export class Call implements OutgoingRequest {
  /** What the scheme wrote: each attempt starts without it. */
  headers: Headers | undefined
  written: Record<string, string | undefined> | undefined
  moved: string | undefined
  body: unknown
  controller: AbortController | undefined
  /** True while a redirect has led to a place that must not see the credential. */
  strayed = false
  /**
   * True where the URL is sent as it was checked here; else axios composes it, in a way in which all versions
   * agree.
   */
  readonly frozen: boolean

  readonly seam: Seam
  readonly scheme: Auth
  readonly config: AxiosLikeConfig
  adapter: Adapter
  /** The URL; absent while nothing needs it. */
  target: URL | undefined
  base: Asked
  /** Makes a form anew that the first send spends. */
  private readonly spare: (() => SpareBody) | undefined
  /** Redirects followed by hand so far. */
  readonly hops: number

  constructor(
    seam: Seam,
    scheme: Auth,
    config: AxiosLikeConfig,
    adapter: Adapter,
    target: URL | undefined,
    base: Asked = config,
    hops = 0,
  ) {
    this.seam = seam
    this.scheme = scheme
    this.config = config
    this.adapter = adapter
    this.target = target
    this.frozen = !!target
    this.base = base
    this.spare = rememberForm(base.data)
    this.hops = hops
    this.headers = this.written = this.moved = this.body = this.controller = undefined
  }

  get method(): string {
    return (this.base.method ?? 'get').toUpperCase()
  }

  get url(): string {
    this.target ??= freeze(this.config, this.seam.instance)
    return this.moved ?? (this.target ? toWire(this.target) : '')
  }

  set url(url: string) {
    this.moved = url
  }

  get data(): unknown {
    return this.body === undefined ? this.base.data : this.body
  }

  set data(data: unknown) {
    this.body = data
  }

  header(name: string): string | undefined {
    return readHeader(this.headers ?? this.base.headers, name)
  }

  setHeader(name: string, value: string | undefined): void {
    this.headers ??= copyHeaders(this.base.headers)
    writeHeader(this.headers, name, value)
    this.written ??= {}
    this.written[name] = value
  }

  get signal(): AbortSignal | undefined {
    if (isCancellable(this.config) || this.config.timeout) this.controller ??= new AbortController()
    return this.controller?.signal
  }

  /** Prepares the body for another send; false for one that can be sent once only. */
  rewind(): boolean {
    if (isReplayable(this.base.data)) return true
    if (!this.spare) return false
    const { data, contentType } = this.spare()
    const headers = copyHeaders(this.base.headers)
    writeHeader(headers, 'Content-Type', contentType)
    // the scheme may have written on a copy of the headers by now
    if (this.headers) writeHeader(this.headers, 'Content-Type', contentType)
    this.base = { method: this.base.method, headers, data }
    return true
  }

  /** Takes off what the scheme wrote: every attempt starts from what the application asked for. */
  reset(): void {
    this.headers = this.written = this.moved = this.body = undefined
  }
}

/** What judges this call's answers by their body: the attachment's, else the scheme's own. */
export const expiryOf = (call: Call) => call.seam.isTokenExpired ?? call.scheme.isTokenExpired

/** True when a credential may follow to this URL; a rule that throws says no. */
export function mayGo(call: Call, url: string): boolean {
  try {
    return call.seam.rule.allows(new URL(url))
  } catch {
    return false
  }
}
