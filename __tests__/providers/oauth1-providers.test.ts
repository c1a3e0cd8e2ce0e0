import type { ServerResponse } from 'node:http'
import axios from 'axios'
import {
  attachOAuth1,
  createOAuth1AuthorizationUrl,
  createOAuth1Session,
  endOAuth1Session,
  fetchOAuth1Token,
} from 'axios-oauth-interceptor'
import { bitbucket } from 'axios-oauth-interceptor/providers/bitbucket'
import { discogs } from 'axios-oauth-interceptor/providers/discogs'
import { etrade } from 'axios-oauth-interceptor/providers/etrade'
import { etsyV2 } from 'axios-oauth-interceptor/providers/etsy-v2'
import { flickr } from 'axios-oauth-interceptor/providers/flickr'
import { garmin } from 'axios-oauth-interceptor/providers/garmin'
import { magento } from 'axios-oauth-interceptor/providers/magento'
import { netsuite } from 'axios-oauth-interceptor/providers/netsuite'
import type { OAuth1Provider } from 'axios-oauth-interceptor/providers/oauth1-provider'
import { trello } from 'axios-oauth-interceptor/providers/trello'
import { tumblr } from 'axios-oauth-interceptor/providers/tumblr'
import { twitter } from 'axios-oauth-interceptor/providers/twitter'
import { woocommerce } from 'axios-oauth-interceptor/providers/woocommerce'
import { type Verdict, verify } from '../oauth1/verifier'
import { listen, readBody } from '../servers/http'

const client = { key: 'client key', secret: 'client&secret' }

interface Case {
  provider: OAuth1Provider
  /**
   * What the authorization URL has; `null` for what it must not have; `TOKEN` for the temporary credentials.
   */
  authorize: Record<string, string | null>
  method?: 'HMAC-SHA1' | 'HMAC-SHA256' | 'PLAINTEXT'
  realm?: string
  /** True where the person types the verifier. */
  typed?: true
  /** False where the server does not confirm the callback. */
  confirms?: false
  /** What else the first call must have. */
  demands?(query: URLSearchParams): boolean
  /** How the API refuses credentials that are over. */
  refuses: [status: number, body: string]
  /** True where that is told so that the session ends by itself. */
  ends?: true
  /** The address that revives credentials: `host/path`. */
  revives?: string
}

const plain: Pick<Case, 'authorize' | 'refuses'> = {
  authorize: { oauth_token: 'TOKEN' },
  refuses: [401, '{"errors":[{"code":89,"message":"Invalid or expired token."}]}'],
}

const cases: Record<string, Case> = {
  'X, formerly Twitter': { ...plain, provider: twitter },
  Bitbucket: { ...plain, provider: bitbucket, refuses: [401, 'oauth_problem=token_rejected'], ends: true },
  Tumblr: { ...plain, provider: tumblr, refuses: [401, '{"meta":{"status":401,"msg":"Unauthorized"}}'] },
  NetSuite: {
    ...plain,
    provider: netsuite({ accountId: '1234567_SB1' }),
    method: 'HMAC-SHA256',
    realm: '1234567_SB1',
    refuses: [401, '{"error":{"code":"INVALID_LOGIN_ATTEMPT"}}'],
  },
  Magento: {
    ...plain,
    provider: magento({ url: 'https://shop.example/' }),
    method: 'HMAC-SHA256',
    confirms: false,
    typed: true,
    refuses: [401, 'oauth_problem=token_revoked'],
    ends: true,
  },
  Discogs: { ...plain, provider: discogs, method: 'PLAINTEXT' },
  Flickr: {
    ...plain,
    provider: flickr({ perms: 'write' }),
    authorize: { oauth_token: 'TOKEN', perms: 'write' },
    refuses: [401, 'oauth_problem=token_rejected'],
    ends: true,
  },
  'Etsy, v2': {
    ...plain,
    provider: etsyV2({ scope: 'email_r listings_r' }),
    demands: query => query.get('scope') === 'email_r listings_r',
    refuses: [403, 'oauth_problem=token_rejected'],
    ends: true,
  },
  'E*TRADE': {
    ...plain,
    provider: etrade({ key: client.key, sandbox: true }),
    authorize: { key: client.key, token: 'TOKEN', oauth_token: null },
    typed: true,
    refuses: [401, 'oauth_problem=token_expired'],
    revives: 'apisb.etrade.com/oauth/renew_access_token',
  },
  Garmin: { ...plain, provider: garmin },
  Trello: {
    ...plain,
    provider: trello({ name: 'My app', scope: 'read,write' }),
    authorize: { oauth_token: 'TOKEN', name: 'My app', scope: 'read,write', expiration: '30days' },
    refuses: [401, 'invalid token'],
  },
}

