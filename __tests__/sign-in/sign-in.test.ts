import { createOAuth1Session, createOAuth2Session, isOAuthError } from 'axios-oauth-interceptor'
import {
  beginOAuth1SignIn,
  beginSignIn,
  cacheTransactions,
  finishOAuth1SignIn,
  finishSignIn,
  handleCallback,
  isCallback,
  localPath,
  memoryTransactions,
  sessionTransactions,
  signIn,
  signOut,
  type TransactionStore,
  webTransactions,
} from 'axios-oauth-interceptor/sign-in'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { listen, type RunningServer } from '../servers/http.js'

let as: AuthorizationServer
let now = 0
beforeAll(async () => {
  as = await startAuthorizationServer({ clock: () => now })
})
beforeEach(() => {
  now = Math.floor(Date.now() / 1000)
})
afterAll(() => as.stop())

const redirect_uri = 'https://app.example.com/callback'
const client = { client_id: 'app' }
const sessionOf = (more: object = {}) =>
  createOAuth2Session({ server: as.metadata, client, clock: () => now, ...more })

const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isOAuthError(error)) throw error ?? new Error('did not fail')
  return error.code
}

/** A storage of the page, as far as it is used. */
function storage() {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    key: (index: number) => [...items.keys()][index] ?? null,
    get length() {
      return items.size
    },
  }
}

const stores: [string, () => TransactionStore][] = [
  ['a page’s storage', () => webTransactions(storage())],
  ['a framework’s session', () => sessionTransactions({})],
  ['memory', () => memoryTransactions()],
  [
    'a cache with a marker in the session',
    () => {
      const cache = new Map<string, string>()
      return cacheTransactions({ get: key => cache.get(key), set: (key, value) => cache.set(key, value) }, {})
    },
  ],
]

describe.each(stores)('a sign-in kept in %s', (_, makeStore) => {
  let transactions: TransactionStore
  beforeEach(() => {
    transactions = makeStore()
  })
  const begin = (more: object = {}) => beginSignIn(sessionOf(), { redirect_uri }, { transactions, ...more })

  test('E7, E8, E9: signs in, and says where to go afterwards', async () => {
    const session = sessionOf()
    const { url } = await beginSignIn(
      session,
      { redirect_uri, scope: 'read' },
      { transactions, returnTo: '/orders?page=2' },
    )
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      code_challenge_method: 'S256',
      scope: 'read',
    })
    const { token, returnTo } = await finishSignIn(session, {
      authorizationResponse: await as.authorize(url),
      transactions,
    })
    expect(returnTo).toBe('/orders?page=2')
    expect(as.isActive(token.access_token)).toBe(true)
    expect(await session.authorized()).toBe(true)
  })

  test('E8: two sign-ins at once both come back', async () => {
    const [one, other] = [await begin({ returnTo: '/one' }), await begin({ returnTo: '/other' })]
    for (const [{ url }, returnTo] of [
      [other, '/other'],
      [one, '/one'],
    ] as const)
      expect(
        await finishSignIn(sessionOf(), { authorizationResponse: await as.authorize(url), transactions }),
      ).toMatchObject({ returnTo })
  })

  test('E9: a callback that comes twice is told from a foreign one, and neither asks the server', async () => {
    const authorizationResponse = await as.authorize((await begin()).url)
    const session = sessionOf()
    await finishSignIn(session, { authorizationResponse, transactions })
    const { token } = as.counts
    expect(await codeOf(finishSignIn(sessionOf(), { authorizationResponse, transactions }))).toBe(
      'OAUTH_TRANSACTION_USED',
    )
    const foreign = `${redirect_uri}?code=stolen&state=foreign`
    expect(await codeOf(finishSignIn(sessionOf(), { authorizationResponse: foreign, transactions }))).toBe(
      'OAUTH_STATE_MISMATCH',
    )
    expect(as.counts.token).toBe(token)
    expect(await session.authorized()).toBe(true)
  })

  test('E9: a callback is taken before the server is asked: of two at once one is', async () => {
    const authorizationResponse = await as.authorize((await begin()).url)
    const before = as.counts.token
    const ends = await Promise.allSettled(
      [1, 2].map(() => finishSignIn(sessionOf(), { authorizationResponse, transactions })),
    )
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(as.counts.token).toBe(before + 1)
  })

  test('a late callback says that it is late', async () => {
    const authorizationResponse = await as.authorize((await begin()).url)
    now += 601
    expect(await codeOf(finishSignIn(sessionOf(), { authorizationResponse, transactions }))).toBe(
      'OAUTH_TRANSACTION_EXPIRED',
    )
  })

  test('a callback of another client is refused, and the right one still works', async () => {
    const authorizationResponse = await as.authorize((await begin({ client: 'github' })).url)
    const finish = (client: string) =>
      finishSignIn(sessionOf(), { authorizationResponse, transactions, client })
    expect(await codeOf(finish('google'))).toBe('OAUTH_ISSUER_MISMATCH')
    expect((await finish('github')).token.access_token).toBeTruthy()
  })

  test('E9, E14: a refusal has the server’s word', async () => {
    const { state } = await begin()
    const authorizationResponse = `${redirect_uri}?error=access_denied&state=${state}&iss=${as.metadata.issuer}`
    await expect(finishSignIn(sessionOf(), { authorizationResponse, transactions })).rejects.toMatchObject({
      code: 'OAUTH_AUTHORIZATION_FAILED',
      error: 'access_denied',
    })
  })
})

