/**
 * The requests of a session as data: for a terminal, a page, a test.
 * @packageDocumentation
 */
export type {
  InspectedSend,
  Inspector,
  InspectorOptions,
  InspectorSource,
  RenewalBar,
  RequestLane,
  SkippedRequest,
  Timeline,
} from './inspector/inspector.js'
export { createInspector } from './inspector/inspector.js'
export { type PrintOptions, printTimeline } from './inspector/print.js'
export type {
  RenewalMessage,
  RequestFacts,
  RequestMessage,
  Retry,
  RetryMessage,
  SendMessage,
  SkippedMessage,
} from './lib/diagnostics.js'
