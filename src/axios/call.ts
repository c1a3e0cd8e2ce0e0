import { type OriginRule, parse } from '../auth/origins.js'
import type { Auth, IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import type { Adapter, Instance } from './axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { rememberForm, restoreForm, type SpareForm } from './form-body.js'
import { copyHeaders, type Headers, readHeader, writeHeader } from './headers.js'
import { freeze, toWire } from './url.js'

/**
 * The result of an adapter, resolved or rejected. The status is judged here, because `validateStatus` decides
 * only whether the promise resolves.
 */
export interface Outcome {
  response?: AxiosLikeResponse | undefined
  error?: unknown
  failed: boolean
}

/** The shared part of all calls of one attachment. */
export interface AttachmentContext {
  readonly instance: Instance | undefined
  readonly rule: OriginRule
  readonly isTokenExpired?: ((response: AxiosLikeResponse) => boolean) | undefined
  /**
   * Calls whose first answer has a body that could not be read here, by their configuration: the response
   * interceptor judges them after the user's transforms.
   */
  readonly unread: WeakMap<object, Call>
}

/** The request of the application: its configuration, or the method, headers and body of a redirect. */
export interface Asked {
  method?: string | undefined
  headers?: object | undefined
  data?: unknown
}

/**
 * One hop of one request, with the view that the scheme gets. It is a class, because a request that is signed
 * at once must allocate little.
 */
export class Call implements OutgoingRequest {
  declare readonly context: AttachmentContext
  declare readonly scheme: Auth
  declare readonly config: AxiosLikeConfig
  declare adapter: Adapter
  /** The URL; absent while nothing needs it. */
  declare target: URL | undefined
  /**
   * True where the URL is sent as it was checked here; else axios composes it, in a way in which all versions
   * agree.
   */
  declare readonly frozen: boolean
  declare base: Asked
  /** Redirects followed by hand so far. */
  declare readonly hops: number
  /** Creates the form again that the first send consumes. */
  declare readonly spare: SpareForm | undefined
  /** The token that `open` signed with. */
  declare token: object | undefined
  /** True after a redirect to a place that must not see the credential. */
  declare leftAllowedOrigins: boolean
  declare controller: AbortController | undefined
  /** Milliseconds for which the request has waited for its credential. */
  declare waited: number
  /** Why the request is wanted no longer: it was aborted, or its `timeout` passed, while it waited. */
  declare over?: unknown
  /** The headers of the scheme: each attempt starts without them. */
  declare headers: Headers | undefined
  declare written: Record<string, string | undefined> | undefined
  declare urlFromScheme: string | undefined
  declare body: unknown

  constructor(
    context: AttachmentContext,
    scheme: Auth,
    config: AxiosLikeConfig,
    adapter: Adapter,
    target: URL | undefined,
    base: Asked = config,
    hops = 0,
  ) {
    this.context = context
    this.scheme = scheme
    this.config = config
    this.adapter = adapter
    this.target = target
    this.frozen = !!target
    this.base = base
    this.hops = hops
    this.spare = base.data ? rememberForm(base.data) : undefined
    this.leftAllowedOrigins = false
    this.token = this.controller = undefined
    this.waited = 0
    this.reset()
  }

  /** Removes the changes of the scheme, because every attempt starts from the request of the application. */
  reset(): void {
    this.headers = this.written = this.urlFromScheme = this.body = undefined
  }

  get method(): string {
    return (this.base.method ?? 'get').toUpperCase()
  }

  get url(): string {
    this.target ??= freeze(this.config, this.context.instance)
    return this.urlFromScheme ?? (this.target ? toWire(this.target) : '')
  }

  set url(url: string) {
    this.urlFromScheme = url
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
    const { signal, cancelToken, timeout } = this.config
    if (signal || cancelToken || timeout) this.controller ??= new AbortController()
    return this.controller?.signal
  }
}

interface Streamlike {
  pipe?: unknown
  getReader?: unknown
  destroy?(): void
  cancel?(): Promise<unknown>
  [Symbol.asyncIterator]?: unknown
}

/**
 * Prepares the body for another send. False for one that can be sent once only: text, bytes, forms and blobs
 * can be sent twice; a stream, a `form-data` object (which is one) and an async iterable are spent by the
 * first send.
 */
export function rewind(call: Call): boolean {
  const body = call.base.data as Streamlike | undefined | null
  return !(body?.pipe || body?.getReader || body?.[Symbol.asyncIterator]) || restoreForm(call)
}

/** Ends a response stream that is not read to its end; anything else is left alone. */
export function discard(data: unknown): void {
  const body = data as Streamlike | undefined | null
  if (body?.pipe) body.destroy?.()
  else if (body?.getReader) body.cancel?.().catch(() => {})
}

/** True when a credential may follow to this URL; a rule that throws says no. */
export function mayGo({ context }: Call, url: string): boolean {
  try {
    return context.rule.allows(new URL(url))
  } catch {
    return false
  }
}

/** The `isTokenExpired` of the attachment, or else that of the scheme. */
export const expiryOf = ({ context, scheme }: Call) => context.isTokenExpired ?? scheme.isTokenExpired

/** Whether the body says that the token expired; `undefined` where only the user's transforms can read it. */
function tellExpired(call: Call, response: AxiosLikeResponse): boolean | undefined {
  const { data, headers } = response
  if (typeof data !== 'string' || !/json/i.test(readHeader(headers as object, 'content-type') ?? ''))
    return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(data)
  } catch {
    return undefined
  }
  return expiryOf(call)?.({ ...response, data: parsed })
}

/**
 * The view of a response that the scheme gets. `expired` is the verdict of its body; `undefined` if it is not
 * readable here.
 */
export function incomingOf(
  call: Call,
  response: AxiosLikeResponse,
  expired = expiryOf(call) ? tellExpired(call, response) : false,
): IncomingResponse {
  const { status, data, headers, request } = response
  // A browser removes the header when it follows a redirect to another origin.
  const { responseURL } = Object(request) as { responseURL?: string }
  const end = responseURL ? parse(responseURL) : undefined
  return {
    status,
    data,
    expired,
    authenticated: !call.leftAllowedOrigins && (!end || end.origin === parse(call.url)?.origin),
    header: name => readHeader(headers as object, name),
    discard: () => discard(data),
  }
}