test('E7: a server without a page to sign in is named; what the application asks for is in the address', async () => {
  const transactions = memoryTransactions()
  const { authorization_endpoint: _, ...without } = as.metadata
  expect(await codeOf(beginSignIn(sessionOf({ server: without }), { redirect_uri }, { transactions }))).toBe(
    'OAUTH_ENDPOINT_MISSING',
  )
  const parameters = { access_type: 'offline' }
  const options = { redirect_uri, scope: 'openid', parameters }
  const { url, state } = await beginSignIn(sessionOf(), options, { transactions })
  const { searchParams } = new URL(url)
  expect(searchParams.get('access_type')).toBe('offline')
  expect(searchParams.get('state')).toBe(state)
  expect(`${searchParams.get('nonce')}`.length).toBeGreaterThanOrEqual(20)
})

test('E9: a callback that names another server is refused, and the code is sent to none', async () => {
  const transactions = memoryTransactions()
  const { state } = await beginSignIn(sessionOf(), { redirect_uri }, { transactions })
  const before = as.counts.token
  const authorizationResponse = `${redirect_uri}?code=c&state=${state}&iss=https://evil.example`
  expect(await codeOf(finishSignIn(sessionOf(), { authorizationResponse, transactions }))).toBe(
    'OAUTH_ISSUER_MISMATCH',
  )
  expect(as.counts.token).toBe(before)
})

test('E8: the cache alone is not enough: a browser without the marker did not begin the sign-in', async () => {
  const cache = new Map<string, string>()
  const shared = {
    get: (key: string) => cache.get(key),
    set: (key: string, value: string) => cache.set(key, value),
  }
  const { url } = await beginSignIn(
    sessionOf(),
    { redirect_uri },
    { transactions: cacheTransactions(shared, {}) },
  )
  const authorizationResponse = await as.authorize(url)
  const victim = cacheTransactions(shared, {})
  expect(await codeOf(finishSignIn(sessionOf(), { authorizationResponse, transactions: victim }))).toBe(
    'OAUTH_STATE_MISMATCH',
  )
})

test('old sign-ins are removed from the page’s storage, other entries stay', async () => {
  const own = storage()
  own.setItem('cart', '1')
  own.setItem('oauth-sign-in:broken', '{')
  const transactions = webTransactions(own)
  const begin = () => beginSignIn(sessionOf(), { redirect_uri }, { transactions })
  const { state } = await begin()
  now += 3601
  const { state: next } = await begin()
  expect([...own.items.keys()].sort()).toEqual(['cart', `oauth-sign-in:${next}`])
  expect(state).not.toBe(next)
})

test('a framework’s session holds twenty sign-ins at most, the newest', async () => {
  const session: Record<string, object> = {}
  const transactions = sessionTransactions(session)
  let last = ''
  for (let count = 0; count < 25; count++)
    last = (await beginSignIn(sessionOf(), { redirect_uri }, { transactions })).state
  expect(Object.keys(session.oauthSignIns as object)).toHaveLength(20)
  expect(await transactions.get(last)).toBeDefined()
  expect(await transactions.get('constructor')).toBeUndefined()
})

