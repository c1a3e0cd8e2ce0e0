import { secureUrl } from '../auth/origins.js'
import { isOAuthError, oauthError } from '../errors.js'
import { parseChallenges } from '../lib/www-authenticate.js'
import { type DiscoveryOptions, discover } from './discovery.js'
import type { ServerRequest, ServerResponse, ServerSource } from './messages.js'
import { checkReach } from './private-address.js'
import { checkResources } from './resource-indicator.js'
import { processServerResponse } from './token-response.js'

/**
 * How an API describes itself, in wire names.
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-2
 */
export interface ResourceMetadata {
  resource: string
  authorization_servers?: string[]
  scopes_supported?: string[]
  bearer_methods_supported?: string[]
  dpop_bound_access_tokens_required?: boolean
  [parameter: string]: unknown
}

/** Options of {@link discoverFromResource}. */
export interface ResourceDiscoveryOptions {
  /** The address of the document, if a challenge named it. */
  resourceMetadataUrl?: string
  /**
   * Asks the API itself first, by a GET without credentials: its challenge names the document. Default true.
   */
  probe?: boolean
  /** Chooses among several authorization servers; default: the first. */
  select?: (issuers: string[], metadata: ResourceMetadata) => string
  /**
   * Takes the API's own origin for the authorization server where nothing describes the API, as the first
   * edition of the Model Context Protocol has it. Default false.
   */
  originFallback?: boolean
  /** For reading the authorization server's own metadata. */
  discovery?: DiscoveryOptions
  /** Seconds for one document; default 10. */
  timeout?: number
}

/** What {@link discoverFromResource} makes: a source for a session's `server`. */
export interface ResourceServerSource extends ServerSource {
  /** The API's description, once it was read; `metadata.resource` is what to send as `resource`. */
  readonly metadata?: ResourceMetadata
  /** The scope that the API's own challenge asked for, where it did. */
  readonly challengedScope?: string
}

/**
 * Where an API's description may be: the well-known place of the identifier, then that of its origin (MCP).
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-3.1
 */
export function resourceMetadataUrls(resource: string): string[] {
  const { origin, pathname, search } = new URL(resource)
  const known = `${origin}/.well-known/oauth-protected-resource`
  // only the slash after the host is left out; many servers leave out any other at the end too
  const paths = [pathname === '/' ? '' : pathname, pathname.replace(/\/$/, '')]
  return [...new Set([...paths.map(path => known + path + search), known])]
}

/**
 * Judges such a document; it must belong to one of `identifiers`, compared as they are written.
 * @throws OAuthError `OAUTH_DISCOVERY_FAILED`
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-3.3
 */
export function processResourceMetadataResponse(
  response: ServerResponse,
  identifiers: readonly string[],
  now: number,
): ResourceMetadata {
  const { status } = response
  const document = processServerResponse(response, now)
  if (status !== 200 || typeof document.resource !== 'string')
    throw oauthError('OAUTH_DISCOVERY_FAILED', 'noDescription', { status }, { status })
  if (!identifiers.includes(document.resource))
    throw oauthError('OAUTH_DISCOVERY_FAILED', 'otherResource', { resource: identifiers[0] }, { status })
  const { authorization_servers: servers } = document
  if (
    servers !== undefined &&
    !(Array.isArray(servers) && servers.every(issuer => typeof issuer === 'string'))
  )
    throw oauthError('OAUTH_DISCOVERY_FAILED', 'servers', {}, { status })
  return document as ResourceMetadata
}

type Reading = Parameters<ServerSource>[0] & { timeout: number }

function get(url: string, name: string, { send, allowInsecure, timeout }: Reading): Promise<ServerResponse> {
  const request: ServerRequest = {
    endpoint: 'discovery',
    method: 'GET',
    url: secureUrl(url, name, allowInsecure),
    headers: { Accept: 'application/json' },
    body: new URLSearchParams(),
    timeout,
  }
  return send(request)
}

/** What the API's own challenge says; nothing where it says nothing or does not answer. */
async function ask(
  resource: string,
  reading: Reading,
): Promise<{ address?: string | undefined; scope?: string }> {
  let response: ServerResponse
  try {
    response = await get(resource, 'resource', reading)
  } catch (error) {
    if (isOAuthError(error, 'OAUTH_SERVER_UNAVAILABLE')) return {}
    throw error
  }
  const challenges = parseChallenges(response.header('WWW-Authenticate'))
  const address = challenges.find(({ parameters }) => parameters.resource_metadata)?.parameters
    .resource_metadata
  checkReach(address, 'resource_metadata', [resource], reading.allowInsecure)
  const scope = challenges.find(({ parameters }) => parameters.scope)?.parameters.scope
  return { address, ...(scope !== undefined && { scope }) }
}

/** Reads the API's description from the first place that has it, or from the address that was told. */
async function readDescription(resource: string, told: string | undefined, reading: Reading) {
  const { origin } = new URL(resource)
  let cause: unknown
  for (const address of told ? [told] : resourceMetadataUrls(resource)) {
    const isOfOrigin = !told && address === `${origin}/.well-known/oauth-protected-resource`
    const identifiers = isOfOrigin ? [resource, origin, `${origin}/`] : [resource]
    try {
      const response = await get(address, 'resource_metadata', reading)
      const metadata = processResourceMetadataResponse(response, identifiers, reading.clock())
      if (!metadata.authorization_servers?.length) throw oauthError('OAUTH_DISCOVERY_FAILED', 'noServers')
      return { metadata, issuers: metadata.authorization_servers }
    } catch (error) {
      if (!isOAuthError(error) || error.code === 'OAUTH_INSECURE_URL') throw error
      cause ??= error
    }
  }
  throw oauthError('OAUTH_DISCOVERY_FAILED', 'noServerFound', { resource }, { cause })
}

/**
 * Finds the authorization server of an API from the API's URL (its resource identifier, exactly as written
 * there). It is read when the session first needs it; calls throw `OAUTH_DISCOVERY_FAILED` (also for a
 * document of another resource), `OAUTH_ISSUER_MISMATCH`, `OAUTH_INSECURE_URL`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when the URL is none, or has a fragment
 * @see https://www.rfc-editor.org/rfc/rfc9728
 */
export function discoverFromResource(
  resource: string,
  options: ResourceDiscoveryOptions = {},
): ResourceServerSource {
  checkResources(resource)
  const {
    probe = true,
    select = issuers => issuers[0] as string,
    timeout = 10,
    originFallback = false,
  } = options
  let found: ServerSource | undefined
  let pending: Promise<ServerSource> | undefined

  async function read(context: Parameters<ServerSource>[0]): Promise<ServerSource> {
    const reading = { ...context, timeout }
    const { address, scope } = probe && !options.resourceMetadataUrl ? await ask(resource, reading) : {}
    const told = options.resourceMetadataUrl ?? address
    if (scope !== undefined) Object.assign(source, { challengedScope: scope })
    try {
      const { metadata, issuers } = await readDescription(resource, told, reading)
      const issuer = select(issuers, metadata)
      checkReach(issuer, 'authorization_servers', [resource], context.allowInsecure)
      Object.assign(source, { metadata })
      return discover(issuer, options.discovery)
    } catch (error) {
      const mayFallBack = originFallback && !told && isOAuthError(error, 'OAUTH_DISCOVERY_FAILED')
      if (!mayFallBack) throw error
      return discover(new URL(resource).origin, options.discovery)
    }
  }

  const source: ResourceServerSource = async context => {
    if (!found) {
      pending ??= read(context).finally(() => {
        pending = undefined
      })
      found = await pending
    }
    return found(context)
  }
  return source
}
