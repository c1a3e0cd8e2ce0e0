import { inspect } from 'node:util'
import axios from 'axios'
import { attachOAuth1, createOAuth1Session } from '../../src/axios/attach-oauth1'
import { isOAuthError } from '../../src/errors'
import { defineStore, memoryStore } from '../../src/index.js'
import { checkAuthorizationResponse } from '../../src/oauth1/authorization-response'
import { endOAuth1Session, saveOAuth1Token } from '../../src/oauth1/credentials'
import type { OAuth1SessionOptions } from '../../src/oauth1/session-options'
import {
  createOAuth1AuthorizationUrl,
  fetchOAuth1RequestToken,
  fetchOAuth1Token,
} from '../../src/oauth1/sign-in'
import { hmacSha256 } from '../../src/signature-methods/hmac-sha256'
import { listen, type RunningServer, readBody } from '../servers/http'
import { client } from './server'
import { verify } from './verifier'

const CALLBACK = 'https://app.test/callback?x=%20y'

/**
 * A provider: hands out temporary and token credentials, verifies every request, and can be told to
 * misbehave.
 */
async function provider() {
  const seen = new Set<string>()
  const secrets = new Map([['', '']])
  const world = {
    requests: [] as {
      path: string
      protocol: Record<string, string>
      method: string
      body: string
      realm?: string
    }[],
    faults: [] as string[],
    /** Answers in place of the provider. */
    instead: undefined as { status: number; body: string; headers?: Record<string, string> } | undefined,
    /** How token responses are written. */
    write: (fields: Record<string, string>) => `${new URLSearchParams(fields)}`,
    confirmed: { oauth_callback_confirmed: 'true' } as Record<string, string>,
    revoked: new Map<string, string>(),
    headers: {} as Record<string, unknown>,
    /** Never answers. */
    silent: false,
    once: undefined as { status: number; headers: Record<string, string> } | undefined,
  }
  let count = 0
  const server: RunningServer = await listen(async (request, response) => {
    const body = await readBody(request)
    const path = (request.url ?? '').replace(/\?.*/, '')
    const authorized =
      /oauth_token="?([^"&,]*)/.exec(`${request.headers.authorization} ${request.url} ${body}`)?.[1] ?? ''
    const known = secrets.get(decodeURIComponent(authorized))
    const verdict = verify(request, body, { client: client.secret, token: known ?? '' }, seen)
    world.requests.push({
      path,
      protocol: verdict.protocol,
      method: `${request.method}`,
      body: `${body}`,
      ...(verdict.realm !== undefined && { realm: verdict.realm }),
    })
    world.faults.push(...verdict.faults)
    const { instead, once } = world
    world.headers = request.headers
    if (world.silent) return
    world.once = undefined
    if (once) return void response.writeHead(once.status, once.headers).end()
    if (instead) return void response.writeHead(instead.status, instead.headers).end(instead.body)
    const reason = world.revoked.get(verdict.protocol.oauth_token ?? '')
    if (reason)
      return void response.writeHead(401, { 'www-authenticate': `OAuth oauth_problem="${reason}"` }).end()
    if (!/^\/(request|access)$/.test(path)) return void response.end('hello')
    const oauth_token = `${path.slice(1)}+${++count}/%`
    secrets.set(oauth_token, `secret & ${count}`)
    const fields = {
      oauth_token,
      oauth_token_secret: `secret & ${count}`,
      ...(path === '/request' ? world.confirmed : { screen_name: 'jäne', user_id: '7' }),
    }
    response.end(` ${world.write(fields)}\n`)
  })
  const endpoints = {
    request_token_url: `${server.url}/request`,
    authorize_url: `${server.url}/authorize?lang=en`,
    access_token_url: `${server.url}/access`,
  }
  return { server, world, endpoints }
}

let it: Awaited<ReturnType<typeof provider>>
beforeEach(async () => {
  it = await provider()
})
afterEach(() => it.server.stop())

