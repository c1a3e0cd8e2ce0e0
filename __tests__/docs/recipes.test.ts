/** Runs recipes of docs/recipes.md as they stand there, with the addresses of servers on loopback. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AxiosInstance } from 'axios'
import { transformSync } from 'esbuild'
import {
  createOAuth2Session,
  memoryStore,
  type OAuth2Session,
  saveToken,
  type TokenStore,
} from '../../src/index.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { json, listen, readBody } from '../servers/http.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'

const page = readFileSync(join(__dirname, '../../docs/recipes.md'), 'utf8')

/**
 * Runs the first block under a title as a module of its own, with other addresses in it; answers its exports.
 */
function run<T>(title: string, addresses: Record<string, string>): T {
  const section = page.split(/^## /m).find(text => text.startsWith(`${title}\n`)) ?? ''
  let [, text = ''] = /```ts\n([\s\S]*?)```/.exec(section) ?? []
  expect(text).not.toBe('')
  for (const [there, here] of Object.entries(addresses)) text = text.replaceAll(there, here)
  const { code } = transformSync(text, { loader: 'ts', format: 'cjs', target: 'es2022' })
  const module = { exports: {} }
  new Function('require', 'module', 'exports', code)(require, module, module.exports)
  return module.exports as T
}

describe('One instance for many people', () => {
  let as: AuthorizationServer
  let api: ResourceServer
  beforeAll(async () => {
    as = await startAuthorizationServer({ clients: { web: undefined } })
    api = await startResourceServer({ accepts: token => as.isActive(token) })
    api.respond = ({ token = '' }, response) => {
      const found = as.isActive(token) && as.find(token)
      if (found) json(response, 200, { name: found.subject })
      return !!found
    }
  })
  afterAll(async () => {
    await api.stop()
    await as.stop()
  })

  test('each person sees their own data, also after a renewal; a visitor has no token', async () => {
    const { api: http, serve } = run<{
      api: AxiosInstance
      serve<T>(userId: string | undefined, store: TokenStore, next: () => Promise<T>): Promise<T>
    }>('One instance for many people', {
      'https://auth.example.com': as.url,
      'https://api.example.com': api.url,
    })
    const store = memoryStore()
    const people = ['ann', 'bob', 'cyd']
    for (const person of people) {
      const client = { client_id: 'web' }
      const session = createOAuth2Session({ server: as.metadata, client, store, key: `user:${person}` })
      await saveToken(session, as.issue({ subject: person, client_id: 'web' }))
    }
    const nameOf = async () => (await http.get('/me')).data.name
    const names = () => Promise.all(people.map(person => serve(person, store, nameOf)))
    expect(await names()).toEqual(people)
    as.revokeAccessTokens()
    expect(await names()).toEqual(people)
    const error = await serve(undefined, store, nameOf).catch(error => error)
    expect(error).toMatchObject({ response: { status: 401 }, cause: { code: 'OAUTH_NOT_AUTHENTICATED' } })
  })
})

test('Refresh with a token in the body, at your own back end', async () => {
  let count = 0
  let isGone = false
  const spent: string[] = []
  const server = await listen(async (request, response) => {
    const body = await readBody(request)
    const give = () =>
      json(response, 200, { accessToken: `a${++count}`, refreshToken: `r${count}`, expiresIn: 3600 })
    if (request.url === '/api/login') return give()
    if (request.url === '/auth/refresh') {
      spent.push(JSON.parse(`${body}`).refreshToken)
      return isGone ? json(response, 401, {}) : give()
    }
    json(response, request.headers.authorization === `Bearer a${count}` ? 200 : 401, {})
  })
  const { api, session, signIn } = run<{
    api: AxiosInstance
    session: OAuth2Session
    signIn(name: string, password: string): Promise<void>
  }>('Refresh with a token in the body, at your own back end', { 'https://app.example.com': server.url })
  const ended: string[] = []
  session.on('ended', ({ reason }) => ended.push(reason))
  await signIn('ann', 'secret')
  expect((await api.get('/me')).status).toBe(200)
  count += 1
  const several = await Promise.all(['/a', '/b', '/c'].map(path => api.get(path)))
  expect(several.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(spent).toEqual(['r1'])
  isGone = true
  count += 1
  const error = await api.get('/me').catch(error => error)
  expect(error.cause).toMatchObject({ code: 'OAUTH_SESSION_ENDED' })
  expect(ended).toHaveLength(1)
  await server.stop()
})
