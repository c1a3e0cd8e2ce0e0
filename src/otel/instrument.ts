import {
  type RenewalMessage,
  type RetryMessage,
  type SkippedMessage,
  subscribeAll,
  type TraceListener,
} from '../lib/diagnostics.js'

/** Attributes of a span or a measurement. */
type Attributes = Record<string, string>

/** A counter of `@opentelemetry/api`. */
export interface OtelCounter {
  add(value: number, attributes?: Attributes): void
}

/** A histogram of `@opentelemetry/api`. */
export interface OtelHistogram {
  record(value: number, attributes?: Attributes): void
}

/** The used part of a `Meter` of `@opentelemetry/api`. */
export interface OtelMeter {
  createCounter(name: string, options?: { description?: string; unit?: string }): OtelCounter
  createHistogram(name: string, options?: { description?: string; unit?: string }): OtelHistogram
}

/** The used part of a `Span` of `@opentelemetry/api`. */
export interface OtelSpan {
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

/** The used part of a `Tracer` of `@opentelemetry/api`. */
export interface OtelTracer {
  startSpan(name: string, options?: { attributes?: Attributes }): OtelSpan
}

/** Options of {@link instrumentOAuth}: without one of the two, there are no metrics or no spans. */
export interface OtelOptions {
  /** `metrics.getMeter('axios-oauth-interceptor')` */
  meter?: OtelMeter
  /** `trace.getTracer('axios-oauth-interceptor')` */
  tracer?: OtelTracer
}

/** `SpanStatusCode.ERROR` of `@opentelemetry/api`. */
const ERROR = 2

/** Methods of RFC 9110 and RFC 5789; any other is `_OTHER`, by the semantic conventions. */
const METHODS = /^(CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|TRACE)$/

const methodOf = ({ method }: RetryMessage): Attributes => ({
  'http.request.method': METHODS.test(method) ? method : '_OTHER',
})

const causeOf = ({ protocol, cause }: RenewalMessage): Attributes => ({
  'axios_oauth.protocol': protocol,
  'axios_oauth.renewal.cause': cause,
})

function outcomeOf({ result, error }: RenewalMessage): Attributes {
  if (error) return { 'axios_oauth.renewal.outcome': 'failed', 'error.type': error.code ?? error.name }
  return { 'axios_oauth.renewal.outcome': result?.renewed ? 'renewed' : 'taken_over' }
}

function metricsOf(meter: OtelMeter) {
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(`axios_oauth.${name}`, { unit, description })
  const duration = meter.createHistogram('axios_oauth.renewal.duration', {
    unit: 's',
    description: 'How long a renewal took, the wait for its lock included.',
  })
  const renewals = counter('renewals', '{renewal}', 'Renewals of tokens, also failed ones.')
  const skipped = counter('requests.skipped', '{request}', 'Requests that were sent without a credential.')
  const replayed = counter('requests.replayed', '{request}', 'Requests that were sent again after a renewal.')
  const retried = counter(
    'requests.nonce_retried',
    '{request}',
    'Requests that were sent again with another nonce.',
  )
  const starts = new WeakMap<RenewalMessage, number>()
  return {
    renewal: {
      start: (message: RenewalMessage) => void starts.set(message, performance.now()),
      settled(message: RenewalMessage) {
        const attributes = { ...causeOf(message), ...outcomeOf(message) }
        const start = starts.get(message)
        renewals.add(1, attributes)
        if (start !== undefined) duration.record((performance.now() - start) / 1000, attributes)
      },
    },
    skipped: (message: SkippedMessage) =>
      skipped.add(1, { ...methodOf(message), 'axios_oauth.skip.reason': message.reason }),
    replay: (message: RetryMessage) => replayed.add(1, methodOf(message)),
    'nonce-retry': (message: RetryMessage) => retried.add(1, methodOf(message)),
  }
}

function spansOf(tracer: OtelTracer): { renewal: TraceListener<RenewalMessage> } {
  const spans = new WeakMap<RenewalMessage, OtelSpan>()
  return {
    renewal: {
      start: message =>
        void spans.set(message, tracer.startSpan('oauth renewal', { attributes: causeOf(message) })),
      settled(message) {
        const span = spans.get(message)
        span?.setAttributes(outcomeOf(message))
        if (message.error) span?.setStatus({ code: ERROR })
        span?.end()
      },
    },
  }
}

/**
 * Maps the diagnostics channels to metrics and spans, for all sessions of the process. Returns the function
 * that stops it. `docs/observability.md` lists names and attributes.
 * @throws OAuthError `OAUTH_INVALID_OPTION` where there are no diagnostics channels
 * @example
 * import { metrics, trace } from '@opentelemetry/api'
 * const name = 'axios-oauth-interceptor'
 * const stop = instrumentOAuth({ meter: metrics.getMeter(name), tracer: trace.getTracer(name) })
 */
export function instrumentOAuth({ meter, tracer }: OtelOptions): () => void {
  const stops = [...(meter ? [metricsOf(meter)] : []), ...(tracer ? [spansOf(tracer)] : [])].map(subscribeAll)
  return () => {
    for (const stop of stops) stop()
  }
}
