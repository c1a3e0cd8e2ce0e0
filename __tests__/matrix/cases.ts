import { bodyCases } from './bodies.js'
import { type Case, inBrowser, rejected, same, since, since0, type World } from './world.js'

const apiCalls = async (world: World) => {
  const { arrivals, made } = await world.control('log')
  return { sent: arrivals.filter(({ path }) => path.includes('/api/')), arrivals, made }
}

// biome-ignore lint/suspicious/noExplicitAny: an error of any version; 1.13.3 keeps the response in its cause
const responseOf = (error: any) => error.response ?? error.cause?.response
// biome-ignore lint/suspicious/noExplicitAny: an error of any version
const statusOf = (error: any) => responseOf(error)?.status

/** Sends after the token has been refused once. */
async function expired(world: World): Promise<void> {
  await world.session.token()
  await world.control('expire')
}

const signing: Case[] = [
  {
    name: 'the token is fetched and sent',
    async run(world) {
      same((await world.attached().get('/echo')).status, 200, 'the status')
      const { sent, made } = await apiCalls(world)
      same([sent[0]?.authorization, made], ['Bearer secret-token-1', 1])
    },
  },
  ...['get', 'head', 'options', 'delete'].map(method => ({
    name: `${method.toUpperCase()} carries the token`,
    async run(world: World) {
      await world.attached().request({ method, url: '/echo' })
      same((await apiCalls(world)).sent[0]?.authorization, 'Bearer secret-token-1')
    },
  })),
  {
    name: 'the instance as a function, and as request()',
    async run(world) {
      const api = world.attached()
      same([(await api('/echo')).status, (await api.request({ url: '/echo' })).status], [200, 200])
    },
  },
  {
    name: 'an absolute URL of the same origin carries the token, a stranger gets none',
    async run(world) {
      const api = world.attached()
      await api.get(`${world.api}/echo`)
      await api.get(`${world.strange}/echo`)
      const { arrivals } = await world.control('log')
      same(
        arrivals.map(({ authorization }) => !!authorization),
        [true, false],
      )
    },
  },
  {
    name: 'no credential on config, response or error',
    async run(world) {
      const api = world.attached()
      const response = await api.get('/echo')
      const error = await rejected(api.get('/status-500'))
      for (const held of [
        response.config,
        response.headers,
        error.config,
        error.toJSON?.() ?? {},
        { ...error },
      ])
        if (JSON.stringify(held, leaveOut(['request', 'response'])).includes('secret-token'))
          throw new Error('the token stands on what the application holds')
    },
  },
  {
    name: 'an Authorization of the request wins, one of the defaults gives way',
    async run(world) {
      const api = world.attached({ headers: { common: {} } })
      await rejected(api.get('/echo', { headers: { Authorization: 'Bearer own' } }))
      api.defaults.headers.common.Authorization = 'Bearer default'
      await api.get('/echo')
      same(
        (await apiCalls(world)).sent.map(({ authorization }) => authorization),
        ['Bearer own', 'Bearer secret-token-1'],
      )
    },
  },
  {
    name: 'oauth: false sends no token and renews nothing',
    async run(world) {
      same(statusOf(await rejected(world.attached().get('/echo', { oauth: false }))), 401)
      same((await apiCalls(world)).made, 0, 'the number of token requests')
    },
  },
  {
    name: 'skip sends no token',
    async run(world) {
      const api = world.attached({}, { skip: ({ url }) => url === '/text' })
      same(statusOf(await rejected(api.get('/text'))), 401)
      same((await api.get('/echo')).status, 200)
    },
  },
  {
    name: 'headers of the request arrive',
    async run(world) {
      const { data } = await world.attached().get('/echo', { headers: { 'X-Custom': 'own' } })
      same(data.custom, 'own')
    },
  },
]

/** A replacer for JSON.stringify that leaves members out. */
const leaveOut = (names: string[]) => (key: string, value: unknown) =>
  names.includes(key) ? undefined : value

