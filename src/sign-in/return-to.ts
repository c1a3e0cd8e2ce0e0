/** What cannot be an origin of anybody: a path is resolved against it. */
const HERE = 'http://here.invalid'

/**
 * The path, query and fragment of an address of this site; `undefined` for any other, so that no callback
 * sends a person to a stranger (open redirect). `origin` is the site's own, for absolute addresses.
 */
export function localPath(address: string | undefined, origin?: string): string | undefined {
  if (!address) return undefined
  try {
    const url = new URL(address, origin ?? HERE)
    const isHere = url.origin === (origin ?? HERE) && !url.username && !url.password
    const path = url.pathname + url.search + url.hash
    // `//stranger` would be read as a host by the browser
    return isHere && !path.startsWith('//') ? path : undefined
  } catch {
    return undefined
  }
}
