import type { OutgoingRequest } from '../auth/scheme.js'
import { type OAuthError, oauthError } from '../errors.js'

/** A send that follows another one of the same request. */
export type Retry = 'replay' | 'nonce-retry'

/** One time that a request left. Times are milliseconds of `performance.now()`. */
export interface SendMessage {
  /** `redirect` where this package follows redirects itself. */
  readonly kind: 'first' | 'redirect' | Retry
  readonly start: number
  /** Absent while the answer is awaited. */
  end?: number
  /** Absent without an answer. */
  status?: number | undefined
}

/** What every message says of its request. */
export interface RequestFacts {
  /** Upper case. */
  readonly method: string
  /** Without user, query and fragment. */
  readonly url: string | undefined
}

/**
 * Context of the tracing channel `axios-oauth-interceptor:request`: one request, however often it is sent.
 */
export interface RequestMessage extends RequestFacts {
  readonly sends: SendMessage[]
  result?: { status: number | undefined }
  /** The OAuthError of a request without a token, else the name and code of the transport's error. */
  error?: OAuthError | { name: string; code: string | undefined }
}

/**
 * Context of the tracing channel `axios-oauth-interceptor:renewal`: one renewal, however many requests wait
 * for it.
 */
export interface RenewalMessage {
  readonly protocol: 'oauth1' | 'oauth2'
  readonly cause: 'expired' | 'refused' | 'ahead' | 'forced'
  /** `renewed` is false where another process had renewed the token already. */
  result?: { renewed: boolean }
  error?: OAuthError
}

/** Message of `axios-oauth-interceptor:request:skipped`: a request is sent without a credential. */
export interface SkippedMessage extends RequestFacts {
  /** One of the reasons of `attachment.explain()`. */
  readonly reason: string
}

/**
 * Message of `axios-oauth-interceptor:replay` and `axios-oauth-interceptor:nonce-retry`: a request is sent
 * again.
 */
export type RetryMessage = RequestFacts

/** Receives a message of a channel. */
export type Listener = (message: unknown) => void

/** Receives the two ends of a trace. */
export interface TraceListener<M> {
  start?: (message: M) => void
  /** `result` or `error` is set. */
  settled?: (message: M) => void
}

/** What {@link subscribeAll} listens to. */
export interface Listeners {
  renewal?: TraceListener<RenewalMessage>
  request?: TraceListener<RequestMessage>
  skipped?: (message: SkippedMessage) => void
  replay?: (message: RetryMessage) => void
  'nonce-retry'?: (message: RetryMessage) => void
}

interface Channel {
  readonly hasSubscribers: boolean
  publish(message: object): void
  subscribe(listener: Listener): void
  unsubscribe(listener: Listener): void
}

type Phase = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error'

interface TracingChannel {
  /** Absent in Bun. */
  readonly hasSubscribers?: boolean
  readonly start: Channel
  readonly asyncEnd: Channel
  tracePromise(run: () => Promise<unknown>, context: object): Promise<unknown>
  subscribe(listeners: Record<Phase, Listener>): void
  unsubscribe(listeners: Record<Phase, Listener>): void
}

interface DiagnosticsChannel {
  channel(name: string): Channel
  tracingChannel(name: string): TracingChannel
}

/**
 * Names the session that a message is about, for {@link ownersOf}; hidden, so that a logged message does not
 * show it.
 */
const OWNERS = /* @__PURE__ */ Symbol.for('axios-oauth-interceptor.owners')

const NAME = 'axios-oauth-interceptor'

/**
 * `node:diagnostics_channel`, from Node 20.16 and 22.3 on and on platforms that have the same; elsewhere
 * `undefined`. No import, because a bundler for browsers that takes the full build for development could not
 * resolve it.
 */
const diagnosticsChannel = (): DiagnosticsChannel | undefined =>
  (
    globalThis as { process?: { getBuiltinModule?: (id: string) => DiagnosticsChannel | undefined } }
  ).process?.getBuiltinModule?.('node:diagnostics_channel')

function openChannels() {
  const node = diagnosticsChannel()
  if (typeof node?.tracingChannel !== 'function') return undefined
  return {
    renewal: node.tracingChannel(`${NAME}:renewal`),
    request: node.tracingChannel(`${NAME}:request`),
    skipped: node.channel(`${NAME}:request:skipped`),
    replay: node.channel(`${NAME}:replay`),
    'nonce-retry': node.channel(`${NAME}:nonce-retry`),
  }
}

const isObserved = (channel: TracingChannel | undefined): channel is TracingChannel =>
  !!channel && (channel.hasSubscribers ?? (channel.start.hasSubscribers || channel.asyncEnd.hasSubscribers))

const channels = /* @__PURE__ */ openChannels()

const owned = <M extends object>(message: M, owners: readonly unknown[]): M =>
  Object.defineProperty(message, OWNERS, { value: owners })

/** The insides of the sessions that a message is about. */
export const ownersOf = (message: object): readonly unknown[] =>
  (message as { [OWNERS]?: readonly unknown[] })[OWNERS] ?? []

/**
 * Runs `run` under a tracing channel. Its result and its error are not published, because both may contain
 * personal data.
 */
function trace<T>(
  channel: TracingChannel,
  context: object,
  run: () => Promise<T>,
  describe: { result(value: T): object; error(reason: unknown): unknown },
): Promise<T> {
  let running!: Promise<T>
  const traced = channel.tracePromise(() => {
    running = new Promise(resolve => resolve(run()))
    return running.then(describe.result, reason => {
      throw describe.error(reason)
    })
  }, context)
  return traced.then(
    () => running,
    () => running,
  )
}

