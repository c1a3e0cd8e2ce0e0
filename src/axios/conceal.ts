import { hide } from './errors.js'

const INSPECT = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom')

/**
 * Gives an object that holds a credential and cannot be cleaned (Node's `ClientRequest`, fetch's `Request`) an inspection of
 * its own: `console.log` and JSON of a response or error show something else in its place.
 */
export function conceal(target: unknown, shown: () => string): void {
  if (!Object.isExtensible(target)) return
  hide(target as object, INSPECT, shown)
  hide(target as object, 'toJSON', shown)
}
