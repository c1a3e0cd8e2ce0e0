/** Clients of a registry from an OpenAPI document, whose security schemes hold most of a registration. */
import { parse } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import { clientCredentialsGrant } from '../grants/client-credentials.js'
import { discover } from '../server/discovery.js'
import type { ServerRequest } from '../server/messages.js'
import type { OAuth2Registration, Registration } from './registration.js'
import { createRegistry, type Registry, type RegistryOptions } from './registry.js'

/** A security requirement of OpenAPI: the needed scopes by the name of a scheme. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>

/** The part of an OpenAPI 3.0 or 3.1 document that is read. */
export interface OpenApiDocument {
  openapi?: unknown
  servers?: unknown
  security?: unknown
  components?: unknown
  paths?: unknown
}

/** A scheme without a client. */
export interface IgnoredScheme {
  name: string
  /** `apiKey`, `http basic`, `mutualTLS` … */
  type: string
}

/** Options of {@link clientsFromOpenApi}. */
export interface OpenApiOptions {
  /** By the name of a scheme: the client's `client_id`, and what the document omits or has wrong. */
  clients?: Readonly<Record<string, Partial<Registration>>>
  /** Default: the document's first server. */
  baseURL?: string
  /** The address of the document, to resolve relative addresses. */
  documentUrl?: string
}

type Json = Record<string, unknown>

const malformed = (problem: string) => oauthError('OAUTH_INVALID_OPTION', 'openApi', { problem })

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
function objectOf(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`${what} is no object`)
  return value as Json
}

/** The names in a reference: it is a JSON pointer in a fragment. */
function namesIn($ref: string): string[] {
  try {
    const names = decodeURIComponent($ref.slice(2)).split('/')
    return names.map(name => name.replace(/~1/g, '/').replace(/~0/g, '~'))
  } catch {
    throw malformed(`${$ref} is no reference`)
  }
}

