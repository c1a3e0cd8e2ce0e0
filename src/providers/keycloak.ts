import { discover } from '../server/discovery.js'
import type { ServerSource } from '../server/messages.js'
import { defineProvider, type Provider } from './provider.js'

/**
 * Keycloak, by discovery. `url` is the address for browsers, which is the issuer; `address` is the address
 * for this process (`http://keycloak:8080`), with `allowInsecure: [address]` beside it where that is plain
 * http. With `hostname-backchannel-dynamic` Keycloak then names inner endpoints for this process and outer
 * ones for the browser.
 * @see https://www.keycloak.org/server/hostname (stored copy without a date)
 */
export function keycloak({
  url,
  realm,
  address,
}: {
  url: string
  realm: string
  address?: string
}): Provider<ServerSource> {
  const at = (base: string) => `${base.replace(/\/$/, '')}/realms/${encodeURIComponent(realm)}`
  return defineProvider({
    server: discover(at(url), { algorithm: 'oidc', ...(address !== undefined && { address: at(address) }) }),
  })
}
