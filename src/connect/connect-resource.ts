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

/** Keeps registered clients, by issuer, for later sign-ins. It holds secrets. */
export interface RegistrationStore {
  get(issuer: string): Awaitable<RegisteredClient | undefined>
  set(issuer: string, client: RegisteredClient): Awaitable<unknown>
}

/** The ways to have a client at a server, in the order in which they are tried. */
export interface ClientChoice {
  /** Clients that are already registered, by issuer. */
  clients?: Readonly<Record<string, ClientMetadata>>
  /**
   * The client whose `client_id` is the https URL of its metadata document, for servers that accept such
   * clients.
   */
  clientIdMetadata?: ClientMetadata
  /** Metadata to register with, if the server registers clients (`redirect_uris`, `client_name` …). */
  registration?: Readonly<Record<string, unknown>>
  /** The store of registered clients. Default: none, so each call registers. */
  registrations?: RegistrationStore
}

/** Options of {@link connectResource}: those of the session, and the ways to have a client. */
export interface ConnectOptions extends Omit<OAuth2SessionOptions, 'server' | 'client'>, ClientChoice {
  /** Default: the scope that the API's challenge asks for, else its `scopes_supported`. */
  scope?: string
  /** How to find the API's authorization server: `select` among several, `originFallback` … */
  discovery?: ResourceDiscoveryOptions
}

/** The result of {@link connectResource}. */
export interface ConnectedResource {
  /**
   * The session for this API alone, with its scope; for `createAuthorizationUrl`, `signIn` and `fetchToken`.
   */
  session: OAuth2Session
  /** The session behind it, for other APIs of the same grant. */
  grant: OAuth2Session
  issuer: string | undefined
  client: ClientMetadata
  /** The identifier of the API, from its own metadata. */
  resource: string
  scope: string | undefined
  /** Attaches the session to an instance, for requests to this API only, not to others of the same host. */
  attach(instance: AxiosLike): Attachment
}

/**
 * The client for one server: a registered one, one with a metadata document, or one that is registered now.
 * @throws OAuthError `OAUTH_DISCOVERY_FAILED` when it is none of them, and what `registerClient` throws
 */
async function clientAt(context: EndpointContext, choice: ClientChoice): Promise<ClientMetadata> {
  const { server } = context
  const { clients, clientIdMetadata, registration, registrations } = choice
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

/**
 * Chooses the client for a known server: one of `clients`, the one of `clientIdMetadata` if the server
 * accepts metadata documents, a registered one, or one that is registered now. `session` needs no client of
 * its own.
 * @example
 * const server = discover('https://auth.example.com')
 * const client = await chooseClient(createOAuth2Session({ server }), {
 *   clientIdMetadata: { client_id: 'https://app.example.com/client.json' },
 *   registration: { application_type: 'web', redirect_uris: ['https://app.example.com/callback'] },
 * })
 * const session = createOAuth2Session({ server, client })
 * @throws OAuthError `OAUTH_DISCOVERY_FAILED` when the server takes none of them, and what `registerClient`
 * throws
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/
 * @see https://www.rfc-editor.org/rfc/rfc7591
 */
export async function chooseClient(session: OAuth2Session, choice: ClientChoice): Promise<ClientMetadata> {
  return clientAt(await core(session).context(), choice)
}

/** The scope to ask for: the given one, that of the API's challenge, or all that the API lists. */
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

/** The options of the session. */
function sessionOptions(options: ConnectOptions): OAuth2SessionOptions {
  const { clients, clientIdMetadata, registration, registrations, scope, discovery, ...session } = options
  return session
}

/**
 * Creates a session for an API of which only the address is known: reads its metadata, finds its
 * authorization server, gets a client there, and asks for tokens of this API with the scope that it names. If
 * a request later needs more scope, the session emits the event `challenge`.
 * @example
 * const redirect_uri = 'https://desk.example.com/callback'
 * const { session, attach } = await connectResource('https://mcp.example.com/mcp', {
 *   registration: { application_type: 'web', redirect_uris: [redirect_uri] },
 * })
 * attach(api)
 * const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri })
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
    // A shared store needs a key that tells people apart.
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
