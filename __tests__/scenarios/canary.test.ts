import { webcrypto } from 'node:crypto'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import type { ClientMetadata, OAuth2Session, OAuth2SessionOptions } from '../../src/index.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { gate } from '../servers/gate.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { axiosVersions, type Version } from './versions.js'
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

/** `String(value)`; objects without a prototype have none. */
const toText = (value: unknown) => {
  try {
    return String(value)
  } catch {
    return inspect(value)
  }
}

/** Everything that an ordinary person or logger makes of a value. */
function* renderings(value: unknown): Generator<[string, string]> {
  yield ['String', toText(value)]
  yield [
    'inspect',
    inspect(value, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null }),
  ]
  try {
    yield ['JSON', JSON.stringify(value) ?? '']
  } catch {
    // cycles: nobody can write it to a log as JSON
  }
  if (value instanceof Error) {
    yield ['stack', value.stack ?? '']
    yield [
      'own properties',
      JSON.stringify(Object.getOwnPropertyNames(value).map(name => toText(value[name as never]))),
    ]
    const { toJSON } = value as { toJSON?: () => unknown }
    if (toJSON) yield ['toJSON', inspect(toJSON.call(value), { depth: Number.POSITIVE_INFINITY })]
    if (value.cause !== undefined)
      for (const [name, text] of renderings(value.cause)) yield [`cause ${name}`, text]
  }
}

let axios: Version['axios']
let oauth: Version['oauth']
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
  const session: OAuth2Session = oauth.createOAuth2Session({
    server: as.metadata,
    client,
    // Node 18 has no global one
    crypto: webcrypto as Crypto,
    ...options,
  })
  for (const event of ['token', 'renewed', 'ended', 'challenge', 'error'] as const)
    session.on(event, detail => events.push({ event, detail }))
  const http = axios.create({ baseURL: api.url })
  const attachment = oauth.attachOAuth2(http, session)
  return { session, http, attachment }
}

const worker: ClientMetadata = { client_id: 'worker', client_secret: clientSecret }

