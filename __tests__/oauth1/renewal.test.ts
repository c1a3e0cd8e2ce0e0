/** Credentials that expired: renewed once for all requests where the server can, never destroyed. */
import axios from 'axios'
import { attachOAuth1, createOAuth1Session } from '../../src/axios/attach-oauth1'
import { isOAuthError } from '../../src/errors'
import { renewOAuth1Token, saveOAuth1Token } from '../../src/oauth1/credentials'
import type { OAuth1SessionOptions } from '../../src/oauth1/session-options'
import { memoryStore } from '../../src/stores/memory'
import { listen, type RunningServer, readBody } from '../servers/http'
import { client } from './server'
import { verify } from './verifier'

interface World {
  server: RunningServer
  /** The secrets of good credentials, and of those that expired. */
  good: Map<string, string>
  expired: Map<string, string>
  renewals: Record<string, string>[]
  /** How the server answers a renewal: with new credentials, by reviving the old ones, or not. */
  answer: 'rotate' | 'revive' | 'refuse'
}

async function openServer(): Promise<World> {
  const seen = new Set<string>()
  let count = 0
  const world = {
    good: new Map(),
    expired: new Map(),
    renewals: [],
    answer: 'rotate',
  } as Partial<World> as World
  world.server = await listen(async (request, response) => {
    const body = await readBody(request)
    const oauth_token = /oauth_token="([^"]*)"/.exec(`${request.headers.authorization}`)?.[1] ?? ''
    const secret = world.good.get(oauth_token) ?? world.expired.get(oauth_token) ?? ''
    const { protocol, faults } = verify(request, body, { client: client.secret, token: secret }, seen)
    expect(faults).toEqual([])
    if (/^\/(access|renew)/.test(`${request.url}`)) {
      world.renewals.push(protocol)
      if (world.answer === 'refuse')
        return void response
          .writeHead(401, { 'www-authenticate': 'OAuth oauth_problem=permission_denied' })
          .end()
      if (world.answer === 'revive') {
        world.good.set(oauth_token, secret)
        return void response.end('Access Token has been renewed')
      }
      const fresh = {
        oauth_token: `fresh${++count}`,
        oauth_token_secret: 's',
        oauth_session_handle: `handle${count}`,
      }
      world.good.set(fresh.oauth_token, fresh.oauth_token_secret)
      return void response.end(`${new URLSearchParams(fresh)}`)
    }
    if (world.good.has(oauth_token)) return void response.end('hello')
    response.writeHead(401, { 'www-authenticate': 'OAuth oauth_problem="token_expired"' }).end()
  })
  return world
}

let world: World
beforeEach(async () => {
  world = await openServer()
  world.expired.set('old', 'old secret')
})
afterEach(() => world.server.stop())

const old = { oauth_token: 'old', oauth_token_secret: 'old secret' }

async function signedIn(token: object, options: Partial<OAuth1SessionOptions> = {}) {
  const { url } = world.server
  const session = createOAuth1Session({
    client,
    server: {
      request_token_url: `${url}/request`,
      authorize_url: `${url}/authorize`,
      access_token_url: `${url}/access`,
    },
    ...options,
  })
  await saveOAuth1Token(session, { ...old, ...token })
  const api = axios.create({ baseURL: url })
  attachOAuth1(api, session)
  return { session, api }
}

test('a session handle renews, once for all requests, and the requests are sent again', async () => {
  const { session, api } = await signedIn({ oauth_session_handle: 'handle0', account: '7' })
  const ended = jest.fn()
  session.on('ended', ended)
  const answers = await Promise.all([1, 2, 3].map(() => api.get('/me')))
  expect(answers.map(({ data }) => data)).toEqual(['hello', 'hello', 'hello'])
  expect(world.renewals).toMatchObject([{ oauth_token: 'old', oauth_session_handle: 'handle0' }])
  expect(await session.token()).toMatchObject({ oauth_token: 'fresh1', oauth_session_handle: 'handle1' })
  expect(ended).not.toHaveBeenCalled()
})

test('a renewal function revives the same credentials, as E*TRADE does', async () => {
  world.answer = 'revive'
  const { session, api } = await signedIn(
    {},
    { renew: async (_, call) => void (await call(`${world.server.url}/renew`, { method: 'GET' })) },
  )
  const answers = await Promise.all([1, 2].map(() => api.get('/me')))
  expect(answers.map(({ data }) => data)).toEqual(['hello', 'hello'])
  expect(world.renewals).toHaveLength(1)
  expect(await session.token()).toMatchObject(old)
  await api.get('/me')
})

test.each([
  ['the server refuses to renew', { oauth_session_handle: 'h' }, {}, 'OAUTH_SERVER_REFUSED'],
  ['there is no way to renew', {}, {}, 'OAUTH_INTERACTION_REQUIRED'],
  [
    'the renewal function refuses',
    {},
    { renew: (_: unknown, call: (url: string) => unknown) => call('/') },
    undefined,
  ],
])('nothing is destroyed where %s; an event tells', async (_, token, options, code) => {
  world.answer = 'refuse'
  const { session, api } = await signedIn(token, options as Partial<OAuth1SessionOptions>)
  const [ended, told] = [jest.fn(), jest.fn()]
  session.on('ended', ended)
  session.on('error', told)
  const error = await api.get('/me').catch(caught => caught)
  expect(error).toMatchObject({ response: { status: 401 }, cause: { code: 'OAUTH_REFUSED' } })
  expect(told).toHaveBeenCalledWith({ error: code ? expect.objectContaining({ code }) : expect.any(Error) })
  expect(ended).not.toHaveBeenCalled()
  expect(await session.token()).toMatchObject(old)
})

test('credentials that another session on the same store renewed are taken over', async () => {
  const store = memoryStore()
  const { api } = await signedIn({ oauth_session_handle: 'handle0' }, { store })
  const { session, api: other } = await signedIn({ oauth_session_handle: 'handle0' }, { store })
  await session.token()
  await api.get('/me')
  expect((await other.get('/me')).data).toBe('hello')
  expect(world.renewals).toHaveLength(1)
  expect(await session.token()).toMatchObject({ oauth_token: 'fresh1' })
})

test('renewing by hand', async () => {
  const { session } = await signedIn({ oauth_session_handle: 'handle0' })
  expect(await renewOAuth1Token(session)).toMatchObject({ oauth_token: 'fresh1' })
  const { session: without } = await signedIn({})
  const error = await renewOAuth1Token(without).catch(caught => caught)
  expect(isOAuthError(error, 'OAUTH_INTERACTION_REQUIRED')).toBe(true)
})
