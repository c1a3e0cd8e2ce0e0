import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import axios from 'axios'
import * as main from 'axios-oauth-interceptor'
import {
  bearer,
  type ClientAuth,
  clientCredentialsGrant,
  createOAuth2Session,
  fetchToken,
  type OAuth2SessionOptions,
  type OutgoingRequest,
  refreshToken,
  type ServerResponse,
  saveToken,
} from 'axios-oauth-interceptor'
import { processTokenResponse } from 'axios-oauth-interceptor/protocol'
import { transformSync } from 'esbuild'
import { json, listen, type RunningServer, readBody } from '../servers/http.js'
import { names } from './python-names.js'

const text = readFileSync(resolve(__dirname, '../../docs/from-python.md'), 'utf8')
const flat = (code: string) => code.replace(/\s+/g, ' ')
const spans = (cell: string) =>
  [...cell.matchAll(/`` (.+?) ``|`([^`]+)`/g)].map(([, long, short]) => flat(long ?? short ?? ''))

/** The sections with their rows and their code. */
const sections = text
  .split(/^## /m)
  .slice(1)
  .map(section => ({
    title: section.split('\n')[0] ?? '',
    rows: section
      .split('\n')
      .filter(line => /^\| (?!Python \|)/.test(line))
      .map(line => line.replace(/^\| | \|$/g, '').split(' | ')),
    code: flat([...section.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code).join('\n')),
  }))
const rows = sections.flatMap(({ title, rows, code }) => rows.map(cells => ({ title, cells, code })))

describe('the page', () => {
  test('has the names of the three systems, whole, in the left columns', () => {
    const words = new Set(
      rows.flatMap(({ cells }) => spans(cells[0] ?? '')).flatMap(span => span.split(/[^\w]+/)),
    )
    expect(names.length).toBeGreaterThan(400)
    expect(names.filter(name => !words.has(name))).toEqual([])
  })

  test('has rows of two cells', () => {
    expect(rows.length).toBeGreaterThan(200)
    expect(rows.filter(({ cells }) => cells.length !== 2)).toEqual([])
  })

  test('says for each name what to write, where that is, or why nothing', () => {
    const silent = rows.filter(({ cells: [, here = ''] }) => !spans(here).length && !/^Not |\]\(/.test(here))
    expect(silent.map(({ cells }) => cells)).toEqual([])
  })

  test('shows only code that the block of its section has, which is compiled', () => {
    const missing = rows.flatMap(({ title, cells: [, here = ''], code }) =>
      spans(here)
        .filter(span => !code.includes(span))
        .map(span => `${title}: ${span}`),
    )
    expect(missing).toEqual([])
  })

  test('has no block that check-docs would not compile', () => {
    const fences = [...text.matchAll(/^\s*(```+|~~~+)(.*)$/gm)].map(
      ([, mark, language]) => `${mark}${language}`,
    )
    expect(fences.filter((_, index) => index % 2 === 0).every(fence => fence === '```ts')).toBe(true)
  })

  test('leads to sections that exist', () => {
    const anchors = sections.map(({ title }) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replace(/ /g, '-'),
    )
    for (const [, anchor] of text.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor)
  })

  test('speaks of no code that does not exist', () => {
    const union = readFileSync(resolve(__dirname, '../../src/errors.ts'), 'utf8')
    const codes = rows.flatMap(({ cells: [, here = ''] }) =>
      [...here.matchAll(/\bOAUTH_[A-Z_]+/g)].map(([code]) => code),
    )
    expect(codes.length).toBeGreaterThan(30)
    for (const code of codes) expect(union).toContain(`'${code}'`)
  })
})

