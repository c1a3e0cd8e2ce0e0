/** Stands in for Node's `url`: the XHR adapter of axios 0.27.0 needs it, and old bundlers brought it. */
export function parse(text) {
  const { protocol, pathname, search } = new URL(text, location.href)
  return { protocol, path: pathname + search }
}