test.each([
  ['/orders?a=b#c', '/orders?a=b#c'],
  ['orders', '/orders'],
  ['//evil.example', undefined],
  ['/\\evil.example', undefined],
  ['\\\\evil.example', undefined],
  ['/.//evil.example', undefined],
  ['/\t/evil.example', undefined],
  ['https://evil.example/', undefined],
  ['javascript:alert(1)', undefined],
  ['', undefined],
  [undefined, undefined],
])('the way back to %j is %j', (address, path) => {
  expect(localPath(address)).toBe(path)
  expect(localPath(address, 'https://app.example.com')).toBe(path)
})

test('an address of the site itself is a valid target, a similar one is not', () => {
  const origin = 'https://app.example.com'
  expect(localPath(`${origin}/orders`, origin)).toBe('/orders')
  expect(localPath('https://user@app.example.com/orders', origin)).toBeUndefined()
  expect(localPath('https://app.example.com.evil.example/orders', origin)).toBeUndefined()
})

test('a sign-in that would lead elsewhere afterwards does not begin', async () => {
  const transactions = memoryTransactions()
  expect(
    await codeOf(beginSignIn(sessionOf(), { redirect_uri }, { transactions, returnTo: '//evil.example' })),
  ).toBe('OAUTH_INVALID_OPTION')
})

describe('in a page', () => {
  const page = { location: undefined as unknown, history: undefined as unknown }
  let own: ReturnType<typeof storage>
  const visit = (href: string) => {
    const url = new URL(href)
    const { origin, pathname, search, hash } = url
    page.location = { href, origin, pathname, search, hash }
  }
  let replaced: string[]
  beforeEach(() => {
    own = storage()
    replaced = []
    page.history = {
      state: 'kept',
      replaceState: (_: unknown, __: string, address: string) => replaced.push(address),
    }
    for (const name of ['location', 'history'] as const)
      Object.defineProperty(globalThis, name, { configurable: true, get: () => page[name] })
    Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, value: own })
  })
  afterEach(() => {
    for (const name of ['location', 'history', 'sessionStorage']) Reflect.deleteProperty(globalThis, name)
  })

  test('goes to the server and comes back to where it was; the address has no code before the server is asked', async () => {
    visit('https://app.example.com/orders?page=2#top')
    const went: string[] = []
    await signIn(sessionOf(), { redirect_uri }, { navigate: url => void went.push(url) })
    const callback = await as.authorize(went[0] as string)
    visit(callback)
    expect(isCallback()).toBe(true)
    const session = sessionOf()
    let addressThen: string | undefined
    as.latency = async () => {
      addressThen = replaced[0]
    }
    const { returnTo } = await handleCallback(session)
    as.latency = undefined
    expect({ returnTo, addressThen, replaced }).toEqual({
      returnTo: '/orders?page=2#top',
      addressThen: redirect_uri,
      replaced: [redirect_uri],
    })
    expect(isCallback(replaced[0])).toBe(false)
    expect(await session.authorized()).toBe(true)
  })

  test.each([
    ['https://app.example.com/cb?code=c&state=s&tab=1', 'https://app.example.com/cb?tab=1'],
    ['https://app.example.com/cb?state=mine', 'https://app.example.com/cb?state=mine'],
    ['https://app.example.com/#/cb?code=c&state=s', 'https://app.example.com/#/cb'],
    ['https://app.example.com/#/cb?state=mine', 'https://app.example.com/#/cb?state=mine'],
    ['https://app.example.com/#/cb#code=c&state=s', 'https://app.example.com/#/cb'],
    ['https://app.example.com/#/code=c&state=s', 'https://app.example.com/'],
    ['https://app.example.com/?code=c&state=s#/orders', 'https://app.example.com/#/orders'],
    ['https://app.example.com/cb#access_token=t&state=s', 'https://app.example.com/cb'],
    ['https://app.example.com/cb?error=access_denied&state=s', 'https://app.example.com/cb'],
    ['https://app.example.com/cb?oauth_token=t&oauth_verifier=v', 'https://app.example.com/cb'],
    ['https://app.example.com/cb?response=e.y.J', 'https://app.example.com/cb'],
  ])('%s is shown as %s', async (address, shown) => {
    visit(address)
    expect(isCallback()).toBe(address !== shown)
    await handleCallback(sessionOf()).catch(() => undefined)
    expect(replaced).toEqual([shown])
  })
})

