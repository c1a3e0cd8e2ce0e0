/**
 * The signed-in person, for React 18 and newer: a hook and a guard for routes.
 * @packageDocumentation
 */
export { RequireSession, type RequireSessionProps, useSession } from './bindings/react.js'
export type { SessionSnapshot } from './observe/observe.js'
