import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import axios, { type AxiosRequestConfig } from 'axios'
import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { attachOAuth2, createOAuth2Session } from '../../src/index.js'
import { parseChallenges } from '../../src/lib/www-authenticate.js'
import { challenges } from '../../src/oauth2/challenges.js'
import { readStepUp } from '../../src/oauth2/step-up.js'
import { authorizeRequest } from '../../src/protocol.js'
import { saveToken } from '../../src/session/fetch-token.js'
import type { OAuth2SessionOptions } from '../../src/session/session.js'
import { webStorageStore } from '../../src/stores/web-storage.js'
import { type BearerPlacement, bearer } from '../../src/token-types/bearer.js'
import { listen, type Seen, type TestServer } from '../axios/server.js'

const TOKEN = 'mF_9.B5f-4.1JqM~+/=='
const FORM = 'application/x-www-form-urlencoded'

let api: TestServer
let elsewhere: TestServer
let respond: (request: Seen) => { status?: number; headers?: Record<string, string> }
beforeAll(async () => {
  api = await listen(request => (request.url === '/token' ? tokenAnswer() : respond(request)))
  elsewhere = await listen(() => ({}))
})
afterAll(() => Promise.all([api.close(), elsewhere.close()]))
beforeEach(() => {
  api.seen.length = elsewhere.seen.length = 0
  respond = () => ({})
})

let renewals = 0
const tokenAnswer = () => ({
  body: JSON.stringify({ access_token: `new${++renewals}`, token_type: 'Bearer', scope: 'read' }),
})
const seenByApi = () => api.seen.filter(({ url }) => url !== '/token')

/** An axios instance whose requests carry the token. */
async function makeApi(placement?: BearerPlacement, options: Partial<OAuth2SessionOptions> = {}) {
  const session = createOAuth2Session({
    server: { token_endpoint: `${api.origin}/token`, authorization_endpoint: `${api.origin}/authorize` },
    client: { client_id: 'app' },
    ...(placement && { tokenType: bearer({ placement }) }),
    ...options,
  })
  const saved = await saveToken(session, {
    access_token: TOKEN,
    token_type: 'Bearer',
    refresh_token: 'r',
    scope: 'read',
  })
  const instance = axios.create({ baseURL: api.origin, validateStatus: () => true })
  attachOAuth2(instance, session)
  return { instance, session, saved }
}

/** Where in a request the token stands, in every spelling. */
const places = ({ url, headers, body }: Seen, token = TOKEN) => {
  const holds = (text: unknown) => [token, encodeURIComponent(token)].some(one => `${text}`.includes(one))
  return [
    ...Object.entries(headers).flatMap(([name, value]) => (holds(value) ? [name] : [])),
    ...(holds(url) ? ['url'] : []),
    ...(holds(body) ? ['body'] : []),
  ]
}

