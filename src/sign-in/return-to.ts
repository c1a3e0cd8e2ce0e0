/** An impossible origin, to resolve a path against. */
const PLACEHOLDER_ORIGIN = 'http://here.invalid'

/**
 * The path, query and fragment of an address of this site; `undefined` for any other, so that no callback
 * redirects to another site (open redirect). `origin` is that of the site, for absolute addresses.
 */
export function localPath(address: string | undefined, origin?: string): string | undefined {
  if (!address) return undefined
  try {
    const url = new URL(address, origin ?? PLACEHOLDER_ORIGIN)
    const isHere = url.origin === (origin ?? PLACEHOLDER_ORIGIN) && !url.username && !url.password
    const path = url.pathname + url.search + url.hash
    // The browser would read `//stranger` as a host.
    return isHere && !path.startsWith('//') ? path : undefined
  } catch {
    return undefined
  }
}
