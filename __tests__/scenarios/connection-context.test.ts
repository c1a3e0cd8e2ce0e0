import { generateKeyPairSync, webcrypto } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  authorizationCodeGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  discover,
  fetchToken,
  introspectToken,
  memoryStore,
  type OAuth2SessionOptions,
  refreshToken,
  revokeToken,
  saveToken,
} from '../../src/index.js'
import { privateKeyJwt } from '../../src/jwt.js'
import { errorOf } from '../oauth2/support.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { json, listen, type RunningServer, readBody } from '../servers/http.js'

/**
 * Tokens, transactions and clients belong to one authorization server; another, hostile one sees at its
 * socket what it gets of them.
 */
let honest: AuthorizationServer
let evil: RunningServer
let received: string[]
let document: Record<string, unknown>
let answer: Record<string, unknown>

beforeEach(async () => {
  received = []
  answer = { access_token: 'evil-token', token_type: 'bearer', refresh_token: 'evil-refresh', active: true }
  honest = await startAuthorizationServer({ clients: { app: 'honest-secret' }, mark: 'honest-' })
  evil = await listen(async (request: IncomingMessage, response) => {
    if (request.url?.includes('.well-known')) return json(response, 200, document)
    received.push(
      `${request.method} ${request.url} ${JSON.stringify(request.headers)} ${await readBody(request)}`,
    )
    json(response, 200, answer)
  })
  document = {
    issuer: evil.url,
    authorization_endpoint: `${evil.url}/authorize`,
    token_endpoint: `${evil.url}/token`,
    revocation_endpoint: `${evil.url}/revoke`,
    introspection_endpoint: `${evil.url}/introspect`,
  }
})
afterEach(async () => {
  await Promise.all([honest.stop(), evil.stop()])
})

const HONEST_CB = 'https://app.example/cb/honest'
const EVIL_CB = 'https://app.example/cb/evil'

const atHonest = (more: Partial<OAuth2SessionOptions> = {}) =>
  createOAuth2Session({
    server: discover(honest.url),
    client: { client_id: 'app', client_secret: 'honest-secret' },
    ...more,
  })
/** The hostile server gave the application the client id that it has at the honest one. */
const atEvil = (more: Partial<OAuth2SessionOptions> = {}) =>
  createOAuth2Session({
    server: discover(evil.url),
    client: { client_id: 'app', client_secret: 'evil-secret' },
    ...more,
  })

/**
 * Has the person, who wants to sign in at the hostile server, sign in at the honest one, with what the
 * hostile one saw.
 */
async function mixUp(url: string, redirect_uri?: string) {
  const there = new URL(honest.metadata.authorization_endpoint)
  there.search = new URL(url).search
  if (redirect_uri) there.searchParams.set('redirect_uri', redirect_uri)
  return honest.authorize(there)
}
const withoutIss = (callback: string) => {
  const url = new URL(callback)
  url.searchParams.delete('iss')
  return url.href
}