const open = (options: Partial<OAuth1SessionOptions> = {}) =>
  createOAuth1Session({ client, server: it.endpoints, ...options })
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    error => (isOAuthError(error) ? error : Promise.reject(error)),
  )

/** What the resource owner's browser brings back. */
function approve(url: string, verifier = 'ver+ifier'): string {
  const asked = new URL(url)
  const back = new URL(CALLBACK)
  back.searchParams.set('oauth_token', asked.searchParams.get('oauth_token') ?? '')
  back.searchParams.set('oauth_verifier', verifier)
  return back.href
}

describe('the three-legged sign-in', () => {
  test.each(['header', 'query', 'body'] as const)(
    'from nothing to a signed request, over a reload (%s)',
    async placement => {
      const { url, transaction } = await createOAuth1AuthorizationUrl(open({ placement }), {
        callback: CALLBACK,
      })
      expect(url).toMatch(/\/authorize\?lang=en&oauth_token=request%2B1%2F%25$/)
      // another page, another process
      const restored = JSON.parse(JSON.stringify(transaction))
      const session = open({ placement })
      const listener = jest.fn()
      session.on('token', listener)
      expect(await session.authorized()).toBe(false)
      const token = await fetchOAuth1Token(session, {
        authorizationResponse: approve(url),
        transaction: restored,
      })
      expect(token).toMatchObject({
        oauth_token: 'access+2/%',
        oauth_token_secret: 'secret & 2',
        screen_name: 'jäne',
        user_id: '7',
      })
      expect(listener).toHaveBeenCalledTimes(1)
      expect(await session.authorized()).toBe(true)
      expect(session.current()).toEqual(token)

      const api = axios.create({ baseURL: it.server.url })
      attachOAuth1(api, session)
      expect((await api.get('/me?a=b')).data).toBe('hello')
      expect(it.world.faults).toEqual([])
      const [first, second, third] = it.world.requests
      expect(first).toMatchObject({
        path: '/request',
        method: 'POST',
        protocol: { oauth_callback: CALLBACK },
      })
      expect(first?.protocol).not.toHaveProperty('oauth_token')
      expect(second).toMatchObject({
        path: '/access',
        method: 'POST',
        protocol: { oauth_verifier: 'ver+ifier', oauth_token: 'request+1/%' },
      })
      expect(second?.protocol).not.toHaveProperty('oauth_callback')
      expect(third?.protocol).not.toHaveProperty('oauth_verifier')
    },
  )

  test('out of band: the code is typed', async () => {
    const session = open()
    const { transaction } = await createOAuth1AuthorizationUrl(session)
    expect(it.world.requests[0]?.protocol.oauth_callback).toBe('oob')
    expect((await code(fetchOAuth1Token(session, { transaction })))?.code).toBe('OAUTH_CODE_MISSING')
    await fetchOAuth1Token(session, { transaction, verifier: '123456' })
    expect(it.world.requests[1]?.protocol.oauth_verifier).toBe('123456')
    expect(it.world.faults).toEqual([])
  })

  test('a server of 1.0: no callback, no confirmation, no verifier', async () => {
    it.world.confirmed = {}
    const session = open({ revision: '1.0' })
    const { url, transaction } = await createOAuth1AuthorizationUrl(session, { callback: CALLBACK })
    expect(new URL(url).searchParams.get('oauth_callback')).toBe(CALLBACK)
    expect(it.world.requests[0]?.protocol).not.toHaveProperty('oauth_callback')
    await fetchOAuth1Token(session, {
      transaction,
      authorizationResponse: `${CALLBACK}&oauth_token=${encodeURIComponent(transaction.oauth_token)}`,
    })
    expect(it.world.requests[1]?.protocol).not.toHaveProperty('oauth_verifier')
    expect(it.world.faults).toEqual([])
  })

  test('a server that does not confirm the callback', async () => {
    it.world.confirmed = {}
    const error = await code(fetchOAuth1RequestToken(open(), { callback: CALLBACK }))
    expect(error).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE', message: expect.stringContaining('1.0') })
  })

  test('a server that does not confirm the callback, met by an option: the verifier is required all the same', async () => {
    it.world.confirmed = {}
    const session = open({ allowUnconfirmedCallback: true })
    const { url, transaction } = await createOAuth1AuthorizationUrl(session, { callback: CALLBACK })
    const authorizationResponse = approve(url).replace(/&oauth_verifier=.*/, '')
    expect((await code(fetchOAuth1Token(session, { transaction, authorizationResponse })))?.code).toBe(
      'OAUTH_CODE_MISSING',
    )
    await fetchOAuth1Token(session, { transaction, authorizationResponse: approve(url) })
    expect(it.world.requests[1]?.protocol).toHaveProperty('oauth_verifier')
    expect(it.world.faults).toEqual([])
  })

  test('a confirmation in another case counts', async () => {
    it.world.confirmed = { oauth_callback_confirmed: 'True' }
    await fetchOAuth1RequestToken(open(), { callback: CALLBACK })
  })

  test('a redirect to the same origin is followed and signed again; one to another origin is not', async () => {
    it.world.once = { status: 307, headers: { location: '/request?moved=1' } }
    await fetchOAuth1RequestToken(open(), { callback: CALLBACK, parameters: { scope: 'x' } })
    expect(it.world.requests).toMatchObject([
      { path: '/request', body: 'scope=x' },
      { path: '/request', body: 'scope=x', method: 'POST' },
    ])
    it.world.once = { status: 301, headers: { location: '/request' } }
    await fetchOAuth1RequestToken(open(), { parameters: { scope: 'x' } })
    expect(it.world.requests[3]).toMatchObject({ method: 'GET', body: '' })
    expect(it.world.faults).toEqual([])

    const other = await provider()
    it.world.once = { status: 302, headers: { location: `${other.server.url}/request` } }
    expect(await code(fetchOAuth1RequestToken(open()))).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      status: 302,
    })
    expect(other.world.requests).toHaveLength(0)
    await other.server.stop()
  })

  test('a circle of redirects ends', async () => {
    it.world.instead = { status: 302, body: '', headers: { location: '/request' } }
    expect((await code(fetchOAuth1RequestToken(open())))?.status).toBe(302)
    expect(it.world.requests).toHaveLength(6)
  })

  test('headers and a timeout for one call; hooks see the request before it is signed, and the answer', async () => {
    const session = open({
      hooks: {
        requestTokenRequest: request => ({ ...request, url: `${request.url}?hooked=1` }),
        requestTokenResponse: response => ({
          ...response,
          header: response.header,
          body: `${response.body.trim()}&extra=1`,
        }),
        authorizationUrl: url => void url.searchParams.set('hooked', '2'),
      },
    })
    const token = await fetchOAuth1RequestToken(session, { headers: { 'X-Own': 'yes' }, timeout: 5 })
    expect(token.extra).toBe('1')
    expect(it.world.headers['x-own']).toBe('yes')
    const { url } = await createOAuth1AuthorizationUrl(session, { requestToken: token })
    expect(url).toContain('hooked=2')
    expect(it.world.faults).toEqual([])

    it.world.silent = true
    const error = await code(fetchOAuth1RequestToken(open(), { timeout: 0.05 }))
    expect(error?.code).toBe('OAUTH_SERVER_UNAVAILABLE')
  })

  test('JSON answers, further parameters, another method, a realm of several', async () => {
    it.world.write = JSON.stringify
    const session = open({ signatureMethod: hmacSha256(), realm: 'usual' })
    await fetchOAuth1RequestToken(session, { realm: ['a', 'b'], parameters: { scope: 'x y' } })
    await fetchOAuth1RequestToken(session, { method: 'GET', parameters: { scope: 'x y' } })
    const { url } = await createOAuth1AuthorizationUrl(session, { authorize: { perms: 'write', name: 'Ü' } })
    expect(it.world.requests).toMatchObject([
      { realm: 'a b', body: 'scope=x+y', method: 'POST' },
      { realm: 'usual', body: '', method: 'GET' },
      { realm: 'usual' },
    ])
    expect(url).toContain('&perms=write&name=%C3%9C')
    expect(it.world.faults).toEqual([])
  })

  test('credentials that are there already', async () => {
    const session = open()
    const requestToken = await fetchOAuth1RequestToken(session, { callback: CALLBACK })
    const { url, transaction } = await createOAuth1AuthorizationUrl(session, { requestToken })
    await fetchOAuth1Token(session, { transaction, authorizationResponse: new URL(approve(url)) })
    expect(it.world.requests).toHaveLength(2)
  })

  test('a clock that is wrong, a nonce that was used: once more', async () => {
    const session = open({ clock: () => Date.now() / 1000 - 7200 })
    it.world.once = { status: 401, headers: { 'www-authenticate': 'OAuth oauth_problem=timestamp_refused' } }
    await fetchOAuth1RequestToken(session)
    expect(Math.abs(Number(it.world.requests[1]?.protocol.oauth_timestamp) - Date.now() / 1000)).toBeLessThan(
      5,
    )
    it.world.once = { status: 401, headers: { 'www-authenticate': 'OAuth oauth_problem=nonce_used' } }
    await fetchOAuth1RequestToken(session)
    expect(it.world.requests).toHaveLength(4)
    expect(it.world.faults).toEqual([])
  })

  test('nothing over plain http, unless it is allowed', async () => {
    const http = (url: string) => url.replace('127.0.0.1', 'example.com')
    const endpoints = {
      request_token_url: http(it.endpoints.request_token_url),
      authorize_url: http(it.endpoints.authorize_url),
      access_token_url: http(it.endpoints.access_token_url),
    }
    const session = open({ server: endpoints })
    expect((await code(fetchOAuth1RequestToken(session)))?.code).toBe('OAUTH_INSECURE_URL')
    const transaction = {
      oauth_token: 't',
      client_key: client.key,
      access_token_url: endpoints.access_token_url,
      created_at: Date.now() / 1000,
    }
    expect((await code(fetchOAuth1Token(session, { transaction, verifier: 'v' })))?.code).toBe(
      'OAUTH_INSECURE_URL',
    )
  })
})