describe('the fixes for providers, as they stand on the page', () => {
  type Fix = (response: ServerResponse) => ServerResponse
  type Fixes = Record<
    'facebook' | 'fitbit' | 'mailchimp' | 'weibo' | 'plentymarkets' | 'ebay' | 'stackoverflow',
    Fix
  > & {
    slack(request: OutgoingRequest, token: main.Token): void
    options: Record<string, OAuth2SessionOptions>
  }
  const block = /^## Fixes for providers.*?^```ts\n(.*?)^```/ms.exec(text)?.[1] ?? ''
  const module = { exports: {} as Fixes }
  const { code } = transformSync(block, { loader: 'ts', format: 'cjs' })
  const load = (name: string) => (name === 'axios' ? { __esModule: true, default: axios } : main)
  new Function('module', 'exports', 'require', code)(module, module.exports, load)
  const fixes = module.exports

  const answer = (body: unknown, status = 200): ServerResponse => ({
    status,
    header: () => undefined,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const judge = (response: ServerResponse) =>
    processTokenResponse(response, { requestedAt: 1000, tokenType: bearer() })

  test.each(['facebook', 'stackoverflow'] as const)('%s', name => {
    const token = judge(fixes[name](answer('access_token=a&expires=60')))
    expect(token).toEqual({ access_token: 'a', expires_in: 60, expires_at: 1060 })
    expect(judge(fixes[name](answer({ access_token: 'a', expires_in: 60 })))).toMatchObject({
      expires_in: 60,
    })
  })

  test('fitbit', () => {
    const refused = answer({ errors: [{ errorType: 'invalid_grant', message: 'm' }], success: false }, 400)
    expect(() => judge(fixes.fitbit(refused))).toThrow(
      expect.objectContaining({ code: 'OAUTH_SERVER_REFUSED', error: 'invalid_grant' }),
    )
    expect(judge(fixes.fitbit(answer({ access_token: 'a' })))).toEqual({ access_token: 'a' })
  })

  test('mailchimp', () => {
    const token = judge(fixes.mailchimp(answer({ access_token: 'a', expires_in: 0, scope: null })))
    expect(token).toEqual({ access_token: 'a', expires_in: 3600, expires_at: 4600 })
  })

  test('weibo', () => {
    expect(judge(fixes.weibo(answer({ access_token: 'a', token_type: 'weibo' })))).toMatchObject({
      token_type: 'Bearer',
    })
  })

  test('plentymarkets', () => {
    const body = { accessToken: 'a', tokenType: 'Bearer', expiresIn: 60, refreshToken: 'r' }
    expect(judge(fixes.plentymarkets(answer(body)))).toEqual({
      access_token: 'a',
      token_type: 'Bearer',
      expires_in: 60,
      expires_at: 1060,
      refresh_token: 'r',
    })
  })

  test.each(['Application Access Token', 'User Access Token'])('ebay: %s', token_type => {
    expect(judge(fixes.ebay(answer({ access_token: 'a', token_type })))).toMatchObject({
      token_type: 'Bearer',
    })
    expect(() => judge(answer({ access_token: 'a', token_type }))).toThrow()
  })

  test('a missing type, a scope of null and an answer in form encoding need no fix', () => {
    expect(judge(answer({ access_token: 'a', scope: null }))).toEqual({ access_token: 'a' })
    expect(judge(answer('access_token=a&scope=b'))).toEqual({ access_token: 'a', scope: 'b' })
  })

  test.each([
    ['a form', 'https://slack.com/api/x', 'a=b', { url: 'https://slack.com/api/x', body: 'a=b&token=t%3D' }],
    ['an empty form', 'https://slack.com/api/x', '', { url: 'https://slack.com/api/x', body: 'token=t%3D' }],
    [
      'no form',
      'https://slack.com/api/x?a=b',
      undefined,
      { url: 'https://slack.com/api/x?a=b&token=t%3D', body: '' },
    ],
    [
      'a token in the URL',
      'https://slack.com/api/x?token=u',
      'a=b',
      { url: 'https://slack.com/api/x?token=u', body: 'a=b' },
    ],
    [
      'a token in the form',
      'https://slack.com/api/x',
      'token=u',
      { url: 'https://slack.com/api/x', body: 'token=u' },
    ],
  ])('D3, slack: %s', async (_name, url, data, expected) => {
    let sent: unknown
    const api = axios.create({
      adapter: async config => {
        sent = {
          url: axios.getUri(config),
          body: config.data ?? '',
          authorization: axios.AxiosHeaders.from(config.headers as never).get('Authorization'),
        }
        return { data: '', status: 200, statusText: '', headers: {}, config }
      },
    })
    const session = createOAuth2Session({
      ...fixes.options.slack,
      key: 'slack',
      client: { client_id: 'app' },
    })
    await saveToken(session, { access_token: 't=' })
    main.attachOAuth2(api, session, { allowedOrigins: 'https://slack.com' })
    const headers = data === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }
    await api.request({ method: data === undefined ? 'GET' : 'POST', url, data, headers })
    expect(sent).toEqual({ ...expected, authorization: undefined })
  })

  test('every provider of the table has options', () => {
    expect(Object.keys(fixes.options)).toHaveLength(10)
    for (const options of Object.values(fixes.options))
      createOAuth2Session({ ...options, client: { client_id: 'app' } })
  })
})

describe('what the page says about the wire', () => {
  let server: RunningServer
  let seen: { method: string; url: string; body: string; headers: Record<string, unknown> }[]
  const client = { client_id: 'app', client_secret: 'secret' }

  beforeEach(async () => {
    seen = []
    server = await listen(
      async (request, response) => {
        const body = (await readBody(request)).toString()
        seen.push({ method: request.method ?? '', url: request.url ?? '', body, headers: request.headers })
        json(response, 200, { access_token: 'a', refresh_token: 'r' })
      },
      { port: 0 },
    )
  })
  afterEach(() => server.stop())
  const session = (options: OAuth2SessionOptions = {}) =>
    createOAuth2Session({ server: { token_endpoint: `${server.url}/token` }, client, ...options })

  test('force_querystring: a POST with everything in the query', async () => {
    const hooks: OAuth2SessionOptions['hooks'] = {
      tokenRequest: request => {
        request.url.search = String(request.body)
        request.body = new URLSearchParams()
      },
    }
    await fetchToken(session({ hooks }), clientCredentialsGrant({ scope: 'a b' }))
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/token?grant_type=client_credentials&scope=a+b',
      body: '',
    })
  })

  test('client_secret_uri: both in the URL of a POST', async () => {
    const clientAuth: ClientAuth = (request, { client }) => {
      request.url.searchParams.set('client_id', client.client_id)
      request.url.searchParams.set('client_secret', client.client_secret ?? '')
    }
    await fetchToken(session({ clientAuth }), clientCredentialsGrant())
    expect(seen[0]).toMatchObject({
      url: '/token?client_id=app&client_secret=secret',
      body: 'grant_type=client_credentials',
    })
    expect(seen[0]?.headers.authorization).toBeUndefined()
  })

  test('auth for one call: its Authorization wins', async () => {
    await fetchToken(session(), clientCredentialsGrant(), { headers: { Authorization: 'Basic eDp5' } })
    expect(seen[0]?.headers.authorization).toBe('Basic eDp5')
  })

  test('auto_refresh_url and auto_refresh_kwargs: hooks of the refresh, and the client proves itself', async () => {
    const hooks: OAuth2SessionOptions['hooks'] = {
      refreshRequest: request => {
        request.url = new URL('/refresh', request.url)
        request.body.set('audience', 'api')
      },
    }
    const at = session({ hooks })
    await fetchToken(at, clientCredentialsGrant())
    await refreshToken(at)
    expect(seen.map(({ url }) => url)).toEqual(['/token', '/refresh'])
    expect(seen[1]?.body).toBe('grant_type=refresh_token&refresh_token=r&audience=api')
    expect(seen[1]?.headers.authorization).toBe(`Basic ${Buffer.from('app:secret').toString('base64')}`)
  })

  test('user_agent: a header of `http`', async () => {
    const http = axios.create({ headers: { 'User-Agent': 'acme/1.0' } })
    await fetchToken(session({ http }), clientCredentialsGrant())
    expect(seen[0]?.headers['user-agent']).toBe('acme/1.0')
  })

  test('method: GET puts the parameters into the query', async () => {
    await fetchToken(session(), clientCredentialsGrant(), {
      method: 'GET',
      parameters: { audience: ['x', 'y'] },
    })
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/token?grant_type=client_credentials&audience=x&audience=y',
      body: '',
    })
  })
})
