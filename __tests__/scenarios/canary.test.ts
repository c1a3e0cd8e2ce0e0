import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import axios from 'axios'
import {
  attachOAuth2,
  authorizationCodeGrant,
  type ClientMetadata,
  clientCredentialsGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  fetchToken,
  introspectToken,
  type OAuth2Session,
  type OAuth2SessionOptions,
  passwordGrant,
  refreshToken,
  revokeToken,
  saveToken,
} from '../../src/index.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { gate } from '../servers/gate.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { failure } from './world.js'

const mark = 'CANARY'
const clientSecret = `${mark}-client-secret`
const password = `${mark}-password`
const redirect_uri = 'http://127.0.0.1:4999/callback'

/** Everything that a secret may look like once it was made ready for the wire. */
const needles = [
  mark,
  // base64 at each of its three alignments
  ...['', 'x', 'xx'].map(pad => Buffer.from(`${pad}${mark}`).toString('base64').slice(2, 8)),
]
const leaks = (text: string) => needles.filter(needle => text.includes(needle))

/** Everything that an ordinary person or logger makes of a value. */
function* renderings(value: unknown): Generator<[string, string]> {
  yield ['String', String(value)]
  yield ['inspect', inspect(value, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null })]
  try {
    yield ['JSON', JSON.stringify(value) ?? '']
  } catch {
    // cycles: nobody can write it to a log as JSON
  }
  if (value instanceof Error) {
    yield ['stack', value.stack ?? '']
    yield [
      'own properties',
      JSON.stringify(Object.getOwnPropertyNames(value).map(name => String(value[name as never]))),
    ]
    const { toJSON } = value as { toJSON?: () => unknown }
    if (toJSON) yield ['toJSON', inspect(toJSON.call(value), { depth: Number.POSITIVE_INFINITY })]
    if (value.cause !== undefined) for (const [name, text] of renderings(value.cause)) yield [`cause ${name}`, text]
  }
}

let as: AuthorizationServer
let api: ResourceServer
let written: string[]
let events: unknown[]
let restore: Array<() => void>

beforeEach(async () => {
  as = await startAuthorizationServer({
    mark,
    clients: { app: undefined, worker: clientSecret },
    users: { anna: password },
  })
  api = await startResourceServer({ accepts: token => as.isActive(token) })
  written = []
  events = []
  restore = []
  for (const stream of [process.stdout, process.stderr]) {
    const spy = jest.spyOn(stream, 'write').mockImplementation(chunk => {
      written.push(String(chunk))
      return true
    })
    restore.push(() => spy.mockRestore())
  }
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    const spy = jest.spyOn(console, name).mockImplementation((...parts) => {
      written.push(inspect(parts, { depth: Number.POSITIVE_INFINITY }))
    })
    restore.push(() => spy.mockRestore())
  }
})
afterEach(async () => {
  for (const undo of restore) undo()
  await api.stop()
  await as.stop()
})

function build(client: ClientMetadata, options: Partial<OAuth2SessionOptions> = {}) {
  const session: OAuth2Session = createOAuth2Session({ server: as.metadata, client, ...options })
  for (const event of ['token', 'renewed', 'ended', 'challenge', 'error'] as const)
    session.on(event, detail => events.push({ event, detail }))
  const http = axios.create({ baseURL: api.url })
  const attachment = attachOAuth2(http, session)
  return { session, http, attachment }
}

const worker: ClientMetadata = { client_id: 'worker', client_secret: clientSecret }