/** A member of its own: a scheme may be called `constructor`. */
const own = <T>(members: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined

/** Follows a reference inside the document, once or several times. */
function dereferenced(value: unknown, document: OpenApiDocument, what: string): Json {
  let found = objectOf(value, what)
  for (let steps = 0; typeof found.$ref === 'string'; steps++) {
    const { $ref } = found
    if (!$ref.startsWith('#/') || steps > 10) throw malformed(`${what} refers to ${$ref}`)
    const target = namesIn($ref).reduce<unknown>(
      (at, name) => (Object.hasOwn(Object(at), name) ? (at as Json)[name] : undefined),
      document,
    )
    found = objectOf(target, $ref)
  }
  return found
}

/**
 * The address of the first server, with the defaults of its variables. It may be relative.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
function baseUrlOf({ servers }: OpenApiDocument, documentUrl: string | undefined): string | undefined {
  const [server] = Array.isArray(servers) ? servers : []
  const { url, variables } = Object(server) as {
    url?: unknown
    variables?: Record<string, { default?: unknown }>
  }
  if (typeof url !== 'string') return undefined
  const filled = url.replace(/\{([^}]+)\}/g, (whole, name: string) =>
    String(variables?.[name]?.default ?? whole),
  )
  const isAddress = !/[{}]/.test(filled) && parse(filled, documentUrl ?? 'https://site.invalid')
  if (!isAddress) throw malformed(`the server ${filled} is no address; give baseURL`)
  const address = documentUrl === undefined ? filled : (parse(filled, documentUrl)?.href ?? filled)
  return address.replace(/\/$/, '')
}

/** All requirements of the document and its operations. */
function requirementsOf({ security, paths }: OpenApiDocument): SecurityRequirement[] {
  const operations = Object.values(Object(paths) as Json).flatMap(path => Object.values(Object(path) as Json))
  const lists = [security, ...operations.map(operation => Object(operation).security)]
  return lists.flatMap(list => (Array.isArray(list) ? (list as SecurityRequirement[]) : []))
}

const scopesFor = (name: string, requirements: readonly SecurityRequirement[]) => [
  ...new Set(
    requirements.flatMap(requirement => own(Object(requirement) as SecurityRequirement, name) ?? []),
  ),
]

/**
 * The scope that an operation needs of a scheme, for the `oauth` option of its request; nothing if it needs
 * none.
 * @example
 * await api.get('/orders', { oauth: { scope: scopeOf([{ login: ['orders'] }], 'login') ?? '' } })
 */
export function scopeOf(
  security: readonly SecurityRequirement[] | undefined,
  name: string,
): string | undefined {
  return scopesFor(name, security ?? []).join(' ') || undefined
}

/** A hook that sends refreshes to their own address. */
const refreshAt = (url: string) => (request: ServerRequest) => ({ ...request, url: new URL(url) })

/**
 * A client for the flows of an `oauth2` scheme: their endpoints, and a grant if one of the flows is
 * unattended.
 */
function fromFlows(
  flows: Json,
  scopes: readonly string[],
  resolve: (url: unknown) => string | undefined,
): OAuth2Registration {
  const kinds = Object.entries(flows)
    .filter(([kind]) => !kind.startsWith('x-'))
    .map(([kind, flow]) => [kind, objectOf(flow, `flow ${kind}`)] as const)
  const first = (member: string) => kinds.map(([, flow]) => resolve(flow[member])).find(Boolean)
  const endpoints = {
    authorization_endpoint: first('authorizationUrl'),
    token_endpoint: first('tokenUrl'),
    device_authorization_endpoint: first('deviceAuthorizationUrl'),
  }
  const scope = scopes.join(' ')
  const isUnattended = kinds.length > 0 && kinds.every(([kind]) => kind === 'clientCredentials')
  const refreshUrl = first('refreshUrl')
  return {
    server: Object.fromEntries(Object.entries(endpoints).filter(([, url]) => url !== undefined)),
    ...(isUnattended && { grant: clientCredentialsGrant(scope ? { scope } : {}) }),
    ...(!isUnattended && scope && { authorization: { scope } }),
    ...(refreshUrl &&
      refreshUrl !== endpoints.token_endpoint && { hooks: { refreshRequest: refreshAt(refreshUrl) } }),
  }
}

/** The registration for a scheme; nothing for one that is not OAuth. */
function fromScheme(
  scheme: Json,
  scopes: readonly string[],
  resolve: (url: unknown) => string | undefined,
): OAuth2Registration | undefined {
  const scope = scopes.join(' ')
  const metadata = resolve(
    scheme.type === 'openIdConnect' ? scheme.openIdConnectUrl : scheme.oauth2MetadataUrl,
  )
  if (metadata) return { server: discover(metadata), ...(scope && { authorization: { scope } }) }
  return scheme.type === 'oauth2' ? fromFlows(objectOf(scheme.flows, 'flows'), scopes, resolve) : undefined
}

const isBearer = ({ type, scheme }: Json) => type === 'http' && String(scheme).toLowerCase() === 'bearer'

/**
 * Reads the security schemes of an OpenAPI document: a registration for each `oauth2` and `openIdConnect`
 * scheme, and for each `http bearer` scheme for which `clients` has a way to get a token. `ignored` names the
 * other ones (`apiKey`, `mutualTLS`, `http basic`). The scopes are those that the operations ask for.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a document that is malformed, or refers to another one
 * @see https://spec.openapis.org/oas/v3.1.1#security-scheme-object
 */
export function clientsFromOpenApi(
  document: OpenApiDocument,
  { clients = {}, baseURL, documentUrl }: OpenApiOptions = {},
): { clients: Record<string, Registration>; ignored: IgnoredScheme[] } {
  const { components } = objectOf(document, 'The document') as OpenApiDocument
  const schemes = objectOf(Object(components).securitySchemes ?? {}, 'components.securitySchemes')
  const base = baseURL ?? baseUrlOf(document, documentUrl)
  const requirements = requirementsOf(document)
  const resolve = (url: unknown) => {
    if (typeof url !== 'string') return undefined
    const address = parse(url) ?? parse(url, documentUrl ?? base)
    if (!address) throw malformed(`${url} is no address; give documentUrl`)
    return address.href
  }
  const found = new Map<string, Registration>()
  const ignored: IgnoredScheme[] = []
  for (const [name, value] of Object.entries(schemes)) {
    const scheme = dereferenced(value, document, `The scheme ${name}`)
    const given = own(clients, name)
    const made =
      fromScheme(scheme, scopesFor(name, requirements), resolve) ??
      (given && isBearer(scheme) ? {} : undefined)
    if (made)
      found.set(name, { ...(base !== undefined && { baseURL: base }), ...made, ...given } as Registration)
    else ignored.push({ name, type: [scheme.type, scheme.scheme].filter(Boolean).join(' ') })
  }
  return { clients: Object.fromEntries(found), ignored }
}

/**
 * Creates a registry from an OpenAPI document: a client for each of its security schemes, by their names.
 * `ignored` names the schemes that are not OAuth.
 * @example
 * import { readFileSync } from 'node:fs'
 * const description: OpenApiDocument = JSON.parse(readFileSync('openapi.json', 'utf8'))
 * const clients = { login: { client: { client_id: 'app' } } }
 * const { registry } = registryFromOpenApi(description, { clients })
 * await registry.client('login').get('/orders')
 * @throws OAuthError as {@link clientsFromOpenApi} and `createRegistry` do
 */
export function registryFromOpenApi(
  document: OpenApiDocument,
  {
    clients,
    baseURL,
    documentUrl,
    ...options
  }: OpenApiOptions & Omit<RegistryOptions<Record<string, Registration>>, 'clients'> = {},
): { registry: Registry; ignored: IgnoredScheme[] } {
  const read = clientsFromOpenApi(document, {
    ...(clients && { clients }),
    ...(baseURL !== undefined && { baseURL }),
    ...(documentUrl !== undefined && { documentUrl }),
  })
  return {
    registry: createRegistry({ ...options, clients: read.clients }) as Registry,
    ignored: read.ignored,
  }
}