const params: [string, object | (() => unknown)][] = [
  ['plain', { a: 'b c', n: 1 }],
  ['special characters', { q: "it's [a] (b)! *~ ü+&=" }],
  ['arrays', { ids: [1, 2] }],
  ['nested', { filter: { name: 'x', on: true } }],
  ['null and undefined', { a: null, b: undefined, c: '' }],
  ['URLSearchParams', () => new URLSearchParams({ a: 'b c', d: '+' })],
]

const urls: Case[] = [
  ...params.map(([name, value]) => ({
    name: `params arrive as axios alone sends them: ${name}`,
    async run(world: World) {
      const make = () => (typeof value === 'function' ? value() : value)
      const bare = (await world.create().get(`${world.free}/echo`, { params: make() })).data.path
      const ours = (await world.attached().get('/echo', { params: make() })).data.path
      same(ours.replace('/api/', '/free/'), bare)
    },
  })),
  {
    name: 'a query in the URL and params together',
    async run(world) {
      const { data } = await world.attached().get('/echo?a=1', { params: { b: 2 } })
      same(data.path.split('?')[1], 'a=1&b=2')
    },
  },
  {
    name: 'url as a URL object does what axios alone does',
    async run(world) {
      const attempt = (instance: { get(url: URL): Promise<{ status: number }> }, url: string) =>
        instance.get(new URL(url)).then(
          ({ status }) => status,
          () => 'refused',
        )
      const bare = await attempt(world.create(), `${world.free}/echo`)
      // where axios itself takes no URL object, ours is free to
      if (bare === 'refused') return
      same(await attempt(world.attached(), `${world.api}/echo`), bare)
      same(await attempt(world.attached(), `${world.strange}/echo`), bare, 'the answer of another origin')
    },
  },
]

const renewal: Case[] = [
  {
    name: '401 → renewed → sent again, unseen by the application',
    async run(world) {
      await expired(world)
      same((await world.attached().get('/echo')).status, 200, 'the status')
      const { sent, made } = await apiCalls(world)
      same(
        [sent.map(({ authorization }) => authorization), made],
        [['Bearer secret-token-1', 'Bearer secret-token-2'], 2],
      )
    },
  },
  {
    name: 'twenty requests at once share one renewal',
    async run(world) {
      await expired(world)
      const api = world.attached()
      const all = await Promise.all(Array.from({ length: 20 }, () => api.get('/echo')))
      same([all.every(({ status }) => status === 200), (await apiCalls(world)).made], [true, 2])
    },
  },
  {
    name: 'two instances share one renewal',
    async run(world) {
      await expired(world)
      await Promise.all([world.attached().get('/echo'), world.attached().get('/echo')])
      same((await apiCalls(world)).made, 2, 'the number of token requests')
    },
  },
  {
    name: 'an API that always says 401 is asked twice and costs one renewal',
    async run(world) {
      const api = world.attached()
      const error = await rejected(api.get('/always-401'))
      await rejected(api.get('/always-401'))
      const { sent, made } = await apiCalls(world)
      same([statusOf(error), sent.length, made], [401, 3, 2])
    },
  },
  {
    name: 'validateStatus that takes everything still renews',
    async run(world) {
      await expired(world)
      same((await world.attached({ validateStatus: () => true }).get('/echo')).status, 200)
      await world.control('expire')
      same((await world.attached({ validateStatus: null }).get('/echo')).status, 200)
    },
  },
  {
    name: 'a renewal that fails rejects as an axios error that says why',
    async run(world) {
      await expired(world)
      await world.control('break')
      const error = await rejected(world.attached().get('/echo'))
      same([error.isAxiosError, error.cause?.code], [true, 'OAUTH_SERVER_REFUSED'])
      if (JSON.stringify(error.cause).includes('client-secret'))
        throw new Error('the secret stands in the error')
    },
  },
  {
    name: 'expiry that only the body tells',
    async run(world) {
      await world.session.token()
      await world.control('expire')
      const session = world.oauth.createOAuth2Session({
        server: { token_endpoint: `${world.base}/w/${world.id}/token` },
        client: { client_id: 'app', client_secret: 'client-secret' },
        grant: world.oauth.clientCredentialsGrant(),
        isTokenExpired: ({ data }) => Object(data).error === 'token_expired',
        ...(world.crypto && { crypto: world.crypto }),
      })
      await session.token()
      await world.control('expire')
      const api = world.create()
      world.oauth.attachOAuth2(api, session)
      same((await api.get('/expired-body')).data, { ok: true })
    },
  },
  {
    name: '403 and 500 are not renewed',
    async run(world) {
      const api = world.attached()
      await rejected(api.get('/status-403'))
      await rejected(api.get('/status-500'))
      same((await apiCalls(world)).made, 1, 'the number of token requests')
    },
  },
]