/** Each answers the values that an application has in its hands afterwards. */
const scenarios: Record<string, () => Promise<unknown[]>> = {
  async 'a request that goes through'() {
    const { session, http, attachment } = build(worker, {
      grant: oauth.clientCredentialsGrant({ scope: 'read' }),
    })
    const response = await http.get('/x')
    return [response, response.config, response.request, session, http, http.defaults, attachment]
  },
  async 'a renewal, introspection, revocation'() {
    const { session, http } = build(worker)
    await oauth.saveToken(session, as.issue({ client_id: 'worker' }))
    as.revokeAccessTokens()
    const response = await http.post('/x', { a: 1 })
    const introspection = await oauth.introspectToken(session)
    const revocation = await oauth.revokeToken(session)
    return [response, introspection, revocation, await failure(http.get('/x'))]
  },
  async 'a wrong client secret'() {
    const { session, http } = build(
      { client_id: 'worker', client_secret: `${mark}-wrong` },
      { grant: oauth.clientCredentialsGrant() },
    )
    return [
      await failure(http.get('/x')),
      await failure(oauth.fetchToken(session, oauth.clientCredentialsGrant())),
    ]
  },
  async 'a wrong password'() {
    const { session } = build({ client_id: 'app' })
    return [
      await failure(
        oauth.fetchToken(session, oauth.passwordGrant({ username: 'anna', password: `${mark}-wrong` })),
      ),
    ]
  },
  async 'an API that always says 401'() {
    const { session, http } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
    api.mode = 'always-401'
    const error = await failure(http.get('/x'))
    return [error, error.config, error.request, error.response]
  },
  async 'a refresh token that is no longer good'() {
    const { session, http } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
    as.revokeEverything()
    return [
      await failure(http.get('/x')),
      await failure(http.get('/x')),
      await failure(oauth.refreshToken(session)),
    ]
  },
  async 'an authorization server that is away'() {
    const { session, http } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
    as.revokeAccessTokens()
    as.always = 'reset'
    return [await failure(http.get('/x')), await failure(oauth.refreshToken(session))]
  },
  async 'an authorization server that loses its answer'() {
    const { session } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
    as.trouble('lost')
    return [await failure(oauth.refreshToken(session))]
  },
  async 'an answer that echoes the request'() {
    const { session } = build(worker)
    const { refresh_token } = as.issue({ client_id: 'worker' })
    await oauth.saveToken(session, { access_token: `${mark}-access`, refresh_token: refresh_token as string })
    as.trouble({
      status: 400,
      contentType: 'text/html',
      body: `<p>You sent ${refresh_token} and ${clientSecret}`,
    })
    return [await failure(oauth.refreshToken(session))]
  },
  async 'a token answer that cannot be read'() {
    const { session } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
    as.trouble({ status: 200, body: `{"access_token":"${mark}-cut of` })
    return [await failure(oauth.refreshToken(session))]
  },
  async 'a token of an unknown type'() {
    const { session } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
    as.trouble({ status: 200, body: JSON.stringify({ access_token: `${mark}-x`, token_type: 'stone' }) })
    return [await failure(oauth.refreshToken(session))]
  },
  async 'a body that cannot be sent twice'() {
    const { session, http } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
    as.revokeAccessTokens()
    return [await failure(http.post('/x', Readable.from([Buffer.from('body')])))]
  },
  async 'a request that was given up while waiting'() {
    const { session, http } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
    as.revokeAccessTokens()
    const door = gate()
    as.latency = () => door.wait()
    const { token, cancel } = axios.CancelToken.source()
    const request = failure(http.get('/x', { cancelToken: token }))
    await door.arrived()
    cancel()
    const error = await request
    door.open()
    await session.close()
    return [error]
  },
  async 'a sign-in, good and bad'() {
    const { session } = build({ client_id: 'app' })
    const { url, transaction } = await oauth.createAuthorizationUrl(session, { redirect_uri, scope: 'read' })
    const callback = await as.authorize(url)
    const forged = new URL(callback)
    forged.searchParams.set('state', 'forged')
    const denied = `${redirect_uri}?error=access_denied&code=${mark}-code&state=${transaction.state}&iss=${encodeURIComponent(as.url)}`
    const errors = [
      await failure(
        oauth.fetchToken(
          session,
          oauth.authorizationCodeGrant({ authorizationResponse: forged.href, transaction }),
        ),
      ),
      await failure(
        oauth.fetchToken(
          session,
          oauth.authorizationCodeGrant({ authorizationResponse: denied, transaction }),
        ),
      ),
    ]
    const next = await oauth.createAuthorizationUrl(session, { redirect_uri, scope: 'read' })
    const authorizationResponse = await as.authorize(next.url)
    await oauth.fetchToken(
      session,
      oauth.authorizationCodeGrant({ authorizationResponse, transaction: next.transaction }),
    )
    errors.push(
      await failure(
        oauth.fetchToken(
          session,
          oauth.authorizationCodeGrant({ authorizationResponse, transaction: next.transaction }),
        ),
      ),
    )
    return [...errors, session]
  },
}

/** Where a secret is seen in a value, if anywhere. */
function* search(value: unknown): Generator<string> {
  for (const [rendering, text] of renderings(value)) {
    const at = Math.max(...leaks(text).map(needle => text.indexOf(needle)))
    if (at >= 0) yield `${rendering} shows a secret: …${text.slice(Math.max(0, at - 200), at + 60)}…`
  }
}

describe.each(axiosVersions)('axios $version', version => {
  beforeEach(() => {
    axios = version.axios
    oauth = version.oauth
  })
  test.each(Object.entries(scenarios))('%s: no secret is seen', async (_name, run) => {
    const values = await run()
    for (const value of [...values, events]) for (const leak of search(value)) throw new Error(leak)
    expect(leaks(written.join('\n'))).toEqual([])
  })

  test('whoever holds on to the config of a request never sees the token on it', async () => {
    const { session, http } = build({ client_id: 'app' })
    await oauth.saveToken(session, as.issue())
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

  // What cannot be found cannot be hidden
  test('the search finds what a careless client shows', async () => {
    const { access_token } = as.issue()
    const response = await axios.get(`${api.url}/x`, { headers: { Authorization: `Bearer ${access_token}` } })
    expect([...search(response)]).not.toEqual([])
    expect([...search(response.request)]).not.toEqual([])
    const auth = { username: 'worker', password: clientSecret }
    const error = await failure(axios.post(as.metadata.token_endpoint, 'grant_type=x', { auth }))
    expect([...search(error)]).not.toEqual([])
    expect([...search(error.request)]).not.toEqual([])
  })
})
