import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { request } from 'node:http'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { discover } from 'axios-oauth-interceptor'
import { createRegistry } from 'axios-oauth-interceptor/registry'
import { createRoutes } from 'axios-oauth-interceptor/routes'
import { expressRoutes, handleNode, servedUser } from 'axios-oauth-interceptor/routes/node'
import { json, listen, type RunningServer } from '../servers/http.js'
import { type OidcProvider, startOidcProvider } from '../servers/oidc.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { browserAt, SECRET, type Site, type SiteOptions, servers, startSite } from './site.js'

let provider: OidcProvider
let api: ResourceServer
let sites: Site[] = []

beforeAll(async () => {
  api = await startResourceServer({ accepts: () => true })
})
afterAll(() => api.stop())
afterEach(async () => {
  await Promise.all(sites.map(site => site.stop()))
  sites = []
})

/** Starts a site at the certified provider. */
async function start(kind: string, more: Partial<SiteOptions> = {}): Promise<Site> {
  const site = await startSite(kind, {
    issuer: provider.issuer,
    client: provider.clients.web as never,
    api: api.url,
    ...more,
  })
  sites.push(site)
  return site
}

/** A server of one's own that plays the provider: any redirect URI, an ID token for whoever signs in. */
interface Provider extends RunningServer {
  /** Who signs in next, and in which of the provider's sessions. */
  person: { sub: string; sid: string }
  keys: { privateKey: KeyObject; publicKey: KeyObject }
  revoked: string[]
  refuses: boolean
  /** Plays the browser at the provider; answers the callback. */
  authorize(url: string): string
  jwt(claims: object, typ?: string): string
}

async function startProvider(): Promise<Provider> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const codes = new Map<string, { nonce: string; sub: string; sid: string }>()
  let count = 0
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const server: RunningServer = await listen(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    if (request.url === '/jwks')
      return json(response, 200, {
        keys: [{ ...keys.publicKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'k' }],
      })
    if (request.url?.startsWith('/.well-known/'))
      return json(response, 200, {
        issuer: server.url,
        authorization_endpoint: `${server.url}/authorize`,
        token_endpoint: `${server.url}/token`,
        revocation_endpoint: `${server.url}/revoke`,
        end_session_endpoint: `${server.url}/logout`,
        jwks_uri: `${server.url}/jwks`,
        response_types_supported: ['code'],
      })
    if (request.url === '/revoke') {
      own.revoked.push(`${form.get('token')}`)
      return json(response, 200, {})
    }
    if (own.refuses) return json(response, 400, { error: 'invalid_grant' })
    if (form.get('scope') === 'admin') return json(response, 400, { error: 'invalid_scope' })
    count++
    const code = codes.get(`${form.get('code')}`)
    codes.delete(`${form.get('code')}`)
    const tokens = {
      access_token: `a${count}`,
      refresh_token: `r${count}`,
      token_type: 'Bearer',
      expires_in: 3600,
      ...(form.has('scope') && { scope: form.get('scope') }),
    }
    if (!code) return json(response, 200, tokens)
    const now = Math.floor(Date.now() / 1000)
    const id_token = own.jwt({ ...code, iss: server.url, aud: 'web', iat: now, exp: now + 600 })
    return json(response, 200, { ...tokens, id_token })
  })
  const own: Provider = Object.assign(server, {
    person: { sub: 'anna', sid: 's1' },
    keys,
    revoked: [] as string[],
    refuses: false,
    authorize(url: string) {
      const { searchParams } = new URL(url)
      const code = `code-${codes.size}-${Math.random()}`
      codes.set(code, { ...own.person, nonce: `${searchParams.get('nonce')}` })
      const back = new URL(`${searchParams.get('redirect_uri')}`)
      back.searchParams.set('code', code)
      back.searchParams.set('state', `${searchParams.get('state')}`)
      return back.href
    },
    jwt(claims: object, typ = 'JWT') {
      const input = `${part({ alg: 'RS256', kid: 'k', typ })}.${part(claims)}`
      return `${input}.${sign('RSA-SHA256', Buffer.from(input), keys.privateKey).toString('base64url')}`
    },
  })
  return own
}