describe('RFC 6750 Bearer Token Usage: the client', () => {
  test.each([
    ['header', 'authorization'],
    ['query', 'url'],
    ['body', 'body'],
  ] as const)(
    'section 2: MUST NOT use more than one method in each request: %s',
    async (placement, place) => {
      const { instance } = await makeApi(placement)
      await instance.post('/x?a=b', 'c=d', { headers: { 'Content-Type': FORM } })
      await instance.post('/x', new URLSearchParams('c=d'))
      expect(seenByApi().map(request => places(request))).toEqual([[place], [place]])
    },
  )

  test.each(['header', 'query', 'body'] as const)(
    'section 2: … nor the old token beside the new one after a renewal: %s',
    async placement => {
      const { instance } = await makeApi(placement)
      respond = request => ({ status: places(request)[0] ? 401 : 200 })
      expect((await instance.post('/x', new URLSearchParams('c=d'))).status).toBe(200)
      const [first, second] = seenByApi() as [Seen, Seen]
      expect(places(first)).toHaveLength(1)
      expect(places(second)).toEqual([])
      expect(places(second, `new${renewals}`)).toHaveLength(1)
    },
  )

  test('section 2: a request that brings its own credential gets no second one', async () => {
    const { instance } = await makeApi()
    await instance.get('/x', { headers: { authorization: 'Bearer mine' } })
    expect(seenByApi()[0]?.headers.authorization).toBe('Bearer mine')
  })

  test('section 2.1: SHOULD use the Authorization header, with the scheme Bearer', async () => {
    const { instance } = await makeApi()
    await instance.get('/x')
    expect(seenByApi()[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`)
  })

  test('section 2.2: in the body it is the parameter access_token, after & where there are others', async () => {
    const { instance } = await makeApi('body')
    const encoded = `access_token=${encodeURIComponent(TOKEN)}`
    await instance.post('/x')
    await instance.post('/x', 'c=d', { headers: { 'Content-Type': FORM } })
    await instance.post('/x', new URLSearchParams({ c: 'ä' }))
    expect(seenByApi().map(({ body }) => body)).toEqual([encoded, `c=d&${encoded}`, `c=%C3%A4&${encoded}`])
    for (const { headers } of seenByApi()) expect(headers['content-type']).toContain(FORM)
  })

  test('section 2.2: the request then has the content type of a form', async () => {
    for (const data of [undefined, '', new URLSearchParams('c=d')]) {
      const { headers } = await authorizeRequest(
        { method: 'POST', url: 'https://api.example/', data },
        { access_token: TOKEN },
        { tokenType: bearer({ placement: 'body' }) },
      )
      expect(headers).toEqual(form)
    }
  })

  const form = { 'Content-Type': FORM }
  test.each<[string, AxiosRequestConfig]>([
    ['a content type that is no form', { method: 'POST', data: { c: 'd' } }],
    [
      'multipart',
      { method: 'POST', data: 'x', headers: { 'Content-Type': 'multipart/form-data; boundary=x' } },
    ],
    ['text that is not ASCII', { method: 'POST', data: 'c=ä', headers: form }],
    ['GET', { method: 'GET', headers: form }],
    ['HEAD', { method: 'HEAD', headers: form }],
    ['DELETE', { method: 'DELETE', data: 'c=d', headers: form }],
  ])('section 2.2: MUST NOT use the body for %s', async (_, config) => {
    const { instance } = await makeApi('body')
    await expect(instance.request({ url: '/x', ...config })).rejects.toMatchObject({
      cause: { code: 'OAUTH_INVALID_OPTION' },
    })
    expect(api.seen).toEqual([])
  })

  test('section 2.3: in the query it is the parameter access_token, after & where there are others', async () => {
    const { instance } = await makeApi('query')
    const encoded = `access_token=${encodeURIComponent(TOKEN)}`
    await instance.get('/x')
    await instance.get('/x?p=%20q&r')
    await instance.get('/x', { params: { p: 'q' } })
    expect(seenByApi().map(({ url }) => url)).toEqual([
      `/x?${encoded}`,
      `/x?p=%20q&r&${encoded}`,
      `/x?p=q&${encoded}`,
    ])
  })

  test('section 2.3: a link that holds an older token gets the new one in its place (section 3.1: no parameter twice)', async () => {
    const { instance } = await makeApi('query')
    const encoded = `access_token=${encodeURIComponent(TOKEN)}`
    for (const link of ['?access_token=old', '?access_token=old&p=q', '?p=q&access_token=old&r'])
      await instance.get(`/x${link}`)
    await instance.get('/x?my_access_token=kept')
    expect(seenByApi().map(({ url }) => url)).toEqual([
      `/x?${encoded}`,
      `/x?${encoded}&p=q`,
      `/x?p=q&${encoded}&r`,
      `/x?my_access_token=kept&${encoded}`,
    ])
  })

  test('section 2.3: SHOULD send Cache-Control: no-store with a token in the query', async () => {
    const { instance } = await makeApi('query')
    await instance.get('/x')
    await instance.get('/x', { headers: { 'Cache-Control': 'no-store, max-age=0' } })
    expect(seenByApi().map(({ headers }) => headers['cache-control'])).toEqual([
      'no-store',
      'no-store, max-age=0',
    ])
  })

  test('section 2.3: … but not from a page, where it would trigger a CORS preflight', () => {
    const written: string[] = []
    const request = (url: string) => ({
      method: 'GET',
      url,
      data: undefined,
      signal: undefined,
      header: () => undefined,
      setHeader: (name: string) => written.push(name),
    })
    Object.defineProperty(globalThis, 'location', {
      value: new URL('https://app.example/page'),
      configurable: true,
    })
    try {
      const { authorize } = bearer({ placement: 'query' })
      authorize(request('https://api.example/x'), { access_token: TOKEN })
    } finally {
      Reflect.deleteProperty(globalThis, 'location')
    }
    expect(written).toEqual([])
  })

  test('section 3: the challenge is read: the scheme in any case, quoted values, unknown attributes, other schemes beside', () => {
    const header =
      'Basic realm="a, Bearer error=\\"x\\"", bEaReR realm="example", error="invalid_token", Error_Description="The \\"token\\", expired", x=y'
    expect(parseChallenges(header)).toMatchObject([
      { scheme: 'basic' },
      {
        scheme: 'bearer',
        parameters: {
          realm: 'example',
          error: 'invalid_token',
          error_description: 'The "token", expired',
          x: 'y',
        },
      },
    ])
    const answer = (status: number, value: string) => ({ status, header: () => value })
    expect(
      readStepUp(answer(403, 'Bearer error="insufficient_scope", scope="urn:a=HBO&urn:b=G,PG-13 openid"')),
    ).toEqual({ error: 'insufficient_scope', scope: 'urn:a=HBO&urn:b=G,PG-13 openid' })
    expect(readStepUp(answer(403, 'Basic error="insufficient_scope", scope="a"'))).toBeUndefined()
  })

  test.each(['Bearer error="invalid_token"', 'Bearer realm="example"', ''])(
    'section 3.1: a 401 (%p): a new token, and the request once more; not for ever',
    async challenge => {
      const { instance } = await makeApi()
      respond = () => ({ status: 401, ...(challenge && { headers: { 'www-authenticate': challenge } }) })
      expect((await instance.get('/x')).status).toBe(401)
      expect(seenByApi()).toHaveLength(2)
      expect((await instance.get('/x')).status).toBe(401)
      expect(seenByApi()).toHaveLength(3)
    },
  )

  test.each([
    [400, 'Bearer error="invalid_request"'],
    [403, 'Bearer error="insufficient_scope", scope="write"'],
    [405, 'Bearer error="invalid_request"'],
  ])('section 3.1: a new token does not help a %i: it is given to the caller', async (status, challenge) => {
    const { instance } = await makeApi()
    respond = () => ({ status, headers: { 'www-authenticate': challenge } })
    expect((await instance.get('/x')).status).toBe(status)
    expect(api.seen).toHaveLength(1)
  })

  test('section 3.1: insufficient_scope is told, with the scope that is needed beside the one that is there', async () => {
    const { instance, session } = await makeApi(undefined, { challenges: challenges() })
    const told: unknown[] = []
    session.on('challenge', challenge => told.push(challenge))
    respond = () => ({
      status: 403,
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' },
    })
    await instance.get('/x')
    expect(told).toMatchObject([{ error: 'insufficient_scope', parameters: { scope: 'read write' } }])
  })

  test('section 5.3: MUST NOT leak tokens to unintended parties: other origins get none', async () => {
    const { instance } = await makeApi()
    await instance.get(`${elsewhere.origin}/x`)
    await instance.get('/x', { baseURL: elsewhere.origin })
    expect(elsewhere.seen).toHaveLength(2)
    expect(elsewhere.seen.flatMap(request => places(request))).toEqual([])
  })

  test.each(['header', 'query'] as const)(
    'section 5.3: … nor does a redirect lead them there: %s',
    async placement => {
      const { instance } = await makeApi(placement)
      respond = () => ({ status: 302, headers: { location: `${elsewhere.origin}/x` } })
      await instance.get('/x')
      expect(places(seenByApi()[0] as Seen)).toHaveLength(1)
      expect(elsewhere.seen).toHaveLength(1)
      expect(places(elsewhere.seen[0] as Seen)).toEqual([])
    },
  )

  test('section 5.3: … nor does an error or a response show them', async () => {
    const { instance } = await makeApi()
    const response = await instance.get('/x')
    expect(JSON.stringify([response.config, response.headers])).not.toContain(TOKEN)
  })

  test('section 5.3: MUST validate the TLS certificate chain', async () => {
    const [key, cert] = ['key', 'cert'].map(name =>
      readFileSync(join(__dirname, `../support/tls/${name}.pem`)),
    )
    const tls = await listen(() => ({}), { key, cert })
    const { session } = await makeApi()
    const instance = axios.create({ baseURL: tls.origin })
    attachOAuth2(instance, session)
    await expect(instance.get('/x')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(tls.seen).toEqual([])
    await tls.close()
  })

  test.each(['header', 'query', 'body'] as const)('section 5.3: MUST always use TLS: %s', async placement => {
    const { session } = await makeApi(placement)
    const sent: unknown[] = []
    const instance = axios.create({
      adapter: async config => {
        sent.push(config)
        return { status: 200, statusText: '', data: '', headers: {}, config }
      },
    })
    attachOAuth2(instance, session, { allowedOrigins: () => true })
    await expect(instance.post('http://api.example/', new URLSearchParams())).rejects.toMatchObject({
      cause: { code: 'OAUTH_INSECURE_URL' },
    })
    expect(sent).toEqual([])
  })

  test('section 5.3: MUST NOT store tokens in cookies', async () => {
    const cookies: string[] = []
    const storage = new Map<string, string>()
    Object.defineProperty(globalThis, 'document', {
      value: {
        set cookie(text: string) {
          cookies.push(text)
        },
      },
      configurable: true,
    })
    try {
      const store = webStorageStore({
        getItem: (name: string) => storage.get(name) ?? null,
        setItem: (name: string, text: string) => storage.set(name, text),
        removeItem: (name: string) => storage.delete(name),
      } as never)
      const { instance, session } = await makeApi(undefined, { store, key: 'k' })
      await instance.get('/x')
      await session.token({ rejected: { access_token: TOKEN } })
      expect([...storage.values()].join()).toContain(`new${renewals}`)
    } finally {
      Reflect.deleteProperty(globalThis, 'document')
    }
    expect(cookies).toEqual([])
    expect(api.seen.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined])
  })

  test('section 5.3: SHOULD NOT pass tokens in URLs: only where the application says so', async () => {
    const { instance, session } = await makeApi()
    await instance.get('/x', { params: { p: 'q' } })
    await session.token({ rejected: { access_token: TOKEN } })
    const { url } = await createAuthorizationUrl(session, { redirect_uri: 'app:/cb' })
    expect(
      [...api.seen.map(request => request.url), url].filter(one =>
        /mF_9|new\d|access_token|=r(&|$)/.test(one),
      ),
    ).toEqual([])
    expect(seenByApi()[0]?.url).toBe('/x?p=q')
  })
})