/** A server that checks every signature against the address that the client signed. */
async function start(one: Case) {
  const seen = new Set<string>()
  const secrets: Record<string, string> = { '': '' }
  const verdicts: Verdict[] = []
  let over = false
  const { server } = one.provider
  const placeOf = (address: string) => new URL(address).host + new URL(address).pathname
  const issue = (response: ServerResponse, name: string, more: object) => {
    secrets[name] = `secret of ${name}`
    response.end(
      `${new URLSearchParams({ oauth_token: name, oauth_token_secret: `secret of ${name}`, ...more })}`,
    )
  }
  const running = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://loopback')
    const provider = request.headers['x-provider-host'] as string | undefined
    const headers = { ...request.headers, host: provider ?? request.headers.host }
    const sent = { url: request.url, method: request.method, headers } as Parameters<typeof verify>[0]
    const body = await readBody(request)
    const claimed = /oauth_token="([^"]*)"/.exec(headers.authorization ?? '')?.[1] ?? ''
    const token = secrets[decodeURIComponent(claimed)] ?? 'unknown'
    const verdict = verify(sent, body, { client: client.secret, token }, seen, provider ? 'https' : 'http')
    verdicts.push(verdict)
    const { oauth_callback, oauth_token = '', oauth_verifier } = verdict.protocol
    const place = `${provider}${pathname}`
    if (verdict.faults.length) return void response.writeHead(400).end(verdict.faults.join())
    if (
      place === placeOf(server.request_token_url) &&
      oauth_callback &&
      (one.demands?.(searchParams) ?? true)
    )
      return issue(response, 'temporary', one.confirms === false ? {} : { oauth_callback_confirmed: 'true' })
    if (
      place === placeOf(server.access_token_url) &&
      oauth_token === 'temporary' &&
      oauth_verifier === '12345'
    )
      return issue(response, 'lasting', { user_id: '7' })
    if (place === one.revives && oauth_token === 'lasting') {
      over = false
      return void response.end('Access Token has been renewed')
    }
    if (provider || oauth_token !== 'lasting') return void response.writeHead(404).end('no such address')
    if (!over) return void response.end('{"ok":true}')
    response.writeHead(one.refuses[0]).end(one.refuses[1])
  })
  const http = axios.create()
  http.interceptors.request.use(config => {
    const { protocol, host, pathname, search } = new URL(String(config.url))
    if (protocol !== 'https:') throw new Error(`${config.url} is not secure`)
    config.headers['x-provider-host'] = host
    return { ...config, url: `${running.url}${pathname}${search}` }
  })
  const session = createOAuth1Session({ ...one.provider, client, http: http as never })
  const api = axios.create({ baseURL: running.url })
  attachOAuth1(api, session)
  const signIn = async () => {
    const callback = 'https://app.example/callback'
    const { url, transaction } = await createOAuth1AuthorizationUrl(session, one.typed ? {} : { callback })
    const answer = one.typed
      ? { verifier: '12345' }
      : { authorizationResponse: `${callback}?oauth_token=temporary&oauth_verifier=12345` }
    return { url: new URL(url), token: await fetchOAuth1Token(session, { transaction, ...answer }) }
  }
  return { running, session, api, verdicts, signIn, expire: () => (over = true) }
}

describe.each(Object.entries(cases))('%s', (_, one) => {
  let at: Awaited<ReturnType<typeof start>>
  beforeEach(async () => {
    at = await start(one)
  })
  afterEach(() => at.running.stop())

  test('signs in, and signs requests as the server checks them', async () => {
    const { url, token } = await at.signIn()
    expect(url.origin + url.pathname).toBe(one.provider.server.authorize_url)
    for (const name in one.authorize)
      expect([name, url.searchParams.get(name)]).toEqual([
        name,
        one.authorize[name]?.replace('TOKEN', 'temporary') ?? null,
      ])
    expect(token).toMatchObject({ oauth_token: 'lasting', user_id: '7' })
    expect((await at.api.get('/me', { params: { q: 'a b&c' } })).data).toEqual({ ok: true })
    for (const { protocol, realm, faults } of at.verdicts) {
      expect(faults).toEqual([])
      expect(protocol.oauth_signature_method).toBe(one.method ?? 'HMAC-SHA1')
      expect(realm).toBe(one.realm)
    }
  })

  test('is told when the credentials are over', async () => {
    await at.signIn()
    await at.api.get('/me')
    at.expire()
    const outcome = await at.api.get('/me').catch(error => error)
    if (one.revives) return expect(outcome.data).toEqual({ ok: true })
    expect(outcome.response.status).toBe(one.refuses[0])
    expect(await at.session.authorized()).toBe(!one.ends)
    const sent = at.verdicts.length
    const later = await at.api.get('/me').catch(error => error)
    if (one.ends) expect(later.cause).toMatchObject({ code: 'OAUTH_SESSION_ENDED' })
    expect(at.verdicts.length - sent).toBe(one.ends ? 0 : 1)
  })

  test('logs out here', async () => {
    await at.signIn()
    await endOAuth1Session(at.session)
    expect(await at.session.authorized()).toBe(false)
    const refused = await at.api.get('/me').catch(error => error)
    expect(refused.cause).toMatchObject({ name: 'OAuthError' })
  })
})

test('WooCommerce: the key signs alone, in the query, over plain http', async () => {
  const verdicts: Verdict[] = []
  const running = await listen(async (request, response) => {
    verdicts.push(verify(request, await readBody(request), { client: client.secret, token: '' }, new Set()))
    response.end('[]')
  })
  const api = axios.create({ baseURL: `${running.url}/wp-json/wc/v3` })
  attachOAuth1(api, { ...woocommerce, client })
  await api.get('/orders', { params: { status: 'completed' } })
  await running.stop()
  expect(verdicts).toHaveLength(1)
  expect(verdicts[0]).toMatchObject({ faults: [], place: 'query' })
  expect(verdicts[0]?.protocol).toMatchObject({ oauth_signature_method: 'HMAC-SHA256' })
  expect(verdicts[0]?.protocol).not.toHaveProperty('oauth_token')
})