describe('answers that are no credentials', () => {
  test.each<[string, { status: number; body: string; headers?: Record<string, string> }, object]>([
    [
      'a refusal in words',
      { status: 401, body: 'Failed to validate oauth signature and token' },
      { code: 'OAUTH_SERVER_REFUSED', status: 401 },
    ],
    [
      'a problem in the body',
      { status: 400, body: 'oauth_problem=consumer_key_unknown&oauth_problem_advice=who%20are%20you' },
      { code: 'OAUTH_SERVER_REFUSED', error: 'consumer_key_unknown', error_description: 'who are you' },
    ],
    [
      'a problem in the header',
      { status: 403, body: '', headers: { 'www-authenticate': 'OAuth oauth_problem="permission_denied"' } },
      { code: 'OAUTH_SERVER_REFUSED', error: 'permission_denied' },
    ],
    [
      'a problem under 200',
      { status: 200, body: 'oauth_problem=signature_invalid' },
      { code: 'OAUTH_SERVER_REFUSED', error: 'signature_invalid' },
    ],
    [
      'a page',
      { status: 200, body: '<html>?x&oauth_token=a&oauth_token_secret=b</html>' },
      { code: 'OAUTH_INVALID_RESPONSE' },
    ],
    ['nothing', { status: 200, body: '' }, { code: 'OAUTH_INVALID_RESPONSE' }],
    ['JSON of another kind', { status: 200, body: '["oauth_token"]' }, { code: 'OAUTH_INVALID_RESPONSE' }],
    [
      'a secret that is no text',
      { status: 200, body: '{"oauth_token":"a","oauth_token_secret":{}}' },
      { code: 'OAUTH_INVALID_RESPONSE' },
    ],
    [
      'a server in trouble',
      { status: 502, body: '<h1>Bad gateway</h1>' },
      { code: 'OAUTH_SERVER_UNAVAILABLE', status: 502 },
    ],
  ])('%s', async (_, instead, expected) => {
    it.world.instead = instead
    const session = open()
    expect(await code(fetchOAuth1RequestToken(session))).toMatchObject(expected)
    const transaction = {
      oauth_token: 't',
      client_key: client.key,
      access_token_url: it.endpoints.access_token_url,
      created_at: Date.now() / 1000,
    }
    expect(await code(fetchOAuth1Token(session, { transaction, verifier: 'v' }))).toMatchObject(expected)
    expect(await session.authorized()).toBe(false)
  })

  test('what an error shows of a body holds no secret', async () => {
    it.world.instead = { status: 400, body: 'oauth_token_secret=Zx9Qw7Er5Ty3Ui1O&something is wrong' }
    const error = await code(fetchOAuth1RequestToken(open()))
    expect(inspect(error, { depth: 9 })).not.toContain('Zx9Qw7Er5Ty3Ui1O')
  })

  test('nobody answers', async () => {
    await it.server.stop()
    expect((await code(fetchOAuth1RequestToken(open())))?.code).toBe('OAUTH_SERVER_UNAVAILABLE')
  })
})