describe('a server that has the code of another come in its name', () => {
  test('is found out by iss, though its own metadata know of none', async () => {
    const session = atEvil()
    const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri: EVIL_CB })
    const authorizationResponse = await mixUp(url)
    expect(new URL(authorizationResponse).searchParams.get('iss')).toBe(honest.url)
    const grant = authorizationCodeGrant({ authorizationResponse, transaction })
    expect((await errorOf(() => fetchToken(session, grant))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(received).toEqual([])
    expect(honest.counts.token).toBe(0)
  })

  test('is found out by iss when it names the authorization endpoint of the other as its own', async () => {
    document.authorization_endpoint = honest.metadata.authorization_endpoint
    const session = atEvil()
    const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri: EVIL_CB })
    const grant = authorizationCodeGrant({ authorizationResponse: await honest.authorize(url), transaction })
    expect((await errorOf(() => fetchToken(session, grant))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(received).toEqual([])
  })

  test.each([
    ['the session of the server that it was sent to', atEvil],
    ['the session of the redirect URI where it arrived', atHonest],
  ])('without iss is found out by the redirect URI, one for each server: in %s', async (_, sessionOf) => {
    const { url, transaction } = await createAuthorizationUrl(atEvil(), { redirect_uri: EVIL_CB })
    const authorizationResponse = withoutIss(await mixUp(url, HONEST_CB))
    expect(authorizationResponse).toMatch(/^https:\/\/app\.example\/cb\/honest\?code=/)
    const grant = authorizationCodeGrant({ authorizationResponse, transaction })
    expect((await errorOf(() => fetchToken(sessionOf(), grant))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(received).toEqual([])
    expect(honest.counts.token).toBe(0)
  })

  test('is found out where the honest server says that it always sends iss, and none came', async () => {
    const session = atHonest()
    const { url, transaction } = await createAuthorizationUrl(session, { redirect_uri: HONEST_CB })
    const grant = authorizationCodeGrant({
      authorizationResponse: withoutIss(await honest.authorize(url)),
      transaction,
    })
    expect((await errorOf(() => fetchToken(session, grant))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(honest.counts.token).toBe(0)
  })

  test('cannot use a sign-in that was begun at the honest one', async () => {
    const { url, transaction } = await createAuthorizationUrl(atHonest(), { redirect_uri: HONEST_CB })
    const authorizationResponse = await honest.authorize(url)
    // with and without iss, which would give it away too
    for (const response of [authorizationResponse, withoutIss(authorizationResponse)]) {
      const grant = authorizationCodeGrant({ authorizationResponse: response, transaction })
      expect((await errorOf(() => fetchToken(atEvil(), grant))).code).toBe('OAUTH_ISSUER_MISMATCH')
    }
    expect(received).toEqual([])
    // where it belongs, it is good
    const grant = authorizationCodeGrant({ authorizationResponse, transaction })
    expect((await fetchToken(atHonest(), grant)).access_token).toMatch(/^honest-/)
  })
})

describe('one redirect URI for both servers', () => {
  const shared = { redirect_uri: 'https://app.example/cb' }

  test('is enough where the honest server sends iss', async () => {
    const session = atEvil()
    const { url, transaction } = await createAuthorizationUrl(session, shared)
    const grant = authorizationCodeGrant({ authorizationResponse: await mixUp(url), transaction })
    expect((await errorOf(() => fetchToken(session, grant))).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(received).toEqual([])
  })

  test('is not where it sends none: the code is lost, which is why each server needs its own; no secret is', async () => {
    const session = atEvil()
    const { url, transaction } = await createAuthorizationUrl(session, shared)
    const authorizationResponse = withoutIss(await mixUp(url))
    await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
    expect(received.join()).toContain(new URL(authorizationResponse).searchParams.get('code'))
    expect(received.join()).not.toContain('honest-secret')
    expect(received.join()).not.toContain(Buffer.from('app:honest-secret').toString('base64'))
    expect(honest.counts.token).toBe(0)
  })
})

describe('a server whose metadata lead elsewhere', () => {
  const ownCode = async (session: ReturnType<typeof atEvil>) => {
    const { transaction } = await createAuthorizationUrl(session, { redirect_uri: EVIL_CB })
    const callback = new URLSearchParams({ code: 'evil-code', state: transaction.state, iss: evil.url })
    return authorizationCodeGrant({ authorizationResponse: `${EVIL_CB}?${callback}`, transaction })
  }

  test('gets its own secret sent to the token endpoint of the other, and not the other one to its own', async () => {
    document.token_endpoint = honest.metadata.token_endpoint
    const session = atEvil()
    const grant = await ownCode(session)
    expect((await errorOf(() => fetchToken(session, grant))).error).toBe('invalid_client')
    const basic = `Basic ${Buffer.from('app:evil-secret').toString('base64')}`
    expect(honest.requests.map(({ headers }) => headers.authorization)).toEqual([basic])
    expect(received).toEqual([])
  })

  test('gets no statement of the client that is good elsewhere', async () => {
    // names the endpoint of the other as its own, in the hope of an assertion for that one
    document.token_endpoint = honest.metadata.token_endpoint
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
    const session = atEvil({
      client: { client_id: 'app' },
      clientAuth: privateKeyJwt({ key: key as JsonWebKey }),
      crypto: webcrypto as Crypto,
    })
    await saveToken(session, { access_token: 'evil-token', refresh_token: 'evil-refresh' })
    await refreshToken(session).catch(() => {})
    await introspectToken(session, { token: 'evil-token' })
    const audienceOf = (parameters: URLSearchParams) => {
      const claims = parameters.get('client_assertion')?.split('.')[1] ?? ''
      return JSON.parse(Buffer.from(claims, 'base64url').toString()).aud
    }
    expect(honest.requests.map(({ parameters }) => audienceOf(parameters))).toEqual([evil.url])
    const bodies = received.map(line => new URLSearchParams(line.slice(line.lastIndexOf(' ') + 1)))
    expect(bodies.map(audienceOf)).toEqual([evil.url])
  })

  test('cannot pass off an ID token of the other as its own', async () => {
    const idToken = (iss: string) => {
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss, sub: 'anna', aud: 'app', exp: now + 60, iat: now }
      const parts = ['{"alg":"none"}', JSON.stringify(claims), '']
      return parts.map(part => Buffer.from(part).toString('base64url')).join('.')
    }
    const session = atEvil()
    const theirs = await ownCode(session)
    answer = { access_token: 'evil-token', token_type: 'bearer', id_token: idToken(honest.url) }
    expect((await errorOf(() => fetchToken(session, theirs))).code).toBe('OAUTH_ID_TOKEN_INVALID')
    expect(session.current()).toBeUndefined()
    // by the issuer alone, which is what differs here
    const own = await ownCode(session)
    answer.id_token = idToken(evil.url)
    expect((await fetchToken(session, own)).access_token).toBe('evil-token')
  })
})

test('metadata that pass off as those of another issuer are refused before anything is sent', async () => {
  document.issuer = honest.url
  const session = atEvil()
  const begun = () => createAuthorizationUrl(session, { redirect_uri: EVIL_CB })
  expect((await errorOf(begun)).code).toBe('OAUTH_ISSUER_MISMATCH')
  expect(received).toEqual([])
})

describe('a stored token', () => {
  const everything = [
    ['token', (session: ReturnType<typeof atEvil>) => session.token()],
    ['refreshToken', (session: ReturnType<typeof atEvil>) => refreshToken(session)],
    ['revokeToken', (session: ReturnType<typeof atEvil>) => revokeToken(session)],
    ['introspectToken', (session: ReturnType<typeof atEvil>) => introspectToken(session)],
  ] as const

  test.each(everything)('is shown to no other issuer under the same key: %s', async (_, act) => {
    const store = memoryStore()
    await saveToken(atHonest({ store, key: 'anna' }), honest.issue())
    const session = atEvil({ store, key: 'anna' })
    const events: unknown[] = []
    session.on('error', ({ error }) => events.push(error.code))
    await Promise.resolve(act(session)).catch(() => {})
    expect(events).toContain('OAUTH_STORE_VALUE')
    expect(received.join()).not.toContain('honest-')
    expect(session.current()).toBeUndefined()
  })

  test.each(everything)('is shown to no other server where none has an issuer: %s', async (_, act) => {
    const store = memoryStore()
    const { issuer: _issuer, ...endpoints } = honest.metadata
    await saveToken(atHonest({ store, key: 'anna', server: endpoints }), honest.issue())
    const { issuer: __, ...theirs } = document
    const session = atEvil({ store, key: 'anna', server: theirs })
    await Promise.resolve(act(session)).catch(() => {})
    expect(received.join()).not.toContain('honest-')
    expect(session.current()).toBeUndefined()
  })

  test.each(everything)(
    'is shown to no other server where only its metadata say who it is: %s',
    async (_, act) => {
      for (const source of [async () => honest.metadata, honest.metadata]) {
        const store = memoryStore()
        await saveToken(atHonest({ store, key: 'anna', server: source }), honest.issue())
        const session = atEvil({ store, key: 'anna', server: async () => document })
        await Promise.resolve(act(session)).catch(() => {})
        expect(received.join()).not.toContain('honest-')
        expect(session.current()).toBeUndefined()
      }
    },
  )

  test('survives that somebody logs out under its key at another server', async () => {
    const store = memoryStore()
    const { access_token } = await saveToken(atHonest({ store, key: 'anna' }), honest.issue())
    expect(await revokeToken(atEvil({ store, key: 'anna' }))).toEqual({ revoked: true })
    expect((await atHonest({ store, key: 'anna' }).token()).access_token).toBe(access_token)
  })

  test('goes on when the endpoints of its server are written out, or the server moves them', async () => {
    const store = memoryStore()
    const { access_token } = await saveToken(atHonest({ store, key: 'anna' }), honest.issue())
    const { issuer: _issuer, ...endpoints } = honest.metadata
    const moved = { ...endpoints, token_endpoint: `${honest.url}/v2/token` }
    for (const server of [endpoints, moved])
      expect((await atHonest({ store, key: 'anna', server }).token()).access_token).toBe(access_token)
  })

  test('outlives that the application is pointed at another server and back', async () => {
    const store = memoryStore()
    const { access_token } = await saveToken(atHonest({ store }), honest.issue())
    // the default key names the issuer
    expect((await errorOf(async () => atEvil({ store }).token())).code).toBe('OAUTH_INTERACTION_REQUIRED')
    await saveToken(atEvil({ store }), { access_token: 'evil-token' })
    expect((await atHonest({ store }).token()).access_token).toBe(access_token)
    expect(received).toEqual([])
  })

  test('of another client at the same server is left alone', async () => {
    const store = memoryStore()
    await saveToken(atHonest({ store, key: 'anna' }), honest.issue())
    const other = atHonest({ store, key: 'anna', client: { client_id: 'other' } })
    expect((await errorOf(async () => other.token())).code).toBe('OAUTH_INTERACTION_REQUIRED')
    expect(honest.counts.token).toBe(0)
  })
})