const cancelling: Case[] = [
  {
    name: 'an aborted request rejects as axios does, and nothing is sent',
    lacks: cell => !since0(cell, 22) && 'axios knows no signal before 0.22',
    async run(world) {
      const controller = new AbortController()
      controller.abort()
      const bare = await rejected(world.create().get(`${world.free}/echo`, { signal: controller.signal }))
      const ours = await rejected(world.attached().get('/echo', { signal: controller.signal }))
      same([world.axios.isCancel(ours), ours.code], [world.axios.isCancel(bare), bare.code])
      same((await apiCalls(world)).sent.length, 0, 'the number of sends')
    },
  },
  {
    name: 'a request that is aborted while it waits for the API',
    lacks: cell => !since0(cell, 22) && 'axios knows no signal before 0.22',
    async run(world) {
      const controller = new AbortController()
      const request = rejected(world.attached().get('/hang', { signal: controller.signal }))
      for (let n = 0; n < 200 && (await apiCalls(world)).sent.length === 0; n++);
      controller.abort()
      same(world.axios.isCancel(await request), true, 'isCancel')
    },
  },
  {
    name: 'a cancel token',
    async run(world) {
      const source = world.axios.CancelToken.source()
      const request = rejected(world.attached().get('/hang', { cancelToken: source.token }))
      for (let n = 0; n < 200 && (await apiCalls(world)).sent.length === 0; n++);
      source.cancel('enough')
      const error = await request
      same([world.axios.isCancel(error), error.message], [true, 'enough'])
    },
  },
  {
    name: 'a timeout has the code of axios',
    async run(world) {
      await world.session.token()
      const bare = await rejected(world.create().get(`${world.free}/hang`, { timeout: 300 }))
      const ours = await rejected(world.attached().get('/hang', { timeout: 300 }))
      same(ours.code, bare.code)
    },
  },
]

const redirects: Case[] = [
  {
    name: 'a redirect of the same origin keeps the token',
    async run(world) {
      const to = `/w/${world.id}/api/echo`
      same((await world.attached().get('/redirect', { params: { to } })).status, 200)
    },
  },
  {
    name: 'a redirect to a stranger loses the token',
    async run(world) {
      await world.attached().get('/redirect', { params: { to: `${world.strange}/echo` } })
      const { arrivals } = await world.control('log')
      const last = arrivals[arrivals.length - 1]
      same([last?.at, last?.authorization], ['stranger', undefined])
    },
  },
  {
    name: 'a redirect to a stranger and back does not bring the token back',
    lacks: cell => inBrowser(cell) && 'a browser follows by itself',
    async run(world) {
      const back = `${world.api}/echo`
      const over = `${world.stranger}/w/${world.id}/free/redirect`
      await world
        .attached()
        .get('/redirect', { params: { to: `${over}?to=${encodeURIComponent(back)}` } })
        .catch(() => {})
      const { arrivals } = await world.control('log')
      same(
        arrivals.slice(1).some(({ authorization }) => authorization),
        false,
        'a credential after the stranger',
      )
    },
  },
  {
    name: '307 sends the body again',
    async run(world) {
      const to = `/w/${world.id}/api/echo`
      const { data } = await world.attached().post(`/redirect?status=307&to=${encodeURIComponent(to)}`, 'a=b')
      same([data.method, atob(data.body)], ['POST', 'a=b'])
    },
  },
  {
    name: 'maxRedirects: 0 answers the redirect as axios alone does',
    lacks: cell => (inBrowser(cell) || cell.adapter !== 'http') && 'a browser and fetch follow by themselves',
    async run(world) {
      const error = await rejected(
        world.attached({ maxRedirects: 0 }).get('/redirect', { params: { to: '/' } }),
      )
      same(statusOf(error), 302)
    },
  },
]