describe('callbacks', () => {
  const transaction = {
    oauth_token: 'request+1/%',
    oauth_token_secret: 's',
    client_key: client.key,
    access_token_url: '',
    created_at: 0,
  }
  const mine = 'oauth_token=request%2B1%2F%25'
  const judge = async (response: string | Record<string, unknown>, like: object | null = transaction) =>
    code((async () => checkAuthorizationResponse(response, like as never))())

  test('as a URL, a query or parameters; what others put there may be written as they like', () => {
    const expected = { oauth_token: 'request+1/%', oauth_verifier: 'v' }
    for (const response of [
      `https://app.test/cb?${mine}&oauth_verifier=v#x`,
      `?${mine}&oauth_verifier=v`,
      `${mine}&oauth_verifier=v`,
      expected,
    ])
      expect(checkAuthorizationResponse(response, transaction)).toEqual(expected)
    expect(
      checkAuthorizationResponse(
        `https://app.test/cb?name=100%&c=ol\xe9&%zz&${mine}&oauth_verifier=v`,
        transaction,
      ),
    ).toMatchObject(expected)
  })

  test.each([
    ['denied, as Twitter says it', 'denied=request%2B1%2F%25', 'OAUTH_AUTHORIZATION_FAILED', 'denied'],
    ['denied, with the token', `${mine}&denied=true`, 'OAUTH_AUTHORIZATION_FAILED', 'denied'],
    ['a problem', `${mine}&oauth_problem=user_refused`, 'OAUTH_AUTHORIZATION_FAILED', 'user_refused'],
    [
      'denied without a token, in the words of OAuth 2',
      'error=access_denied',
      'OAUTH_AUTHORIZATION_FAILED',
      'access_denied',
    ],
    ['no token', 'oauth_verifier=v', 'OAUTH_CODE_MISSING', undefined],
    ['no verifier', mine, 'OAUTH_CODE_MISSING', undefined],
    ['a foreign token', 'oauth_token=f0reign&oauth_verifier=v', 'OAUTH_STATE_MISMATCH', undefined],
    ['a foreign token that was denied', 'denied=f0reign', 'OAUTH_STATE_MISMATCH', undefined],
    [
      'a foreign token behind ours',
      `oauth_token=f0reign&${mine}&oauth_verifier=v`,
      'OAUTH_STATE_MISMATCH',
      undefined,
    ],
  ])('%s', async (_, query, expected, error) => {
    const found = await judge(`https://app.test/cb?${query}`)
    expect(found?.code).toBe(expected)
    expect(found?.error).toBe(error)
    expect(found?.message).not.toContain('f0reign')
  })

  test('a transaction that was lost, used, too old or of another server', async () => {
    expect((await judge(`${mine}&oauth_verifier=v`, null))?.code).toBe('OAUTH_STATE_MISMATCH')
    expect((await judge(`&oauth_verifier=v`, {}))?.code).toBe('OAUTH_CODE_MISSING')
    let now = 1_000_000
    const session = open({ clock: () => now })
    const begun = await createOAuth1AuthorizationUrl(session, { callback: CALLBACK })
    const finish = (change: object = {}) =>
      code(
        fetchOAuth1Token(session, {
          authorizationResponse: approve(begun.url),
          transaction: { ...begun.transaction, ...change },
        }),
      )
    expect((await finish({ client_key: 'another' }))?.code).toBe('OAUTH_ISSUER_MISMATCH')
    expect((await finish({ access_token_url: 'https://evil.test/' }))?.code).toBe('OAUTH_ISSUER_MISMATCH')
    now += 601
    expect((await finish())?.code).toBe('OAUTH_TRANSACTION_EXPIRED')
    now -= 300
    expect(await finish()).toBeUndefined()
    expect((await finish())?.code).toBe('OAUTH_TRANSACTION_USED')
    expect(it.world.requests.filter(({ path }) => path === '/access')).toHaveLength(1)
  })
})