/** Traces a renewal. */
export function traceRenewal<T extends object>(
  owner: object,
  { protocol, cause }: Pick<RenewalMessage, 'protocol' | 'cause'>,
  run: () => Promise<T>,
): Promise<T> {
  const channel = channels?.renewal
  if (!isObserved(channel)) return run()
  return trace(channel, owned({ protocol, cause }, [owner]), run, {
    result: found => ({ renewed: (found as { renewed?: boolean }).renewed ?? protocol === 'oauth1' }),
    error: reason => reason,
  })
}

/** A request that can be traced. */
interface Traceable<R = unknown> extends Pick<OutgoingRequest, 'method' | 'url'> {
  readonly scheme: { readonly owner?: object | undefined }
  /** Sends it. */
  adapter(this: void, config: never): Promise<R>
}

/** The trace of a request by the adapter that its sends go through, and what its next send is. */
const traces = /* @__PURE__ */ new WeakMap<object, { next?: Retry | undefined }>()
/** Requests that the scheme sends again with a new nonce. */
const nonceRetries = /* @__PURE__ */ new WeakSet<object>()

function factsOf({ method, url }: Pick<OutgoingRequest, 'method' | 'url'>): RequestFacts {
  try {
    const { origin, pathname } = new URL(url)
    return { method, url: origin + pathname }
  } catch {
    return { method, url: undefined }
  }
}

function recordSends(call: Traceable, sends: SendMessage[]): void {
  const { adapter } = call
  const trace: { next?: Retry | undefined } = {}
  const recording = (config: never) => {
    const send: SendMessage = {
      kind: trace.next ?? (sends.length ? 'redirect' : 'first'),
      start: performance.now(),
    }
    trace.next = undefined
    sends.push(send)
    const settle = (status: number | undefined) => Object.assign(send, { end: performance.now(), status })
    const answer = adapter(config)
    answer.then(
      response => settle((response as { status?: number } | undefined)?.status),
      error => settle(error?.response?.status),
    )
    return answer
  }
  traces.set(recording, trace)
  call.adapter = recording
}

interface Failure {
  name?: string
  code?: string
  cause?: { name?: string }
  response?: { status?: number }
}

/** Of an error of the transport its name and code alone: the rest holds the application's data. */
function safeError(reason: unknown): unknown {
  const failure = Object(reason) as Failure
  for (const error of [failure, failure.cause]) if (error?.name === 'OAuthError') return error
  return { name: String(failure.name ?? 'Error'), code: failure.code }
}

/** Traces a request with all its sends. */
export function traceRequest<C extends Traceable, R>(call: C, send: (call: C) => Promise<R>): Promise<R> {
  const channel = channels?.request
  if (!isObserved(channel)) return send(call)
  const sends: SendMessage[] = []
  recordSends(call, sends)
  return trace(channel, owned({ ...factsOf(call), sends }, [call.scheme.owner]), () => send(call), {
    result: response => ({ status: (response as { status?: number } | undefined)?.status }),
    error: safeError,
  })
}

/**
 * Publishes that a request is sent without a credential. `explain` is called only when there are subscribers.
 */
export function publishSkipped(
  owners: readonly unknown[],
  explain: () => { reason?: string; method?: string | undefined; url?: string | undefined } | undefined,
): void {
  if (!channels?.skipped.hasSubscribers) return
  const { reason, method = 'GET', url } = explain() ?? {}
  if (reason)
    channels.skipped.publish(
      owned({ reason, ...factsOf({ method: method.toUpperCase(), url: url ?? '' }) }, owners),
    )
}

/** Notes that the next send of a request is for its nonce. */
export function noteNonceRetry(request: object): void {
  if (channels) nonceRetries.add(request)
}

/** Publishes that a request is sent again. */
export function publishRetry(call: Traceable): void {
  if (!channels) return
  const retry: Retry = nonceRetries.delete(call) ? 'nonce-retry' : 'replay'
  const trace = traces.get(call.adapter)
  if (trace) trace.next = retry
  if (channels[retry].hasSubscribers) channels[retry].publish(owned(factsOf(call), [call.scheme.owner]))
}

const ignore = () => {}

/**
 * Subscribes to the channels; returns the function that unsubscribes.
 * @throws OAuthError `OAUTH_INVALID_OPTION` where there are no channels
 */
export function subscribeAll(listeners: Listeners): () => void {
  if (!channels) throw oauthError('OAUTH_INVALID_OPTION', 'noDiagnostics')
  const stops: Array<() => void> = []
  for (const name of ['renewal', 'request'] as const) {
    if (!listeners[name]) continue
    const { start = ignore, settled = ignore } = listeners[name] as TraceListener<unknown>
    const phases = { start, end: ignore, asyncStart: ignore, asyncEnd: settled, error: ignore }
    channels[name].subscribe(phases)
    stops.push(() => channels[name].unsubscribe(phases))
  }
  for (const name of ['skipped', 'replay', 'nonce-retry'] as const) {
    const listener = listeners[name] as Listener | undefined
    if (!listener) continue
    channels[name].subscribe(listener)
    stops.push(() => channels[name].unsubscribe(listener))
  }
  return () => {
    for (const stop of stops.splice(0)) stop()
  }
}
