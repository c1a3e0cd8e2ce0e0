/**
 * A client of the Model Context Protocol as an application would write it with this package; the conformance
 * suite starts it with the server's URL as its last argument, and with the scenario and what was agreed
 * beforehand in its environment.
 */
import axios, { isAxiosError } from 'axios'
import {
  attachOAuth2,
  authorizationCodeGrant,
  type ClientMetadata,
  clientCredentialsGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  discover,
  fetchToken,
} from 'axios-oauth-interceptor'
import { identityAssertionGrant, privateKeyJwt } from 'axios-oauth-interceptor/jwt'
import { challengeOf, discoverFromResource, registerClient } from 'axios-oauth-interceptor/protocol'

const url = process.argv[process.argv.length - 1] as string
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''
const agreed = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}')
const redirect_uri = 'http://localhost:8976/callback'
const headers = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
  'MCP-Protocol-Version': '2025-11-25',
}
const hello = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'client', version: '1' } },
}

const refused = await axios.post(url, hello, { headers, validateStatus: () => true })
const challenge = challengeOf(refused.headers['www-authenticate'], 'bearer') ?? {}
const server = discoverFromResource(url, {
  originFallback: true,
  ...(challenge.resource_metadata && { resourceMetadataUrl: challenge.resource_metadata }),
})

/** Registered beforehand, known by its document, or registered now. */
async function knownClient(): Promise<ClientMetadata> {
  const { client_id, client_secret } = agreed
  if (client_id) return { client_id, ...(client_secret && { client_secret }) }
  if (scenario === 'auth/basic-cimd')
    return { client_id: 'https://conformance-test.local/client-metadata.json' }
  return registerClient(createOAuth2Session({ server }), {
    redirect_uris: [redirect_uri],
    client_name: 'client',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  })
}

/** Where the enterprise's identity provider has said already who the person is. */
const crossApp = () =>
  identityAssertionGrant({
    idp: createOAuth2Session({
      server: discover(agreed.idp_issuer),
      client: { client_id: agreed.idp_client_id },
    }),
    subject_token: agreed.idp_id_token,
    resource: url,
  })

const isUnattended = /client-credentials|cross-app-access/.test(scenario)
const session = createOAuth2Session({
  server,
  client: await knownClient(),
  ...(agreed.private_key_pem && {
    clientAuth: privateKeyJwt({ key: agreed.private_key_pem, alg: agreed.signing_algorithm ?? 'ES256' }),
  }),
  ...(isUnattended && { grant: agreed.idp_issuer ? crossApp() : clientCredentialsGrant() }),
})

async function signIn(scope: string | undefined) {
  const resource = server.metadata?.resource
  const { url: place, transaction } = await createAuthorizationUrl(session, {
    redirect_uri,
    ...(scope && { scope }),
    ...(resource && { resource }),
  })
  const { headers: answer } = await fetch(place, { redirect: 'manual' })
  const authorizationResponse = answer.get('location') ?? ''
  await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
}

const api = axios.create({ baseURL: url, headers })
attachOAuth2(api, session, { allowedOrigins: new URL(url).origin })

/** Asks for more scope when the server wants it, twice at most. */
async function call(message: object, tries = 2): Promise<unknown> {
  try {
    return (await api.post(url, message)).data
  } catch (error) {
    if (!isAxiosError(error) || error.response?.status !== 403 || tries === 0) throw error
    await signIn(challengeOf(error.response.headers['www-authenticate'], 'bearer')?.scope)
    return call(message, tries - 1)
  }
}

if (!isUnattended) {
  // the API's description says what may be asked for, and is read with the server's
  if (!server.metadata) await createAuthorizationUrl(session, { redirect_uri })
  await signIn(challenge.scope ?? server.metadata?.scopes_supported?.join(' '))
}
await call(hello)
await call({ jsonrpc: '2.0', method: 'notifications/initialized' })
const tools = JSON.stringify(await call({ jsonrpc: '2.0', id: 2, method: 'tools/list' }))
const [, name] = /\\?"name\\?":\\?"([\w-]+)/.exec(tools) ?? []
if (name) await call({ jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name, arguments: {} } })
process.exit(0)
