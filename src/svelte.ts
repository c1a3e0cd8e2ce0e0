/**
 * The signed-in person, for Svelte: a readable store.
 * @packageDocumentation
 */
export { type SessionStore, sessionStore } from './bindings/svelte.js'
export type { SessionSnapshot } from './observe/observe.js'