describe('what is kept', () => {
  const credentials = { oauth_token: 't1', oauth_token_secret: 's1', account: '7' }

  test('in a store, for the next session', async () => {
    const store = memoryStore()
    await saveOAuth1Token(open({ store }), credentials)
    const later = open({ store })
    expect(later.current()).toBeUndefined()
    expect(await later.token()).toEqual(credentials)
    expect(later.current()).toEqual(credentials)
    expect(later.current()).toBe(later.current())
    const stored = await store.get(`${it.endpoints.access_token_url} ${client.key}`)
    expect(stored).toMatchObject({
      v: 1,
      client_id: client.key,
      tokens: { '': { access_token: 't1', token_type: 'oauth1', oauth_token_secret: 's1', account: '7' } },
    })
    expect(JSON.stringify(stored)).not.toContain(client.secret)
  })

  test('under a key of one’s own, one for each user', async () => {
    const store = memoryStore()
    const [jane, john] = [open({ store, key: 'jane' }), open({ store, key: 'john' })]
    await saveOAuth1Token(jane, credentials)
    await saveOAuth1Token(john, { ...credentials, oauth_token: 't2' })
    expect((await open({ store, key: 'jane' }).token()).oauth_token).toBe('t1')
  })

  test('nothing: requests are refused, not sent', async () => {
    const session = open()
    const api = axios.create({ baseURL: it.server.url })
    attachOAuth1(api, session)
    const error = await api.get('/me').catch(caught => caught)
    expect(error.cause).toMatchObject({
      code: 'OAUTH_INTERACTION_REQUIRED',
      message: expect.stringContaining('createOAuth1AuthorizationUrl'),
    })
    expect(it.world.requests).toHaveLength(0)
    await saveOAuth1Token(session, credentials)
    await endOAuth1Session(session)
    expect((await api.get('/me').catch(caught => caught)).cause.code).toBe('OAUTH_SESSION_ENDED')
    expect(it.world.requests).toHaveLength(0)
    await saveOAuth1Token(session, credentials)
    await api.get('/me')
    expect(it.world.requests[0]?.protocol.oauth_token).toBe('t1')
  })

  test('no credentials without an identifier', async () => {
    expect((await code(saveOAuth1Token(open(), { oauth_token: '' })))?.code).toBe('OAUTH_INVALID_OPTION')
  })

  test('what it takes to be authorized', async () => {
    const without = open({ client: { key: 'k' } })
    await saveOAuth1Token(without, { oauth_token: 't' })
    expect(await without.authorized()).toBe(false)
    const rsa = open({ client: { key: 'k' }, signatureMethod: { name: 'RSA-SHA512', sign: () => '' } })
    await saveOAuth1Token(rsa, { oauth_token: 't' })
    expect(await rsa.authorized()).toBe(true)
  })

  test.each(['token_rejected', 'token_revoked'])(
    '%s ends the session, once for all its users',
    async reason => {
      const store = memoryStore()
      const session = open({ store })
      const ended = jest.fn()
      session.on('ended', ended)
      await saveOAuth1Token(session, credentials)
      const api = axios.create({ baseURL: it.server.url })
      attachOAuth1(api, session)
      it.world.revoked.set('t1', reason)
      const errors = await Promise.all([1, 2, 3].map(() => api.get('/me').catch(caught => caught)))
      for (const error of errors)
        expect(error).toMatchObject({ response: { status: 401 }, cause: { code: 'OAUTH_REFUSED' } })
      expect(ended.mock.calls).toEqual([[{ reason }]])
      expect((await api.get('/me').catch(caught => caught)).cause).toMatchObject({
        code: 'OAUTH_SESSION_ENDED',
        error: reason,
      })
      expect((await code(open({ store }).token()))?.code).toBe('OAUTH_SESSION_ENDED')
    },
  )

  test('a late refusal of old credentials does not end the new session', async () => {
    const store = memoryStore()
    const session = open({ store })
    const ended = jest.fn()
    session.on('ended', ended)
    await saveOAuth1Token(session, credentials)
    const api = axios.create({ baseURL: it.server.url })
    attachOAuth1(api, session)
    await api.get('/me')
    it.world.revoked.set('t1', 'token_revoked')
    // somebody signs in anew in another process
    await saveOAuth1Token(open({ store }), { ...credentials, oauth_token: 't2' })
    await api.get('/me').catch(() => {})
    expect(ended).not.toHaveBeenCalled()
    await api.get('/me')
    expect(it.world.requests.map(({ protocol }) => protocol.oauth_token)).toEqual(['t1', 't1', 't2'])
  })

  test('other refusals end nothing', async () => {
    const session = open()
    const ended = jest.fn()
    session.on('ended', ended)
    await saveOAuth1Token(session, credentials)
    const api = axios.create({ baseURL: it.server.url })
    attachOAuth1(api, session)
    it.world.instead = { status: 401, body: 'oauth_problem=signature_invalid' }
    await api.get('/me').catch(() => {})
    it.world.instead = { status: 503, body: 'token_revoked' }
    await api.get('/me').catch(() => {})
    expect(ended).not.toHaveBeenCalled()
    expect(await session.authorized()).toBe(true)
  })

  test('a store that fails while a session ends: told, and the answer is what it was', async () => {
    const store = defineStore({ ...memoryStore() })
    const session = open({ store })
    await saveOAuth1Token(session, credentials)
    const api = axios.create({ baseURL: it.server.url })
    attachOAuth1(api, session)
    await api.get('/me')
    const error = jest.fn()
    session.on('error', error)
    store.get = () => Promise.reject(new Error('the disk is gone'))
    it.world.revoked.set('t1', 'token_revoked')
    expect((await api.get('/me').catch(caught => caught)).response.status).toBe(401)
    expect(error).toHaveBeenCalledWith({ error: expect.objectContaining({ code: 'OAUTH_STORE_READ' }) })
  })
})

test('one session on two instances, and no secret in sight', async () => {
  const session = open()
  await saveOAuth1Token(session, { oauth_token: 't1', oauth_token_secret: 'very secret' })
  for (const path of ['/a', '/b']) {
    const api = axios.create({ baseURL: it.server.url })
    expect(attachOAuth1(api, session)).toBe(attachOAuth1(api, session))
    await api.get(path)
  }
  expect(it.world.requests.map(({ protocol }) => protocol.oauth_token)).toEqual(['t1', 't1'])
  expect(inspect(session, { depth: 9 })).not.toMatch(new RegExp(`very secret|${client.secret}`))
  expect(JSON.stringify(session)).not.toMatch(new RegExp(`very secret|${client.secret}`))
  await session.close()
})
