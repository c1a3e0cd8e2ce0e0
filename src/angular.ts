/**
 * The signed-in person, for Angular 17 and newer: a signal.
 * @packageDocumentation
 */
export { type SessionSignalOptions, toSessionSignal } from './bindings/angular.js'
export type { SessionSnapshot } from './observe/observe.js'