describe('signing out', () => {
  beforeEach(() => as.revokeEverything())

  const idToken = () => {
    const claims = { iss: as.metadata.issuer, aud: 'app', sub: 'anna', iat: now, exp: now + 600 }
    return [{ alg: 'none' }, claims]
      .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
      .concat('.x')
  }
  const signedIn = async (server: object, withIdToken = true) => {
    const session = sessionOf({ server: { ...as.metadata, ...server } })
    const { saveToken } = await import('axios-oauth-interceptor')
    await saveToken(session, { ...as.issue(), ...(withIdToken && { id_token: idToken() }) })
    return session
  }

  test('E13: revokes, and answers where the server signs the person out too', async () => {
    const session = await signedIn({ end_session_endpoint: `${as.url}/logout` })
    const { revocation, url, state } = await signOut(session, {
      post_logout_redirect_uri: 'https://app.example.com/',
    })
    expect(revocation).toEqual({ revoked: true })
    const { searchParams } = new URL(url as string)
    expect(searchParams.get('id_token_hint')).toBe(idToken())
    expect(searchParams.get('state')).toBe(state)
    expect(await session.authorized()).toBe(false)
    expect(as.activeTokens()).toEqual([])
  })

  test.each([
    ['the server has no such page', {}, true],
    ['nobody asked for the person', { end_session_endpoint: 'https://as.example/logout' }, false],
  ])('goes nowhere when %s', async (_, server, withIdToken) => {
    const { revocation, url } = await signOut(await signedIn(server, withIdToken))
    expect({ revocation, url }).toEqual({ revocation: { revoked: true }, url: undefined })
  })

  test('is over here although the page of the server cannot be used', async () => {
    const session = await signedIn({ end_session_endpoint: 'http://as.example/logout' })
    const { revocation, url, error } = await signOut(session)
    expect([revocation.revoked, url, error?.code]).toEqual([true, undefined, 'OAUTH_INSECURE_URL'])
    expect(await session.authorized()).toBe(false)
  })
})

describe('OAuth 1.0a', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await listen((request, response) => {
      const isFirst = request.url === '/request'
      response.end(
        isFirst
          ? 'oauth_token=temporary&oauth_token_secret=s1&oauth_callback_confirmed=true'
          : 'oauth_token=lasting&oauth_token_secret=s2',
      )
    })
  })
  afterAll(() => server.stop())
  const session = () =>
    createOAuth1Session({
      client: { key: 'k', secret: 's' },
      server: {
        request_token_url: `${server.url}/request`,
        authorize_url: 'https://as.example/authorize',
        access_token_url: `${server.url}/access`,
      },
    })
  const begin = async () => {
    const transactions = memoryTransactions()
    const begun = await beginOAuth1SignIn(
      session(),
      { callback: redirect_uri },
      { transactions, returnTo: '/tweets' },
    )
    return { transactions, ...begun }
  }

  test('E10: the request token is the state', async () => {
    const { transactions, state } = await begin()
    expect(state).toBe('temporary')
    const one = session()
    const { token, returnTo } = await finishOAuth1SignIn(one, {
      authorizationResponse: `${redirect_uri}?oauth_token=temporary&oauth_verifier=v`,
      transactions,
    })
    expect([token.oauth_token, returnTo]).toEqual(['lasting', '/tweets'])
    expect(await one.authorized()).toBe(true)
  })

  test.each([
    ['?denied=temporary', 'OAUTH_AUTHORIZATION_FAILED'],
    ['?oauth_token=foreign&oauth_verifier=v', 'OAUTH_STATE_MISMATCH'],
    ['?oauth_verifier=v', 'OAUTH_CODE_MISSING'],
    ['?oauth_token=temporary', 'OAUTH_CODE_MISSING'],
  ])('E10: a callback %s fails with %s', async (query, code) => {
    const { transactions } = await begin()
    expect(
      await codeOf(
        finishOAuth1SignIn(session(), { authorizationResponse: redirect_uri + query, transactions }),
      ),
    ).toBe(code)
  })
})