const responses: Case[] = [
  ...(['text', 'json', 'arraybuffer'] as const).map(responseType => ({
    name: `responseType ${responseType}, renewed before`,
    async run(world: World) {
      await expired(world)
      const path = responseType === 'arraybuffer' ? 'binary' : responseType === 'text' ? 'text' : 'echo'
      const { data } = await world.attached().get(`/${path}`, { responseType })
      const found = responseType === 'arraybuffer' ? Array.from(new Uint8Array(data)) : data
      if (responseType === 'json') same(found.method, 'GET')
      else same(found, responseType === 'text' ? 'plain' : [0, 128, 255])
    },
  })),
  {
    name: 'responseType stream, renewed before',
    lacks: cell => (inBrowser(cell) || cell.adapter !== 'http') && 'needs a Node stream over http',
    async run(world) {
      await expired(world)
      const { data } = await world.attached().get('/stream', { responseType: 'stream' })
      let text = ''
      for await (const chunk of data)
        text += typeof chunk === 'string' ? chunk : String.fromCharCode(...chunk)
      same(text, 'first second')
    },
  },
  {
    name: 'transforms of the request run once, transforms of the response once',
    async run(world) {
      await expired(world)
      const ran: string[] = []
      const note = (name: string) => (data: unknown) => {
        ran.push(name)
        return data
      }
      const { transformRequest, transformResponse } = world.axios.defaults
      const api = world.attached({
        transformRequest: [note('request'), ...[transformRequest].flat()],
        transformResponse: [...[transformResponse].flat(), note('response')],
      })
      await api.post('/echo', { a: 1 })
      same(ran, ['request', 'response'])
    },
  },
  {
    name: 'progress of a download is told',
    lacks: cell => (!since(cell, 1, 2) || !inBrowser(cell)) && 'axios tells no progress of a download here',
    async run(world) {
      let loaded = 0
      const onDownloadProgress = (event: { loaded: number }) => {
        loaded = event.loaded
      }
      await world.attached().get('/stream', { onDownloadProgress })
      same(loaded > 0, true)
    },
  },
  {
    name: 'an answer that is an error keeps its response and config',
    async run(world) {
      const error = await rejected(world.attached().get('/status-500', { params: { a: 1 } }))
      const { status, data } = responseOf(error)
      same([status, data, error.config.params], [500, { error: 'broken' }, { a: 1 }])
    },
  },
  {
    name: 'a server that is not there rejects as axios does',
    async run(world) {
      await world.session.token()
      const nowhere = 'http://127.0.0.1:9/'
      const bare = await rejected(world.create().get(nowhere))
      const ours = await rejected(world.attached({}, { allowedOrigins: 'http://127.0.0.1:9' }).get(nowhere))
      // axios 0.27 puts the XMLHttpRequest there
      same([ours.code, ours.isAxiosError, !ours.response], [bare.code, bare.isAxiosError, !bare.response])
    },
  },
]

