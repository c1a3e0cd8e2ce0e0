/**
 * The signed-in person, for Vue 3: a composable.
 * @packageDocumentation
 */
export { useSession } from './bindings/vue.js'
export type { SessionSnapshot } from './observe/observe.js'
