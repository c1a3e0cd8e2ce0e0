/**
 * The main scenario, from the first token to the log-out, against a certified authorization server and an API
 * on this machine. It needs no configuration and uses only loopback.
 */
import { webcrypto } from 'node:crypto'
import axios from 'axios'
import {
  attachOAuth2,
  authorizationCodeGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  discover,
  fetchToken,
  introspectToken,
  isOAuthError,
  revokeToken,
} from 'axios-oauth-interceptor'
import { createInspector, printTimeline } from 'axios-oauth-interceptor/inspector'
import { startOidcProvider } from '../__tests__/servers/oidc.js'
import { startResourceServer } from '../__tests__/servers/resource-server.js'
import { timeline } from './timeline.js'

const { colour, chapter, say, show, check, finish } = timeline()
const HOUR = 3600

chapter(
  'Two servers',
  'oidc-provider is a certified authorization server; the API asks it about every token it is shown.',
)
const provider = await startOidcProvider({ accessTokenTTL: HOUR }).catch((error: unknown) => {
  process.stderr.write(
    `The authorization server did not start. It needs Node 20 or newer; this is ${process.version}.\n${error}\n`,
  )
  return process.exit(1)
})
const basic = Buffer.from(`api:${provider.clients.api?.client_secret}`).toString('base64')
const server = await startResourceServer({
  record: false,
  async accepts(token) {
    const { data } = await axios.post(
      `${provider.issuer}/token/introspection`,
      new URLSearchParams({ token }),
      {
        headers: { Authorization: `Basic ${basic}` },
      },
    )
    return data.active === true
  },
})
say('auth', provider.issuer)
say('API', server.url)

chapter(
  'An existing axios instance, and two more lines',
  'Nobody is signed in yet: a request is refused before it is sent.',
)
let passed = 0
const api = axios.create({ baseURL: server.url })
const session = createOAuth2Session({
  server: discover(provider.issuer),
  client: { client_id: 'spa' },
  clock: () => Date.now() / 1000 + passed,
  // Only Node 18 needs this, which has no global crypto.
  crypto: webcrypto as Crypto,
})
attachOAuth2(api, session)
session.on('renewed', ({ cause, duration }) =>
  say('app', `the token was renewed (${cause}) in ${Math.round(duration * 1000)} ms`),
)
session.on('ended', ({ reason }) => say('app', `the session has ended (${reason})`))

const refusedWith = (request: Promise<unknown>) =>
  request.then(
    () => 'nothing',
    (error: unknown) => {
      const reason = axios.isAxiosError(error) ? error.cause : error
      return isOAuthError(reason) ? reason.code : String(error)
    },
  )
check('reason', await refusedWith(api.get('/me')), 'OAUTH_INTERACTION_REQUIRED')
check('requests that reached the API', server.counts.requests, 0)

chapter(
  'Signing in',
  'Authorization code with PKCE: the app makes a URL, the browser comes back with a code, the code becomes a token.',
)
const { url, transaction } = await createAuthorizationUrl(session, {
  redirect_uri: provider.redirectUri,
  scope: 'openid profile',
})
say('app', `sends the browser to ${String(url).slice(0, 60)}…`)
const authorizationResponse = await provider.authorize(url)
say('auth', 'Anna signs in, agrees, and is sent back with a code')
const first = await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
say('app', `has a token for ${first.scope}, good for ${first.expires_in} s`)
say('API', `GET /me: ${(await api.get('/me')).status}`)
check('token requests', (await provider.stats()).tokenRequests, 1)

chapter(
  'An hour later',
  'The token has expired. It is renewed before the request is sent, so the API never sees the old one.',
)
await provider.advance(HOUR)
passed += HOUR
say('clock', 'both clocks are set forward by one hour')
say('API', `GET /me: ${(await api.get('/me')).status}`)
check('token requests', (await provider.stats()).tokenRequests, 2)
check('requests that the API refused', server.counts.status[401] ?? 0, 0)

chapter(
  'A storm',
  'An administrator revokes the token. The app does not know, and sends 100 requests with it at once.',
)
const doomed = await session.token()
await provider.revokeAccessToken(doomed.access_token)
const inspector = createInspector(session)
say('auth', 'the token was revoked')
const answers = await Promise.all(
  Array.from({ length: 100 }, (_, id) =>
    api.post('/orders', { id }).then(
      ({ status }) => status,
      () => 0,
    ),
  ),
)
inspector.stop()
show(printTimeline(inspector.timeline(), { colour, width: 90, rows: 5 }))
const stats = await provider.stats()
check('requests that succeeded', answers.filter(status => status === 200).length, 100)
check('of these, refused at first', server.counts.status[401], 100)
check('orders that were placed twice', server.duplicates().length, 0)
check('renewals for all of them', stats.tokenRequests - 2, 1)
check('spent refresh tokens that were used again', stats.reuse, 0)

chapter('Looking at the token', 'Introspection: the authorization server tells what it knows about it.')
const facts = await introspectToken(session)
say('auth', `active: ${facts.active}, subject: ${facts.sub}, scope: ${facts.scope}`)
check('active', facts.active, true)

chapter(
  'Logging out',
  'The grant is revoked at the server and forgotten here; later requests fail at once and ask nobody.',
)
const last = await session.token()
const { revoked } = await revokeToken(session)
check('confirmed by the server', revoked, true)
const before = server.counts.requests
check('reason', await refusedWith(api.get('/me')), 'OAUTH_SESSION_ENDED')
check('requests that reached the API', server.counts.requests - before, 0)
const late = await axios.get(`${server.url}/me`, {
  headers: { Authorization: `Bearer ${last.access_token}` },
  validateStatus: () => true,
})
check('what the API says to the old token', late.status, 401)
check('token requests in all', (await provider.stats()).tokenRequests, 3)

await session.close()
await server.stop()
await provider.stop()
process.exitCode = finish()
