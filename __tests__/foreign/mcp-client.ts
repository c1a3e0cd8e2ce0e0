/**
 * A client of the Model Context Protocol as an application would write it with this package; the conformance
 * suite starts it with the server's URL as its last argument, and with the scenario, the revision of the
 * protocol and what was agreed beforehand in its environment.
 */
import axios, { isAxiosError } from 'axios'
import {
  attachOAuth2,
  authorizationCodeGrant,
  type ClientMetadata,
  challenges,
  clientCredentialsGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  discover,
  fetchToken,
  isOAuthError,
} from 'axios-oauth-interceptor'
import { dpop } from 'axios-oauth-interceptor/dpop'
import { identityAssertionGrant, jwtBearerGrant, privateKeyJwt } from 'axios-oauth-interceptor/jwt'
import { discoverFromResource, parseChallenges, registerClient } from 'axios-oauth-interceptor/protocol'

const url = process.argv[process.argv.length - 1] as string
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''
const revision = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION ?? '2025-11-25'
const agreed = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}')
const redirect_uri = 'http://localhost:8976/callback'
const api = axios.create({
  baseURL: url,
  headers: {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    'MCP-Protocol-Version': revision,
  },
})

/** Revisions until 2025 begin with a handshake; the later ones say in each request who asks. */
const hasHandshake = revision < '2026'
const clientInfo = { name: 'client', version: '1' }
const meta = {
  'io.modelcontextprotocol/protocolVersion': revision,
  'io.modelcontextprotocol/clientInfo': clientInfo,
  'io.modelcontextprotocol/clientCapabilities': {},
}

let count = 0
/** The body and the headers of a request. */
function message(method: string, params: Record<string, unknown> = {}) {
  const described = hasHandshake ? params : { ...params, _meta: meta }
  const name = typeof params.name === 'string' ? { 'Mcp-Name': params.name } : {}
  return {
    data: { jsonrpc: '2.0', id: ++count, method, params: described },
    headers: hasHandshake ? {} : { 'Mcp-Method': method, ...name },
  }
}
/** Registered beforehand, known by its document, or registered now. */
async function clientAt(server: ReturnType<typeof discoverFromResource>): Promise<ClientMetadata> {
  const { client_id, client_secret } = agreed
  if (client_id) return { client_id, ...(client_secret && { client_secret }) }
  if (scenario === 'auth/basic-cimd')
    return { client_id: 'https://conformance-test.local/client-metadata.json' }
  return registerClient(createOAuth2Session({ server }), {
    redirect_uris: [redirect_uri],
    client_name: 'client',
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  })
}

/** Where nobody is asked: the client's own grant, its workload's token, or the enterprise's word. */
function unattended() {
  if (agreed.valid_jwt) return jwtBearerGrant({ assertion: agreed.valid_jwt })
  if (agreed.idp_issuer)
    return identityAssertionGrant({
      idp: createOAuth2Session({
        server: discover(agreed.idp_issuer),
        client: { client_id: agreed.idp_client_id },
      }),
      subject_token: agreed.idp_id_token,
      resource: url,
    })
  return scenario.includes('client-credentials') ? clientCredentialsGrant() : undefined
}

/** Finds the server of the API, gets a client there, attaches a session and signs in. */
async function connect() {
  const { data, headers } = message('tools/list')
  const refused = await api.post(url, data, { headers, validateStatus: () => true })
  const [challenge] = parseChallenges(refused.headers['www-authenticate'])
  const { resource_metadata, scope: needed } = challenge?.parameters ?? {}
  const server = discoverFromResource(url, {
    originFallback: true,
    ...(resource_metadata && { resourceMetadataUrl: resource_metadata }),
  })
  const { private_key_pem: key, signing_algorithm: alg = 'ES256' } = agreed
  const grant = unattended()
  const session = createOAuth2Session({
    server,
    client: await clientAt(server),
    ...(key && { clientAuth: privateKeyJwt({ key, alg }) }),
    ...(scenario.includes('dpop') && { tokenType: dpop() }),
    ...(grant && { grant }),
    challenges: challenges(({ parameters }) => signIn(parameters.scope)),
  })
  async function signIn(scope: string | undefined) {
    // The API's description says what may be asked for, and is read with the server's.
    if (!server.metadata) await createAuthorizationUrl(session, { redirect_uri })
    const resource = server.metadata?.resource
    const asked = scope ?? server.metadata?.scopes_supported?.join(' ')
    const { url: place, transaction } = await createAuthorizationUrl(session, {
      redirect_uri,
      ...(asked && { scope: asked }),
      ...(resource && { resource }),
    })
    const { headers: answer } = await fetch(place, { redirect: 'manual' })
    const authorizationResponse = answer.get('location') ?? ''
    const code = authorizationCodeGrant({ authorizationResponse, transaction })
    await fetchToken(session, code, { sameUser: true })
  }
  const attachment = attachOAuth2(api, session, { allowedOrigins: new URL(url).origin })
  if (!grant) await signIn(needed)
  return attachment
}

let attachment = await connect()

/** Sends a request; looks for the authorization server of the API once more where that may have changed. */
async function call(method: string, params?: Record<string, unknown>, isFirst = true): Promise<unknown> {
  try {
    const { data, headers } = message(method, params)
    return (await api.post(url, data, { headers })).data
  } catch (error) {
    const isRefused = isAxiosError(error) && error.response?.status === 401 && isOAuthError(error.cause)
    if (!isRefused || !isFirst) throw error
    attachment.detach()
    attachment = await connect()
    return call(method, params, false)
  }
}

if (hasHandshake) {
  await call('initialize', { protocolVersion: revision, capabilities: {}, clientInfo })
  await api.post(url, { jsonrpc: '2.0', method: 'notifications/initialized' })
}
const tools = JSON.stringify(await call('tools/list'))
const [, name] = /\\?"name\\?":\\?"([\w-]+)/.exec(tools) ?? []
if (name) await call('tools/call', { name, arguments: {} })
process.exit(0)
