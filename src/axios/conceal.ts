import { hide } from './errors.js'

const INSPECT = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom')

/**
 * Gives an object that holds a credential and cannot be cleaned (Node's `ClientRequest`, fetch's `Request`) an inspection of
 * its own: `console.log` and JSON of a response or error show `text` in its place.
 */
export function conceal(target: unknown, text: string): void {
  if (typeof target !== 'object' || target === null || !Object.isExtensible(target)) return
  const shown = () => text
  hide(target, INSPECT, shown)
  hide(target, 'toJSON', shown)
}
