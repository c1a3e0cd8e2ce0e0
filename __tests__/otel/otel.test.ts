import { SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import axios from 'axios'
import { attachOAuth2 } from '../../src/index.js'
import { instrumentOAuth } from '../../src/otel.js'
import { fakeSession } from '../../src/testing.js'

/** The real SDK, with exporters that keep what they get. */
function telemetry() {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 3_600_000,
  })
  const meters = new MeterProvider({ readers: [reader] })
  const spanExporter = new InMemorySpanExporter()
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
  return {
    meter: meters.getMeter('axios-oauth-interceptor'),
    tracer: tracers.getTracer('axios-oauth-interceptor'),
    spans: () =>
      spanExporter.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status })),
    async metrics() {
      await reader.forceFlush()
      const [last] = metricExporter.getMetrics().slice(-1)
      const all = last?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
      return Object.fromEntries(
        all.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => ({
            attributes,
            value: typeof value === 'number' ? value : { count: (value as { count: number }).count },
          })),
        ]),
      )
    },
    async stop() {
      await meters.shutdown()
      await tracers.shutdown()
    },
  }
}

let sdk: ReturnType<typeof telemetry>
let stop: () => void
beforeEach(() => {
  sdk = telemetry()
  stop = instrumentOAuth(sdk)
})
afterEach(async () => {
  stop()
  await sdk.stop()
})

function application(options: Parameters<typeof fakeSession>[0] = {}) {
  const session = fakeSession(options)
  const api = axios.create({ baseURL: 'https://api.example.com', adapter: session.server.api() as never })
  attachOAuth2(api, session)
  return { session, api }
}

const renewed = {
  'axios_oauth.protocol': 'oauth2',
  'axios_oauth.renewal.cause': 'refused',
  'axios_oauth.renewal.outcome': 'renewed',
}

test('a storm of 50 refused requests: one renewal with its duration, 50 replays, one span', async () => {
  const { session, api } = application()
  session.server.revokeAccessTokens()
  await Promise.all(Array.from({ length: 50 }, (_, id) => api.get(`/people/${id}`)))
  expect(await sdk.metrics()).toEqual({
    'axios_oauth.renewals': [{ attributes: renewed, value: 1 }],
    'axios_oauth.renewal.duration': [{ attributes: renewed, value: { count: 1 } }],
    'axios_oauth.requests.replayed': [{ attributes: { 'http.request.method': 'GET' }, value: 50 }],
  })
  expect(sdk.spans()).toEqual([
    { name: 'oauth renewal', attributes: renewed, status: { code: SpanStatusCode.UNSET } },
  ])
})

test('a renewal that fails is counted with the code of its error, and its span is an error', async () => {
  const { session, api } = application()
  session.server.revokeEverything()
  await expect(api.get('/me')).rejects.toThrow()
  const failed = { ...renewed, 'axios_oauth.renewal.outcome': 'failed', 'error.type': 'OAUTH_SESSION_ENDED' }
  expect((await sdk.metrics())['axios_oauth.renewals']).toEqual([{ attributes: failed, value: 1 }])
  expect(sdk.spans()).toEqual([
    { name: 'oauth renewal', attributes: failed, status: { code: SpanStatusCode.ERROR } },
  ])
})

test('skipped requests are counted by reason, and unheard-of methods as one', async () => {
  const { api } = application()
  for (const method of ['get', 'brew', 'steep'])
    await api({ method, url: '/me', oauth: false, validateStatus: null } as never)
  expect((await sdk.metrics())['axios_oauth.requests.skipped']).toEqual([
    { attributes: { 'http.request.method': 'GET', 'axios_oauth.skip.reason': 'oauth-false' }, value: 1 },
    { attributes: { 'http.request.method': '_OTHER', 'axios_oauth.skip.reason': 'oauth-false' }, value: 2 },
  ])
})

test('attributes are few however many people, URLs and tokens there are', async () => {
  for (let person = 0; person < 20; person++) {
    const { session, api } = application({ token: `token-${person}` })
    session.server.revokeAccessTokens()
    session.expire()
    await api.get(`/people/${person}?secret=${person}`)
    await api.get(`https://other-${person}.example/`, { validateStatus: null })
  }
  const points = Object.values(await sdk.metrics()).flat()
  expect(points.length).toBeLessThanOrEqual(4)
  expect(JSON.stringify([points, sdk.spans()])).not.toMatch(/token-|people|other|secret|access-/)
})

test('nothing is counted after stop(); a meter alone or a tracer alone is enough', async () => {
  stop()
  const { api } = application({ status: 'expiring' })
  const stops = [instrumentOAuth({ tracer: sdk.tracer }), instrumentOAuth({})]
  await api.get('/me')
  for (const each of stops) each()
  expect(await sdk.metrics()).toEqual({})
  expect(sdk.spans()).toHaveLength(1)
})
