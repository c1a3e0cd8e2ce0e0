import { secureUrl } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import type { ClientMetadata, EndpointContext, ServerRequest } from '../server/messages.js'
import { lacking, processServerResponse, type ServerFields } from '../server/token-response.js'
import { core, type OAuth2Session } from '../session/session.js'

/**
 * A registered client: the server's version of the metadata, in wire names. Keep all of it, because later
 * updates need it.
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
 */
export interface RegisteredClient extends ClientMetadata {
  /** Seconds since the epoch. */
  client_id_issued_at?: number
  /** Seconds since the epoch; 0: never. */
  client_secret_expires_at?: number
  registration_access_token?: string
  registration_client_uri?: string
}

/** A session (it needs no client yet), or the part of one that such a call uses. */
export type RegistrationContext =
  | OAuth2Session
  | Pick<EndpointContext, 'server' | 'send' | 'clock' | 'allowInsecure'>

/** What no registration may say. */
function checkMetadata(metadata: Record<string, unknown>): void {
  if (metadata.jwks && metadata.jwks_uri) throw oauthError('OAUTH_INVALID_OPTION', 'jwks')
  const subjects = Object.keys(metadata).filter(
    name => /^tls_client_auth_(subject_dn|san_\w+)$/.test(name) && metadata[name],
  )
  if (
    metadata.token_endpoint_auth_method === 'tls_client_auth' &&
    !metadata.software_statement &&
    subjects.length !== 1
  )
    throw oauthError('OAUTH_INVALID_OPTION', 'tlsSubject')
}

async function call(
  at: RegistrationContext,
  method: ServerRequest['method'],
  token: string | undefined,
  address: string | undefined,
  name: string,
  json?: Record<string, unknown>,
): Promise<RegisteredClient | undefined> {
  if (json) checkMetadata(json)
  const { server, send, clock, allowInsecure } = 'send' in at ? at : await core(at).context()
  const target = address ?? server.registration_endpoint
  if (!target) throw oauthError('OAUTH_ENDPOINT_MISSING', 'registration', { name })
  const response = await send({
    endpoint: 'registration',
    method,
    url: secureUrl(target, name, allowInsecure),
    headers: {
      Accept: 'application/json',
      ...(json && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: new URLSearchParams(),
    ...(json && { json }),
  })
  const fields = processServerResponse(response, clock())
  if (method === 'DELETE') return undefined
  if (typeof fields.client_id !== 'string' || !fields.client_id) throw lacking(response, 'client_id')
  return fields as ServerFields & RegisteredClient
}

/**
 * Registers a client. The server may change any value: its answer is the registration. `initialAccessToken`,
 * if the server requires one, is sent as a bearer token.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (`invalid_redirect_uri`, `invalid_client_metadata` …),
 * `OAUTH_ENDPOINT_MISSING`, `OAUTH_INVALID_RESPONSE`; `OAUTH_INVALID_OPTION` for both `jwks` and `jwks_uri`,
 * and for `tls_client_auth` without exactly one subject
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-3.1
 */
export async function registerClient(
  at: RegistrationContext,
  metadata: Record<string, unknown>,
  { initialAccessToken }: { initialAccessToken?: string } = {},
): Promise<RegisteredClient> {
  const client = await call(at, 'POST', initialAccessToken, undefined, 'registration_endpoint', metadata)
  return client as RegisteredClient
}

/** One call to the client's own configuration endpoint; a new access token replaces the one before. */
async function manage(
  at: RegistrationContext,
  method: 'GET' | 'PUT' | 'DELETE',
  client: RegisteredClient,
  json?: Record<string, unknown>,
) {
  const { registration_access_token, registration_client_uri } = client
  // without its own address the token would go to the registration endpoint
  const next = await call(
    at,
    method,
    registration_access_token,
    registration_client_uri ?? '',
    'registration_client_uri',
    json,
  )
  return next && { registration_access_token, registration_client_uri, ...next }
}

/**
 * Reads how the client is registered now. The answer may hold a new `registration_access_token`: keep that
 * one.
 * @throws OAuthError `OAUTH_SERVER_REFUSED`, `OAUTH_ENDPOINT_MISSING` without `registration_client_uri`
 * @see https://www.rfc-editor.org/rfc/rfc7592#section-2.1
 */
export const readClient = async (
  at: RegistrationContext,
  client: RegisteredClient,
): Promise<RegisteredClient> => (await manage(at, 'GET', client)) as RegisteredClient

/**
 * Changes the registration: `client` with `changes` on top is sent completely, because the server deletes
 * missing members. Members that the server alone decides (`client_id`, `client_secret`, tokens and times)
 * cannot be changed.
 * @throws OAuthError `OAUTH_SERVER_REFUSED` (`invalid_client_metadata` …), `OAUTH_ENDPOINT_MISSING` without
 * `registration_client_uri`; `OAUTH_INVALID_OPTION` as {@link registerClient} does
 * @see https://www.rfc-editor.org/rfc/rfc7592#section-2.2
 */
export async function updateClient(
  at: RegistrationContext,
  client: RegisteredClient,
  changes: Record<string, unknown>,
): Promise<RegisteredClient> {
  const { client_id, client_secret } = client
  // The changes must not contain members that the server alone decides.
  const {
    registration_access_token,
    registration_client_uri,
    client_secret_expires_at,
    client_id_issued_at,
    ...sent
  } = { ...client, ...changes, client_id, client_secret }
  return (await manage(at, 'PUT', client, sent)) as RegisteredClient
}

/**
 * Deletes the registration, and with it, as a rule, the client's grants.
 * @throws OAuthError `OAUTH_SERVER_REFUSED`, `OAUTH_INVALID_RESPONSE` (405: the server does not do that),
 * `OAUTH_ENDPOINT_MISSING`
 * @see https://www.rfc-editor.org/rfc/rfc7592#section-2.3
 */
export async function deleteClient(at: RegistrationContext, client: RegisteredClient): Promise<void> {
  await manage(at, 'DELETE', client)
}
