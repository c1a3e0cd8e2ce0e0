import { hide } from './errors.js'

const INSPECT = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom')
const DENO_INSPECT = /* @__PURE__ */ Symbol.for('Deno.customInspect')

/**
 * Gives an object that holds a credential and cannot be cleaned (Node's `ClientRequest`, fetch's `Request`)
 * an inspection of its own: `console.log` and JSON of a response or error show something else in its place.
 */
export function conceal(target: unknown, shown: () => string): void {
  if (!Object.isExtensible(target)) return
  for (const name of [INSPECT, DENO_INSPECT, 'toJSON']) hide(target as object, name, shown)
}

/** Members of `ClientRequest` and follow-redirects that contain headers: deep copies must not find them. */
const HELD = /^(_header|_options|_currentRequest|_currentUrl|headers|_headers)$/

/** Hides the members that contain a credential from copies; they stay readable by name. */
function hideMembers(target: object): void {
  for (const key of Reflect.ownKeys(target)) {
    if (typeof key === 'string' && !HELD.test(key)) continue
    const property = Object.getOwnPropertyDescriptor(target, key)
    if (property?.enumerable && property.configurable)
      Object.defineProperty(target, key, { ...property, enumerable: false })
  }
}

/**
 * Hides the transport's request object behind a response or an error. It stays where it was
 * (`response.request.path` works), but no enumeration, copy, inspection or JSON shows the header that it
 * holds.
 */
export function hideRequest(holder: object, shown: () => string): void {
  const { request } = holder as { request?: { _redirectable?: object; _currentRequest?: object } }
  if (!request || typeof request !== 'object') return
  hide(holder, 'request', request)
  // A sent stream keeps a reference to the request of follow-redirects.
  for (const held of [request, request._redirectable, request._currentRequest]) {
    if (!held) continue
    conceal(held, shown)
    hideMembers(held)
  }
}