let fake: Provider
beforeAll(async () => {
  fake = await startProvider()
})
beforeEach(() => {
  fake.person = { sub: 'anna', sid: 's1' }
  fake.revoked.length = 0
  fake.refuses = false
})
afterAll(() => fake.stop())

const startAtFake = async (kind = 'node:http', more: Partial<SiteOptions> = {}) => {
  const site = await startSite(kind, {
    issuer: fake.url,
    client: { client_id: 'web', client_secret: 'secret' },
    api: api.url,
    ...more,
  })
  sites.push(site)
  return site
}

type Browser = ReturnType<typeof browserAt>
const pathOf = (url: string) => new URL(url).pathname + new URL(url).search

/** Signs in; answers the page of the callback. */
async function signIn({ go }: Browser, path = '/auth/login/api?return_to=/orders') {
  const { location = '' } = await go(path)
  return go(pathOf(fake.authorize(location)))
}

describe.each(Object.keys(servers))('on %s', kind => {
  test('signs in, serves each person with their own token, signs out', async () => {
    const site = await startAtFake(kind)
    const [anna, ben] = [browserAt(site.origin), browserAt(site.origin)]
    expect(await anna.go('/me')).toMatchObject({ status: 401, body: '{"code":"OAUTH_INTERACTION_REQUIRED"}' })
    expect(await signIn(anna)).toMatchObject({ status: 303, location: '/orders' })
    fake.person = { sub: 'ben', sid: 's2' }
    await signIn(ben)
    const sent = api.counts.byToken.size
    expect((await anna.go('/me')).status).toBe(200)
    const ofAnna = api.requests.at(-1)?.token
    expect((await ben.go('/me')).status).toBe(200)
    expect(api.requests.at(-1)?.token).not.toBe(ofAnna)
    expect(api.counts.byToken.size).toBe(sent + 2)

    const out = await anna.own('/auth/logout?return_to=/bye', 'x=1', {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(out.status).toBe(303)
    expect(new URL(out.location as string).pathname).toBe('/logout')
    expect(fake.revoked).toHaveLength(1)
    expect([...anna.cookies.keys()].filter(name => !name.startsWith('oauth-sign-in-'))).toEqual([])
    expect((await anna.go('/me')).status).toBe(401)
    expect((await ben.go('/me')).status).toBe(200)
  })

  test('takes a callback that is posted, and a log-out from the server', async () => {
    const site = await startAtFake(kind)
    const anna = browserAt(site.origin)
    const { location = '' } = await anna.go('/auth/login/api')
    const callback = new URL(fake.authorize(location))
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(
      await anna.go(callback.pathname, { method: 'POST', body: `${callback.searchParams}`, headers: form }),
    ).toMatchObject({ status: 303, location: '/' })
    expect((await anna.go('/me')).status).toBe(200)
    const now = Math.floor(Date.now() / 1000)
    const logoutToken = fake.jwt(
      {
        ...{ iss: fake.url, aud: 'web', iat: now, exp: now + 60, jti: 'j1', ...fake.person },
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      },
      'logout+jwt',
    )
    const stranger = browserAt(site.origin)
    const post = (token: string) =>
      stranger.go('/auth/backchannel/api', { method: 'POST', body: `logout_token=${token}`, headers: form })
    expect((await post(`${logoutToken.slice(0, -4)}AAAA`)).status).toBe(400)
    expect((await anna.go('/me')).status).toBe(200)
    expect(await post(logoutToken)).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    expect((await anna.go('/me')).status).toBe(401)
    expect(fake.revoked).toHaveLength(1)
  })
})

describe('a callback', () => {
  test('that comes twice leads where the first one led', async () => {
    const site = await startAtFake()
    const anna = browserAt(site.origin)
    const { location = '' } = await anna.go('/auth/login/api?return_to=/orders')
    const callback = pathOf(fake.authorize(location))
    await anna.go(callback)
    expect(await anna.go(callback)).toMatchObject({ status: 303, location: '/orders' })
  })

  test('that comes twice when nobody is signed in any more gets a page that helps', async () => {
    const site = await startAtFake()
    const anna = browserAt(site.origin)
    const { location = '' } = await anna.go('/auth/login/api')
    const callback = pathOf(fake.authorize(location))
    await anna.go(callback)
    await anna.own('/auth/logout')
    const page = await anna.go(callback)
    expect(page.status).toBe(400)
    expect(page.body).toMatch(/OAUTH_TRANSACTION_USED/)
    expect(page.body).toMatch(/href="\/auth\/login\/api"/)
  })

  test('that is late gets a page that helps, and the code is sent nowhere', async () => {
    let now = Date.now() / 1000
    const api = {
      server: discover(fake.url),
      client: { client_id: 'web', client_secret: 'secret' },
      clock: () => now,
    }
    const site = await startAtFake('node:http', { clients: { api } })
    const anna = browserAt(site.origin)
    const { location = '' } = await anna.go('/auth/login/api')
    const callback = pathOf(fake.authorize(location))
    now += 601
    const page = await anna.go(callback)
    expect(page.status).toBe(400)
    expect(page.body).toMatch(/OAUTH_TRANSACTION_EXPIRED/)
    expect(page.body).toMatch(/href="\/auth\/login\/api"/)
    expect((await anna.go('/me')).status).toBe(401)
  })

  test('that another browser began gets a page that helps, and no token', async () => {
    const site = await startAtFake()
    const [anna, stranger] = [browserAt(site.origin), browserAt(site.origin)]
    const { location = '' } = await stranger.go('/auth/login/api')
    const page = await anna.go(pathOf(fake.authorize(location)))
    expect(page).toMatchObject({ status: 400, headers: { 'cache-control': 'no-store' } })
    expect(page.body).toMatch(/OAUTH_STATE_MISMATCH/)
    expect(page.body).toMatch(/href="\/auth\/login\/api"/)
    expect((await anna.go('/me')).status).toBe(401)
  })

  test('that says no shows the server’s word, and nothing that it could execute', async () => {
    const site = await startAtFake()
    const anna = browserAt(site.origin)
    const state = new URL((await anna.go('/auth/login/api')).location as string).searchParams.get('state')
    const page = await anna.go(
      `/auth/callback/api?error=access_denied&error_description=%3Cscript%3E&state=${state}`,
    )
    expect(page.status).toBe(403)
    expect(page.body).toMatch(/access_denied: &#60;script&#62;/)
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'/)
  })

  test('of a server that cannot answer is no mistake of the person', async () => {
    const site = await startAtFake()
    const anna = browserAt(site.origin)
    const { location = '' } = await anna.go('/auth/login/api')
    fake.refuses = true
    expect((await anna.go(pathOf(fake.authorize(location)))).status).toBe(502)
  })

  test('of another client is refused', async () => {
    const other = { api2: { server: fake.url, client: { client_id: 'other' } } }
    const site = await startAtFake('node:http', {
      clients: {
        api2: {
          ...other.api2,
          server: { authorization_endpoint: `${fake.url}/authorize`, token_endpoint: `${fake.url}/token` },
        },
      },
    })
    const anna = browserAt(site.origin)
    const { location = '' } = await anna.go('/auth/login/api')
    const page = await anna.go(pathOf(fake.authorize(location)).replace('/callback/api', '/callback/api2'))
    expect([page.status, /OAUTH_ISSUER_MISMATCH/.test(page.body)]).toEqual([400, true])
  })
})

describe('cookies', () => {
  test('are http-only, and over https the host’s own', async () => {
    const registry = createRegistry({
      clients: {
        api: {
          server: { authorization_endpoint: 'https://as.example/a', token_endpoint: 'https://as.example/t' },
          client: { client_id: 'c' },
        },
      },
      environment: {},
    })
    const routes = createRoutes(registry, { origin: 'https://app.example.com', secret: SECRET })
    const answer = await routes.handle(new Request('http://inner:3000/auth/login/api'))
    expect(answer?.status).toBe(303)
    const [cookie = ''] = answer?.headers.getSetCookie() ?? []
    expect(cookie).toMatch(
      /^__Host-Http-oauth-sign-in-[\w-]+=[\w-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    const { searchParams } = new URL(answer?.headers.get('location') as string)
    expect(searchParams.get('redirect_uri')).toBe('https://app.example.com/auth/callback/api')
  })

  test('of a visitor are Strict where the site wants that; the sign-in still finds its way back', async () => {
    const site = await startAtFake('node:http', { routes: { sameSite: 'Strict' } })
    const anna = browserAt(site.origin)
    const { location = '' } = await anna.go('/auth/login/api')
    const back = await anna.go(pathOf(fake.authorize(location)))
    const set = [back.headers['set-cookie'] ?? []].flat()
    expect(set.filter(one => one.startsWith('oauth-visitor='))).toEqual([
      expect.stringMatching(/; HttpOnly; SameSite=Strict$/),
    ])
    expect((await anna.go('/me')).status).toBe(200)
  })

  describe('that are Strict, and so missing when the server redirects back,', () => {
    const routes = { sameSite: 'Strict' as const }
    const other = {
      other: {
        server: { authorization_endpoint: 'https://as.example/a', token_endpoint: 'https://as.example/t' },
        client: { client_id: 'other' },
      },
    }
    const visitorOf = (site: Site, { cookies }: Browser) =>
      site.routes.user(
        new Request('http://site.invalid/', {
          headers: { cookie: `oauth-visitor=${cookies.get('oauth-visitor')}` },
        }),
      )
    const returnTo = async ({ go }: Browser, callback: string) => go(callback, { fromElsewhere: true })
    const begin = async ({ go }: Browser) => {
      const { location = '' } = await go('/auth/login/api?return_to=/orders')
      return pathOf(fake.authorize(location))
    }

    test('lose no visitor who signs in to one more account', async () => {
      const site = await startAtFake('node:http', { routes, clients: other })
      const anna = browserAt(site.origin)
      await returnTo(anna, await begin(anna))
      const visitor = await visitorOf(site, anna)
      await returnTo(anna, await begin(anna))
      expect(await visitorOf(site, anna)).toBe(visitor)
      expect((await anna.go('/me')).status).toBe(200)
    })

    test('let a callback that comes twice lead where the first one led', async () => {
      const site = await startAtFake('node:http', { routes })
      const anna = browserAt(site.origin)
      const callback = await begin(anna)
      await returnTo(anna, callback)
      const visitor = await visitorOf(site, anna)
      expect(await returnTo(anna, callback)).toMatchObject({ status: 303, location: '/orders' })
      expect(await visitorOf(site, anna)).toBe(visitor)
    })

    test('revive no visitor who signed out meanwhile', async () => {
      const site = await startAtFake('node:http', { routes })
      const anna = browserAt(site.origin)
      await returnTo(anna, await begin(anna))
      const visitor = await visitorOf(site, anna)
      const callback = await begin(anna)
      await anna.own('/auth/logout')
      await returnTo(anna, callback)
      expect(await visitorOf(site, anna)).not.toBe(visitor)
    })

    test('finish a sign-in of the application’s own people, whose cookie is Strict too', async () => {
      const user = (request: Request) => request.headers.get('x-user') ?? undefined
      const site = await startAtFake('node:http', { routes: { ...routes, user } })
      const { go } = browserAt(site.origin)
      const { location = '' } = await go('/auth/login/api', { headers: { 'x-user': 'anna' } })
      const callback = pathOf(fake.authorize(location))
      expect((await go(callback, { headers: { 'x-user': 'ben' } })).status).toBe(400)
      expect((await go(callback)).status).toBe(303)
      expect(await site.registry.session('api', { user: 'anna' }).authorized()).toBe(true)
    })
  })

  test('of a posted callback come again with a second one, and lead where the first one led', async () => {
    const registry = createRegistry({
      clients: {
        api: {
          server: discover(fake.url),
          client: { client_id: 'web', client_secret: 'secret' },
          authorization: { scope: 'openid', response_mode: 'form_post' },
        },
      },
      environment: {},
    })
    const routes = createRoutes(registry, { origin: 'https://app.example.com', secret: SECRET })
    const cookies = new Map<string, string>()
    const visit = async (address: string, body?: URLSearchParams) => {
      // A form that another site has the browser post brings only cookies with SameSite=None.
      const cookie = [...cookies.values()].filter(line => !body || /SameSite=None/.test(line))
      const answer = await routes.handle(
        new Request(address, {
          method: body ? 'POST' : 'GET',
          headers: { Cookie: cookie.map(line => line.split(';')[0]).join('; ') },
          ...(body && { body }),
        }),
      )
      for (const line of answer?.headers.getSetCookie() ?? []) cookies.set(`${line.split('=')[0]}`, line)
      return answer?.headers.get('Location')
    }
    const url = await visit('https://app.example.com/auth/login/api?return_to=/orders')
    const { href, searchParams } = new URL(fake.authorize(`${url}`))
    expect(await visit(href.replace(/\?.*/, ''), searchParams)).toBe('/orders')
    expect(await visit(href.replace(/\?.*/, ''), searchParams)).toBe('/orders')
  })

  test('are unreadable, and changed ones are rejected', async () => {
    const site = await startAtFake()
    const anna = browserAt(site.origin)
    await signIn(anna)
    const text = [...anna.cookies]
      .flat()
      .map(one => Buffer.from(one, 'base64url').toString('latin1'))
      .join()
    expect(text).not.toMatch(/verifier|transaction|orders/)
    const [[name = '', value = ''] = []] = [...anna.cookies].filter(([one]) => one === 'oauth-visitor')
    anna.cookies.set(name, `${value.slice(0, -2)}${value.endsWith('AA') ? 'BB' : 'AA'}`)
    expect((await anna.go('/me')).status).toBe(401)
    // a sign-in's cookie is no visitor's
    const [other = ''] = [...anna.cookies]
      .filter(([one]) => one.startsWith('oauth-sign-in-'))
      .map(([, one]) => one)
    anna.cookies.set(name, other)
    expect((await anna.go('/me')).status).toBe(401)
  })

  test('of sign-ins that were left behind do not pile up', async () => {
    const site = await startAtFake()
    const anna = browserAt(site.origin)
    for (let count = 0; count < 9; count++) await anna.go('/auth/login/api')
    expect(anna.cookies.size).toBe(5)
    expect((await signIn(anna)).status).toBe(303)
  })

  test('of a visitor are good for a time', async () => {
    let now = Date.now() / 1000
    const site = await startAtFake('node:http', { routes: { maxAge: 100, clock: () => now } })
    const anna = browserAt(site.origin)
    await signIn(anna)
    expect((await anna.go('/me')).status).toBe(200)
    now += 101
    expect((await anna.go('/me')).status).toBe(401)
  })

  test('that were planted are not adopted by a sign-in', async () => {
    const site = await startAtFake()
    const [anna, attacker] = [browserAt(site.origin), browserAt(site.origin)]
    await signIn(attacker)
    const planted = attacker.cookies.get('oauth-visitor') as string
    await attacker.own('/auth/logout')
    anna.cookies.set('oauth-visitor', planted)
    await signIn(anna)
    expect(anna.cookies.get('oauth-visitor')).not.toBe(planted)
    attacker.cookies.set('oauth-visitor', planted)
    expect((await attacker.go('/me')).status).toBe(401)
  })

  test('opened with the old secret are good while it is listed', async () => {
    const site = await startAtFake()
    const anna = browserAt(site.origin)
    await signIn(anna)
    const cookie = { headers: { cookie: `oauth-visitor=${anna.cookies.get('oauth-visitor')}` } }
    const who = (secret: string | string[]) =>
      createRoutes(site.registry, { origin: site.origin, secret }).user(
        new Request('http://site.invalid/', cookie),
      )
    expect(await who(['another secret of thirty-two chars', SECRET])).toMatch(/^[\w-]{32}$/)
    expect(await who('another secret of thirty-two chars')).toBeUndefined()
  })
})

describe('access to the route', () => {
  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['an old browser at another site', { origin: 'https://evil.example' }],
    ['nobody knows which site', {}],
  ])('a log-out or a token for %s is refused', async (_, headers) => {
    const site = await startAtFake('node:http', { routes: { allowTokens: ['api'] } })
    const anna = browserAt(site.origin)
    await signIn(anna)
    for (const path of ['/auth/logout', '/auth/logout/api', '/auth/token/api'])
      expect(
        (await anna.go(path, { method: 'POST', headers: headers as Record<string, string> })).status,
      ).toBe(403)
    expect((await anna.go('/me')).status).toBe(200)
  })

  test('log-outs are no links, and there are no other routes', async () => {
    const site = await startAtFake()
    const { go, own } = browserAt(site.origin)
    expect(await go('/auth/logout')).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    for (const path of [
      '/auth/',
      '/auth/login',
      '/auth/login/nobody',
      '/auth/login/machine',
      '/auth/toString/api',
      '/auth/login/api/x',
      '/auth/login/%ff',
    ])
      expect([path, (await go(path)).status]).toEqual([path, 404])
    expect((await own('/auth/token/api')).status).toBe(404)
  })

  test.each(['//evil.example', 'https://evil.example/', '/\\evil.example'])(
    'does not redirect to %s',
    async address => {
      const site = await startAtFake()
      const anna = browserAt(site.origin)
      expect(await signIn(anna, `/auth/login/api?return_to=${encodeURIComponent(address)}`)).toMatchObject({
        location: '/',
      })
      const out = await anna.own(`/auth/logout/machine?return_to=${encodeURIComponent(address)}`)
      expect(out.status).toBe(404)
    },
  )
})

describe.each(Object.keys(servers).filter(kind => kind !== 'Hono'))('unusual requests to %s', kind => {
  /** The status of a request line as it is written, which a browser would change. */
  const statusOf = async (site: Site, method: string, path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(site.origin)
      const asked = request({ method, path, hostname, port }, answer => {
        answer.resume()
        resolve(answer.statusCode)
      })
      asked.on('error', reject).end()
    })

  test('go to the application where their path leads out of the routes', async () => {
    const site = await startAtFake(kind)
    expect(await statusOf(site, 'GET', '/auth/../me')).not.toBeUndefined()
    expect(await statusOf(site, 'GET', '/x/../auth/login/nobody')).toBe(404)
  })

  test('do not fail for their method', async () => {
    const site = await startAtFake(kind)
    for (const method of ['OPTIONS', 'TRACE'])
      expect([method, await statusOf(site, method, method === 'OPTIONS' ? '*' : '/me')]).not.toEqual([
        method,
        500,
      ])
  })
})

test('a server of HTTP/2 answers the routes, and passes other requests on', async () => {
  const { routes, origin } = await startAtFake('node:http')
  const middleware = expressRoutes(routes, servedUser())
  const server = createServer((asked, answer) =>
    middleware(asked, answer as never, error => answer.writeHead(error ? 500 : 204).end()),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const visit = (path: string) =>
    new Promise<object>((resolve, reject) => {
      const stream = client.request({ ':path': path })
      stream.on('response', headers => resolve({ ...headers }))
      stream.on('error', reject)
      stream.resume()
    })
  expect(await visit('/page')).toMatchObject({ ':status': 204 })
  expect(await visit('/auth/login/api')).toMatchObject({
    ':status': 303,
    location: expect.stringContaining(encodeURIComponent(`${origin}/auth/callback/api`)),
  })
  client.close()
  server.close()
})

test('a target that no cookie can hold is the home, so that the sign-in finds its way back', async () => {
  const site = await startAtFake('node:http')
  const anna = browserAt(site.origin)
  await anna.go(`/auth/login/api?return_to=/orders?q=${'a'.repeat(5000)}`)
  const [[name, value] = ['', '']] = [...anna.cookies]
  expect(name.length + value.length).toBeGreaterThan(100)
  expect(name.length + value.length).toBeLessThan(4096)
})

test('a body that the framework kept as bytes is read', async () => {
  const site = await startAtFake('node:http', { routes: { allowTokens: ['api'] } })
  const anna = browserAt(site.origin)
  await signIn(anna)
  const sent: unknown[] = []
  const body = Buffer.from(JSON.stringify({ scope: 'admin' }))
  const headers = {
    'sec-fetch-site': 'same-origin',
    cookie: [...anna.cookies].map(one => one.join('=')).join('; '),
  }
  const framework = {
    method: 'POST',
    url: '/auth/token/api',
    headers,
    body,
    async *[Symbol.asyncIterator]() {},
  }
  await handleNode(site.routes, framework, {
    writeHead: status => sent.push(status),
    end: text => sent.push(text),
  })
  expect(sent).toEqual([400, '{"error":"invalid_scope"}'])
})

describe('access tokens for the site’s own pages', () => {
  const routes = { allowTokens: ['api'] }

  test('are handed out without the refresh token, and another one when the API refused the first', async () => {
    const site = await startAtFake('node:http', { routes })
    const anna = browserAt(site.origin)
    expect(await anna.own('/auth/token/api')).toMatchObject({
      status: 401,
      body: '{"error":"login_required"}',
    })
    await signIn(anna)
    const answer = await anna.own('/auth/token/api')
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    const token = JSON.parse(answer.body)
    expect(token).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'openid offline_access',
    })
    const rejected = JSON.stringify({ rejected: token.access_token })
    const next = JSON.parse((await anna.own('/auth/token/api', rejected)).body)
    expect(next.access_token).not.toBe(token.access_token)
    expect(JSON.parse((await anna.own('/auth/token/api', rejected)).body).access_token).toBe(
      next.access_token,
    )
  })

  test('have the smaller scope that a page asks for, and each scope keeps its own', async () => {
    const site = await startAtFake('node:http', { routes })
    const anna = browserAt(site.origin)
    await signIn(anna)
    const ask = async (question: object) =>
      JSON.parse((await anna.own('/auth/token/api', JSON.stringify(question))).body)
    const whole = await ask({})
    const part = await ask({ scope: 'openid' })
    expect(part).toMatchObject({ scope: 'openid' })
    expect(part.access_token).not.toBe(whole.access_token)
    expect((await ask({ scope: 'openid' })).access_token).toBe(part.access_token)
    expect((await ask({ scope: '' })).access_token).toBe(whole.access_token)
    const next = await ask({ scope: 'openid', rejected: part.access_token })
    expect(next).toMatchObject({ scope: 'openid' })
    expect(next.access_token).not.toBe(part.access_token)
  })

  test('of the whole scope are the one that is there, also without a refresh token', async () => {
    const site = await startAtFake('node:http', { routes })
    const anna = browserAt(site.origin)
    await signIn(anna)
    const ask = async (question: object) =>
      JSON.parse((await anna.own('/auth/token/api', JSON.stringify(question))).body)
    const whole = await ask({})
    expect((await ask({ scope: 'offline_access openid' })).access_token).toBe(whole.access_token)
  })

  test('of a scope that was never granted are refused, and the others go on', async () => {
    const site = await startAtFake('node:http', { routes })
    const anna = browserAt(site.origin)
    await signIn(anna)
    const ask = (question: object) => anna.own('/auth/token/api', JSON.stringify(question))
    expect(await ask({ scope: 'admin' })).toMatchObject({ status: 400, body: '{"error":"invalid_scope"}' })
    const { access_token } = JSON.parse((await ask({})).body)
    expect((await ask({ rejected: access_token })).status).toBe(200)
  })

  test('are over with the session', async () => {
    const site = await startAtFake('node:http', { routes })
    const anna = browserAt(site.origin)
    await signIn(anna)
    const { access_token } = JSON.parse((await anna.own('/auth/token/api')).body)
    fake.refuses = true
    const rejected = JSON.stringify({ rejected: access_token })
    expect((await anna.own('/auth/token/api', rejected)).status).toBe(401)
  })
})

describe('an application with a sign-in of its own', () => {
  const routes = { user: (request: Request) => request.headers.get('x-user') ?? undefined }

  test('connects accounts only of its own people', async () => {
    const site = await startAtFake('node:http', { routes })
    const { go } = browserAt(site.origin)
    expect((await go('/auth/login/api')).status).toBe(401)
    const headers = { 'x-user': 'user:42' }
    const { location = '' } = await go('/auth/login/api', { headers })
    const callback = pathOf(fake.authorize(location))
    expect(await go(callback, { headers })).toMatchObject({ status: 303 })
    expect(await site.registry.session('api', { user: 'user:42' }).authorized()).toBe(true)
  })
})

describe('a sign-in that one of the application’s people began', () => {
  const routes = { user: (request: Request) => request.headers.get('x-user') ?? undefined }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  test('is not finished for another person, and not without one', async () => {
    const site = await startAtFake('node:http', { routes })
    const { go } = browserAt(site.origin)
    const { location = '' } = await go('/auth/login/api', { headers: { 'x-user': 'anna' } })
    const callback = pathOf(fake.authorize(location))
    const page = await go(callback, { headers: { 'x-user': 'ben' } })
    expect([page.status, /OAUTH_STATE_MISMATCH/.test(page.body)]).toEqual([400, true])
    expect((await go(callback)).status).toBe(401)
    for (const user of ['anna', 'ben'])
      expect(await site.registry.session('api', { user }).authorized()).toBe(false)
    expect((await go(callback, { headers: { 'x-user': 'anna' } })).status).toBe(303)
  })

  test('is finished by a form that the server has the browser post, without the application’s cookie', async () => {
    const site = await startAtFake('node:http', { routes })
    const { go } = browserAt(site.origin)
    const { location = '' } = await go('/auth/login/api', { headers: { 'x-user': 'anna' } })
    const { pathname, searchParams } = new URL(fake.authorize(location))
    expect((await go(pathname, { method: 'POST', body: `${searchParams}`, headers: form })).status).toBe(303)
    expect(await site.registry.session('api', { user: 'anna' }).authorized()).toBe(true)
  })
})

test('two people at one browser, one after the other: the second gets no data of the first', async () => {
  const site = await startAtFake()
  const shared = browserAt(site.origin)
  await signIn(shared)
  const first = shared.cookies.get('oauth-visitor')
  await shared.own('/auth/logout')
  fake.person = { sub: 'ben', sid: 's2' }
  await signIn(shared)
  expect(shared.cookies.get('oauth-visitor')).not.toBe(first)
  expect((await shared.go('/me')).status).toBe(200)
})

test('a person who signs in again keeps the identifier, so that other accounts stay connected', async () => {
  const site = await startAtFake()
  const anna = browserAt(site.origin)
  await signIn(anna)
  const visitor = await site.routes.user(
    new Request('http://site.invalid/', {
      headers: { cookie: `oauth-visitor=${anna.cookies.get('oauth-visitor')}` },
    }),
  )
  fake.person = { sub: 'anna-at-work', sid: 's9' }
  await signIn(anna)
  const again = await site.routes.user(
    new Request('http://site.invalid/', {
      headers: { cookie: `oauth-visitor=${anna.cookies.get('oauth-visitor')}` },
    }),
  )
  expect(again).toBe(visitor)
  expect((await anna.go('/me')).status).toBe(200)
})

test.each([
  ['a short secret', { secret: 'short', origin: 'https://app.example.com' }],
  ['no secret', { secret: [], origin: 'https://app.example.com' }],
  ['an origin with a path', { secret: SECRET, origin: 'https://app.example.com/app' }],
  ['no origin', { secret: SECRET, origin: '' }],
])('%s is refused at the door', (_, options) => {
  const registry = createRegistry({ clients: {}, environment: {} })
  expect(() => createRoutes(registry, options)).toThrow(
    expect.objectContaining({ code: 'OAUTH_INVALID_OPTION' }),
  )
})

describe('with a certified provider', () => {
  beforeAll(async () => {
    provider = await startOidcProvider({ redirectUris: ['http://127.0.0.1:4998/auth/callback/api'] })
  })
  afterAll(() => provider.stop())

  test('signs in, asks the API, signs out there too', async () => {
    const site = await start('node:http', { routes: { origin: 'http://127.0.0.1:4998' } })
    const anna = browserAt(site.origin)
    const { location = '' } = await anna.go('/auth/login/api?return_to=/orders')
    const callback = await provider.authorize(location)
    expect(await anna.go(pathOf(callback))).toMatchObject({ status: 303, location: '/orders' })
    expect((await anna.go('/me')).status).toBe(200)
    const origin = 'http://127.0.0.1:4998'
    const out = await anna.go('/auth/logout', { method: 'POST', headers: { origin } })
    expect(new URL(out.location as string).origin).toBe(provider.issuer)
    expect((await provider.stats()).revocations).toBe(1)
    expect((await anna.go('/me')).status).toBe(401)
  })
})
