import { discover } from '../server/discovery.js'
import type { ClientMetadata, ServerMetadata } from '../server/messages.js'
import { isOAuth1, type Registration } from './registration.js'

/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The settings that a variable can hold, by the part after the client's name. */
const OF_CLIENT = ['client_id', 'client_secret'] as const
const OF_SERVER = [
  ...['issuer', 'authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'introspection_endpoint'],
  ...['userinfo_endpoint', 'end_session_endpoint', 'device_authorization_endpoint', 'jwks_uri'],
  ...['server_metadata_url', 'request_token_url', 'authorize_url', 'access_token_url'],
] as const

/** `myApi` and `my-api` become `MY_API`. */
export const prefixOf = (name: string): string =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/\W+/g, '_')
    .toUpperCase()

/** The variables of one client, by the setting they hold. */
function settingsOf(
  name: string,
  environment: Environment,
  names: readonly string[],
): Record<string, string> {
  const found = names.map(one => [one, environment[`${prefixOf(name)}_${one.toUpperCase()}`]] as const)
  return Object.fromEntries(found.filter((pair): pair is readonly [string, string] => !!pair[1]))
}

/** Merges two objects; the second one wins. */
const merge = <T extends object>(under: object | undefined, over: T): T => ({ ...under, ...over })

/** Metadata with an issuer and no endpoint need discovery. */
function discovered(
  server: ServerMetadata | undefined,
): ServerMetadata | ReturnType<typeof discover> | undefined {
  const {
    issuer,
    server_metadata_url: document,
    ...endpoints
  } = (server ?? {}) as ServerMetadata & Record<string, unknown>
  const address = (document as string | undefined) ?? issuer
  return address !== undefined && Object.keys(endpoints).length === 0 ? discover(address) : server
}

/**
 * Adds the settings of the environment to a registration: `GITHUB_CLIENT_ID`, `GITHUB_CLIENT_SECRET`,
 * `GITHUB_BASE_URL`, the endpoints in their wire names (`GITHUB_TOKEN_ENDPOINT`), and for discovery
 * `GITHUB_ISSUER` or `GITHUB_SERVER_METADATA_URL`. The code wins over the environment, unless `overwrite` is
 * set.
 */
export function configured<R extends Registration>(
  name: string,
  registration: R,
  environment: Environment,
  overwrite: boolean,
): R {
  const together = <T extends object>(fromCode: T | undefined, fromEnvironment: object): T | undefined => {
    if (Object.keys(fromEnvironment).length === 0) return fromCode
    return (overwrite ? merge(fromCode, fromEnvironment) : merge(fromEnvironment, fromCode ?? {})) as T
  }
  const server = settingsOf(name, environment, OF_SERVER)
  const { client_id, client_secret } = settingsOf(name, environment, OF_CLIENT)
  const { base_url } = settingsOf(name, environment, ['base_url'])
  const isFirst = isOAuth1(merge(registration, { server: merge(server, Object(registration.server)) }))
  const client = isFirst
    ? { ...(client_id && { key: client_id }), ...(client_secret && { secret: client_secret }) }
    : { ...(client_id && { client_id }), ...(client_secret && { client_secret }) }
  // A function finds the metadata itself.
  const endpoints = typeof registration.server === 'function' ? {} : server
  return {
    ...registration,
    ...(base_url && (overwrite || !registration.baseURL) && { baseURL: base_url }),
    client: together(registration.client as ClientMetadata | undefined, client),
    server: discovered(together(registration.server as ServerMetadata | undefined, endpoints)),
  }
}
