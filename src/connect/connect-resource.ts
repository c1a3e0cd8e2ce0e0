import type { Awaitable } from '../auth/scheme.js'
import { attachOAuth2, createOAuth2Session } from '../axios/attach-oauth2.js'
import type { AxiosLike } from '../axios/axios-like.js'
import type { Attachment } from '../axios/entry.js'
import { oauthError } from '../errors.js'
import { challenges } from '../oauth2/challenges.js'
import { type RegisteredClient, registerClient } from '../oauth2/registration.js'
import type { ClientMetadata, EndpointContext } from '../server/messages.js'
import {
  discoverFromResource,
  type ResourceDiscoveryOptions,
  type ResourceServerSource,
} from '../server/resource-metadata.js'
import { core, type OAuth2Session, type OAuth2SessionOptions } from '../session/session.js'

/**
 * Keeps clients that were registered, by issuer: another sign-in finds its client again. It holds secrets.
 */
export interface RegistrationStore {
  get(issuer: string): Awaitable<RegisteredClient | undefined>
  set(issuer: string, client: RegisteredClient): Awaitable<unknown>
}

/** Options of {@link connectResource}: those of the session, and who the client may be. */
export interface ConnectOptions extends Omit<OAuth2SessionOptions, 'server' | 'client'> {
  /** Clients that the server knows already, by issuer. */
  clients?: Readonly<Record<string, ClientMetadata>>
  /**
   * The client whose `client_id` is the https URL of its metadata document, for servers that take such
   * clients.
   */
  clientIdMetadata?: ClientMetadata
  /** Metadata to register with, where the server registers clients (`redirect_uris`, `client_name` …). */
  registration?: Readonly<Record<string, unknown>>
  /** Where registered clients are kept. Default: nowhere, each call registers. */
  registrations?: RegistrationStore
  /** Default: what the API's challenge asks for, else its `scopes_supported`. */
  scope?: string
  /** How the API's authorization server is found: `select` among several, `originFallback` … */
  discovery?: ResourceDiscoveryOptions
}

/** What {@link connectResource} answers. */
export interface ConnectedResource {
  /**
   * Asks for tokens of this API alone, with its scope. `createAuthorizationUrl`, `signIn` and `fetchToken`
   * take it.
   */
  session: OAuth2Session
  /** The session that it is a view of, for other APIs of the same grant. */
  grant: OAuth2Session
  issuer: string | undefined
  client: ClientMetadata
  /** The API's identifier, as it calls itself. */
  resource: string
  scope: string | undefined
  /** Attaches the session to an instance, for requests to this API and to nothing else of its host. */
  attach(instance: AxiosLike): Attachment
}

/**
 * The client to be at one server: one that it knows, one that it can read about, or one that it registers.
 * @throws OAuthError `OAUTH_DISCOVERY_FAILED` when it is none of them, and what `registerClient` throws
 */
async function clientAt(context: EndpointContext, options: ConnectOptions): Promise<ClientMetadata> {
  const { server } = context
  const { clients, clientIdMetadata, registration, registrations } = options
  const { issuer = '' } = server
  const known = clients && Object.hasOwn(clients, issuer) ? clients[issuer] : undefined
  if (known) return known
  if (clientIdMetadata && server.client_id_metadata_document_supported) return clientIdMetadata
  const kept = await registrations?.get(issuer)
  const isOver = kept?.client_secret_expires_at && kept.client_secret_expires_at <= context.clock()
  if (kept && !isOver) return kept
  if (!registration || !server.registration_endpoint)
    throw oauthError('OAUTH_DISCOVERY_FAILED', 'noClient', { issuer })
  const registered = await registerClient(context, { ...registration })
  await registrations?.set(issuer, registered)
  return registered
}

/** What to ask for: what was given, what the API's challenge said, or all that it describes. */
function scopeFor(
  { scope }: ConnectOptions,
  { challengedScope, metadata }: ResourceServerSource,
): string | undefined {
  const described = metadata?.scopes_supported
  return (
    scope ??
    challengedScope ??
    (Array.isArray(described) && described.length > 0 ? described.join(' ') : undefined)
  )
}

/** The options that are the session's. */
function sessionOptions(options: ConnectOptions): OAuth2SessionOptions {
  const { clients, clientIdMetadata, registration, registrations, scope, discovery, ...session } = options
  return session
}

/**
 * Makes a session for an API of which nothing but the address is known: reads its description, finds its
 * authorization server, becomes a client there, and asks for tokens of this API with the scope that it names.
 * What needs more scope later becomes the event `challenge`.
 * @example
 * const { session, attach } = await connectResource('https://mcp.example.com/mcp', {
 *   registration: { client_name: 'Desk', redirect_uris: [redirect_uri], token_endpoint_auth_method: 'none' },
 * })
 * attach(api)
 * await signIn(session, { redirect_uri })
 * @throws OAuthError `OAUTH_DISCOVERY_FAILED` where nothing describes the API, or there is no client for its
 * server; `OAUTH_ISSUER_MISMATCH`, `OAUTH_INSECURE_URL`, `OAUTH_INVALID_OPTION`, and what `registerClient`
 * throws
 * @see https://www.rfc-editor.org/rfc/rfc9728
 * @see https://www.rfc-editor.org/rfc/rfc8707
 */
export async function connectResource(
  address: string,
  options: ConnectOptions = {},
): Promise<ConnectedResource> {
  const server = discoverFromResource(address, options.discovery)
  const own = sessionOptions(options)
  const { grant: _, key: __, store: ___, clientAuth: ____, ...transport } = own
  const context = await core(createOAuth2Session({ ...transport, server })).context()
  const client = await clientAt(context, options)
  const { issuer } = context.server
  const grant = createOAuth2Session({
    challenges: challenges(),
    ...own,
    server,
    client,
    // a store that people share needs a key that says whose it is
    ...(!own.store?.shared && { key: own.key ?? [issuer, client.client_id].join(' ') }),
  })
  const scope = scopeFor(options, server)
  const resource = server.metadata?.resource ?? address
  const session = grant.for({ resource, ...(scope && { scope }) })
  const { origin, pathname } = new URL(address)
  return {
    session,
    grant,
    issuer,
    client,
    resource,
    scope,
    attach: instance =>
      attachOAuth2(instance, session, { allowedOrigins: origin + pathname.replace(/\/$/, '') }),
  }
}