/** Each answers the values that an application has in its hands afterwards. */
const scenarios: Record<string, () => Promise<unknown[]>> = {
  async 'a request that goes through'() {
    const { session, http, attachment } = build(worker, { grant: clientCredentialsGrant({ scope: 'read' }) })
    const response = await http.get('/x')
    return [response, response.config, response.request, session, http, http.defaults, attachment]
  },
  async 'a renewal, introspection, revocation'() {
    const { session, http } = build(worker)
    await saveToken(session, as.issue({ client_id: 'worker' }))
    as.revokeAccessTokens()
    const response = await http.post('/x', { a: 1 })
    const introspection = await introspectToken(session)
    const revocation = await revokeToken(session)
    return [response, introspection, revocation, await failure(http.get('/x'))]
  },
  async 'a wrong client secret'() {
    const { session, http } = build(
      { client_id: 'worker', client_secret: `${mark}-wrong` },
      { grant: clientCredentialsGrant() },
    )
    return [await failure(http.get('/x')), await failure(fetchToken(session, clientCredentialsGrant()))]
  },
  async 'a wrong password'() {
    const { session } = build({ client_id: 'app' })
    return [await failure(fetchToken(session, passwordGrant({ username: 'anna', password: `${mark}-wrong` })))]
  },
  async 'an API that always says 401'() {
    const { session, http } = build({ client_id: 'app' })
    await saveToken(session, as.issue())
    api.mode = 'always-401'
    const error = await failure(http.get('/x'))
    return [error, error.config, error.request, error.response]
  },
  async 'a refresh token that is no longer good'() {
    const { session, http } = build({ client_id: 'app' })
    await saveToken(session, as.issue())
    as.revokeEverything()
    return [await failure(http.get('/x')), await failure(http.get('/x')), await failure(refreshToken(session))]
  },
  async 'an authorization server that is away'() {
    const { session, http } = build({ client_id: 'app' })
    await saveToken(session, as.issue())
    as.revokeAccessTokens()
    as.always = 'reset'
    return [await failure(http.get('/x')), await failure(refreshToken(session))]
  },
  async 'an authorization server that loses its answer'() {
    const { session } = build({ client_id: 'app' })
    await saveToken(session, as.issue())
    as.trouble('lost')
    return [await failure(refreshToken(session))]
  },
  async 'an answer that echoes the request'() {
    const { session } = build(worker)
    const { refresh_token } = as.issue({ client_id: 'worker' })
    await saveToken(session, { access_token: `${mark}-access`, refresh_token: refresh_token as string })
    as.trouble({ status: 400, contentType: 'text/html', body: `<p>You sent ${refresh_token} and ${clientSecret}` })
    return [await failure(refreshToken(session))]
  },
  async 'a token answer that cannot be read'() {
    const { session } = build({ client_id: 'app' })
    await saveToken(session, as.issue())
    as.trouble({ status: 200, body: `{"access_token":"${mark}-cut of` })
    return [await failure(refreshToken(session))]
  },
  async 'a token of an unknown type'() {
    const { session } = build({ client_id: 'app' })
    await saveToken(session, as.issue())
    as.trouble({ status: 200, body: JSON.stringify({ access_token: `${mark}-x`, token_type: 'stone' }) })
    return [await failure(refreshToken(session))]
  },
  async 'a body that cannot be sent twice'() {
    const { session, http } = build({ client_id: 'app' })
    await saveToken(session, as.issue())
    as.revokeAccessTokens()
    return [await failure(http.post('/x', Readable.from([Buffer.from('body')])))]
  },
  async 'a request that was given up while waiting'() {
    const { session, http } = build({ client_id: 'app' })
    await saveToken(session, as.issue())
    as.revokeAccessTokens()
    const door = gate()
    as.latency = () => door.wait()
    const controller = new AbortController()
    const request = failure(http.get('/x', { signal: controller.signal }))
    await door.arrived()
    controller.abort()
    const error = await request
    door.open()
    await session.close()
    return [error]
  },
  async 'a sign-in, good and bad'() {
    const { session } = build({ client_id: 'app' })
    const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri, scope: 'read' })
    const callback = await as.authorize(url)
    const forged = new URL(callback)
    forged.searchParams.set('state', 'forged')
    const denied = `${redirect_uri}?error=access_denied&code=${mark}-code&state=${transaction.state}&iss=${encodeURIComponent(as.url)}`
    const errors = [
      await failure(fetchToken(session, authorizationCodeGrant({ authorizationResponse: forged.href, transaction }))),
      await failure(fetchToken(session, authorizationCodeGrant({ authorizationResponse: denied, transaction }))),
    ]
    const next = await createAuthorizationUrl(session, { redirect_uri, scope: 'read' })
    const authorizationResponse = await as.authorize(next.url)
    await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction: next.transaction }))
    errors.push(
      await failure(
        fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction: next.transaction })),
      ),
    )
    return [...errors, session]
  },
}

test.each(Object.entries(scenarios))('%s: no secret is seen', async (_name, run) => {
  const values = await run()
  // The secrets were really there: what cannot be found cannot be hidden
  expect(leaks(inspect([as.requests, api.requests, as.issue()], { depth: 5 }))).not.toEqual([])
  for (const value of [...values, events]) {
    for (const [rendering, text] of renderings(value)) {
      const found = leaks(text)
      if (found.length > 0) {
        const at = text.indexOf(found[0] ?? '')
        throw new Error(`${rendering} shows a secret: …${text.slice(Math.max(0, at - 200), at + 60)}…`)
      }
    }
  }
  expect(leaks(written.join('\n'))).toEqual([])
})

test('whoever holds on to the config of a request never sees the token on it', async () => {
  const { session, http } = build({ client_id: 'app' })
  await saveToken(session, as.issue())
  const door = api.hold()
  const held: Array<{ headers: unknown }> = []
  http.interceptors.request.use(config => {
    held.push(config)
    return config
  })
  const request = http.get('/x')
  await door.arrived()
  door.open()
  const response = await request
  held.push(response.config)
  for (const config of held) expect(leaks(inspect(config, { depth: 5, showHidden: true }))).toEqual([])
})
