/**
 * Renewals, replays and skipped requests as metrics and spans of OpenTelemetry.
 * @packageDocumentation
 */
export type {
  OtelCounter,
  OtelHistogram,
  OtelMeter,
  OtelOptions,
  OtelSpan,
  OtelTracer,
} from './otel/instrument.js'
export { instrumentOAuth } from './otel/instrument.js'