const neighbours: Case[] = [
  {
    name: 'interceptors before and after ours run once, and see one outcome',
    lacks: ({ version }) =>
      version === '0.21.2' &&
      'axios 0.21.2 forgets every response interceptor beside an asynchronous request interceptor',
    async run(world) {
      await expired(world)
      const ran: string[] = []
      const api = world.create()
      // biome-ignore lint/suspicious/noExplicitAny: a configuration of any version
      const note = (name: string) => (value: any) => {
        ran.push(name)
        return value
      }
      api.interceptors.request.use(note('request before'))
      api.interceptors.response.use(note('response before'), (error: unknown) => Promise.reject(error))
      world.oauth.attachOAuth2(api, world.session)
      api.interceptors.request.use(note('request after'))
      api.interceptors.response.use(note('response after'))
      await api.get('/echo')
      same(ran.sort(), ['request after', 'request before', 'response after', 'response before'])
    },
  },
  {
    name: 'an interceptor after ours that changes the URL is seen',
    async run(world) {
      const api = world.attached()
      api.interceptors.request.use((config: { url: string }) => {
        config.url = `${world.strange}/echo`
        return config
      })
      await api.get('/anything')
      const { arrivals } = await world.control('log')
      same([arrivals[0]?.at, arrivals[0]?.authorization], ['stranger', undefined])
    },
  },
  {
    name: 'a 401 → log in handler of the application does not fire for a healed 401',
    async run(world) {
      await expired(world)
      let fired = 0
      const api = world.create()
      // biome-ignore lint/suspicious/noExplicitAny: an error of any version
      const toLogin = (error: any) => {
        if (error.response?.status === 401) fired += 1
        return Promise.reject(error)
      }
      api.interceptors.response.use(undefined, toLogin)
      world.oauth.attachOAuth2(api, world.session)
      await api.get('/echo')
      same(fired, 0)
    },
  },
  {
    name: 'attaching twice signs once',
    async run(world) {
      const api = world.attached()
      world.oauth.attachOAuth2(api, world.session)
      await api.get('/echo')
      same((await apiCalls(world)).sent.length, 1)
    },
  },
  {
    name: 'detach leaves the instance as it was',
    async run(world) {
      const api = world.create()
      world.oauth.attachOAuth2(api, world.session).detach()
      same(statusOf(await rejected(api.get('/echo'))), 401)
      same((await apiCalls(world)).made, 0, 'the number of token requests')
    },
  },
  {
    name: 'createInterceptors for wrappers that take interceptors',
    async run(world) {
      await expired(world)
      const api = world.create()
      const { request, response, responseError } = world.oauth.createInterceptors(world.session, {
        allowedOrigins: world.base,
      })
      api.interceptors.request.use(request, null, { synchronous: true })
      api.interceptors.response.use(response, responseError)
      same((await api.get('/echo', { headers: { 'X-Custom': 'own' } })).data.custom, 'own')
    },
  },
  {
    name: 'an adapter function of the application sees the token',
    async run(world) {
      // the adapter of an attached instance also carries the calls to the authorization server
      await world.session.token()
      const seen: unknown[] = []
      const api = world.attached({
        adapter: async (config: { headers: Record<string, unknown> }) => {
          seen.push(config.headers.Authorization)
          return { status: 200, data: 'own', headers: {}, config, statusText: 'OK' }
        },
      })
      same([(await api.get('/echo')).data, seen], ['own', ['Bearer secret-token-1']])
    },
  },
]

const oauth1 = (world: World, options: object = {}) => {
  const instance = world.create()
  world.oauth.attachOAuth1(instance, {
    client: { key: 'key', secret: 'secret' },
    token: { oauth_token: 'token', oauth_token_secret: 'token-secret' },
    ...(world.crypto && { crypto: world.crypto }),
    ...options,
  })
  return instance
}

const signatures: Case[] = [
  ...params.map(([name, value]) => ({
    name: `OAuth 1.0a covers the query: ${name}`,
    async run(world: World) {
      const make = () => (typeof value === 'function' ? value() : value)
      same((await oauth1(world).get('/echo', { params: make() })).status, 200)
    },
  })),
  {
    name: 'OAuth 1.0a covers a form',
    async run(world) {
      same((await oauth1(world).post('/echo', new URLSearchParams({ a: 'b c', ü: '+' }))).status, 200)
    },
  },
  {
    name: 'OAuth 1.0a with HMAC-SHA256 and JSON',
    async run(world) {
      const api = oauth1(world, { signatureMethod: world.oauth.hmacSha256(), bodyHash: 'always' })
      same((await api.post('/echo', { a: 1 })).status, 200)
    },
  },
  {
    name: 'OAuth 1.0a signs a redirect of the same origin again',
    lacks: cell => inBrowser(cell) && 'a browser follows by itself, with the first signature',
    async run(world) {
      const to = `/w/${world.id}/api/echo?x=1`
      same((await oauth1(world).get('/redirect', { params: { to } })).status, 200)
    },
  },
]

/** Every case, in the order of the report. */
export const cases: Case[] = [
  ...signing,
  ...urls,
  ...renewal,
  ...bodyCases,
  ...cancelling,
  ...redirects,
  ...responses,
  ...neighbours,
  ...signatures,
]
