/**
 * Adds a query to a URL; what stands there already stays as it is. Makes a new URL, because React Native's
 * cannot be written to.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.1
 */
export function appendQuery({ href, hash, search }: URL, parameters: URLSearchParams): URL {
  const query = `${parameters}`
  const start = href.slice(0, href.length - hash.length).replace(/\?$/, '')
  const mark = search ? '&' : '?'
  return new URL(query ? start + mark + query + hash : href)
}

/** The URL as text, without user, password and fragment: none of them is part of a request. */
export const requestUrl = ({ origin, pathname, search }: URL): string => origin + pathname + search
