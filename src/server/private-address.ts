import { parse } from '../auth/origins.js'
import { oauthError } from '../errors.js'

/** IPv4 literals that lead to a private network, or to this machine. */
const PRIVATE_V4 =
  /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./
const PRIVATE_V6 = /^\[(::1?|f[cd][\da-f]{2}:.*|fe[89a-f][\da-f]:.*)\]$/
const PRIVATE_NAME = /(^|\.)(localhost|local|internal)$/

/** The IPv4 address that stands inside of an IPv6 address (mapped or translated), as a URL writes it. */
function embeddedV4(hostname: string): string | undefined {
  const [, high, low] = /^\[(?:::ffff:|64:ff9b::)([\da-f]{1,4}):([\da-f]{1,4})\]$/.exec(hostname) ?? []
  if (!high || !low) return undefined
  return [high, low]
    .map(part => Number.parseInt(part, 16))
    .flatMap(part => [part >> 8, part & 255])
    .join('.')
}

/**
 * True for a host that only a machine of the same network reaches: loopback, private and link-local
 * addresses, and their names.
 */
export function isPrivate({ hostname }: URL): boolean {
  const host = hostname.replace(/\.$/, '')
  const v4 = embeddedV4(host) ?? host
  return /^[\d.]+$/.test(v4) ? PRIVATE_V4.test(v4) : PRIVATE_V6.test(host) || PRIVATE_NAME.test(host)
}

/**
 * Refuses an address that a public server gave and that leads into a private network: the server would have
 * this machine ask its neighbours. `from` are the addresses that the application named itself.
 * @throws OAuthError `OAUTH_INSECURE_URL`
 */
export function checkReach(
  address: unknown,
  name: string,
  from: readonly string[],
  allowInsecure?: true | string[] | undefined,
): void {
  const url = typeof address === 'string' ? parse(address) : undefined
  if (!url || allowInsecure === true || !isPrivate(url)) return
  const isNeighbour = from.some(origin => isPrivate(new URL(origin)))
  const isNamed = allowInsecure?.some(origin => parse(origin)?.origin === url.origin)
  if (isNeighbour || isNamed) return
  throw oauthError('OAUTH_INSECURE_URL', 'privateAddress', { name, host: url.host })
}
