/** Stands in for Node's `url`, which the XHR adapter of axios 0.27.0 asks for and bundlers of its time brought along. */
export function parse(text) {
  const { protocol, pathname, search } = new URL(text, location.href)
  return { protocol, path: pathname + search }
}
