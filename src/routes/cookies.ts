/** Which requests of other sites bring a cookie: top-level navigations, none, or all. */
export type SameSite = 'Lax' | 'Strict' | 'None'

/** The cookies of one request and of its response. */
export interface CookieJar {
  get(name: string): string | undefined
  /** The names that the browser sent, oldest first, as browsers send them. */
  names(): string[]
  /** `maxAge` in seconds. */
  set(name: string, value: string, maxAge: number, sameSite?: SameSite): void
  remove(name: string): void
  /** Values of `Set-Cookie`. */
  headers(): string[]
}

/** Reads a `Cookie` header; the first of two cookies with one name wins. */
function parse(header: string | null): Map<string, string> {
  const found = new Map<string, string>()
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    if (at > 0 && !found.has(name)) found.set(name, pair.slice(at + 1).trim())
  }
  return found
}

/**
 * The jar of one request. Over https every name begins with `__Host-Http-`, so that neither another host nor
 * a script can set such a cookie; older browsers read it as `__Host-`, which stops other hosts.
 * @see https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html
 */
export function createJar(header: string | null, isHttps: boolean): CookieJar {
  const sent = parse(header)
  const changed = new Map<string, string>()
  const prefix = isHttps ? '__Host-Http-' : ''
  const write = (name: string, value: string, maxAge: number, sameSite: string) => {
    const attributes = [
      `Max-Age=${maxAge}`,
      'Path=/',
      'HttpOnly',
      `SameSite=${sameSite}`,
      ...(isHttps ? ['Secure'] : []),
    ]
    changed.set(name, [`${prefix}${name}=${value}`, ...attributes].join('; '))
  }
  return {
    get: name => sent.get(prefix + name),
    names: () =>
      [...sent.keys()].filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length)),
    set(name, value, maxAge, sameSite = 'Lax') {
      sent.set(prefix + name, value)
      // Browsers accept SameSite=None only over https.
      write(name, value, maxAge, sameSite === 'None' && !isHttps ? 'Lax' : sameSite)
    },
    remove(name) {
      sent.delete(prefix + name)
      write(name, '', 0, 'Lax')
    },
    headers: () => [...changed.values()],
  }
}
