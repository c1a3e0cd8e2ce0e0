/** Runs recipes of docs/recipes.md as they stand there, with the addresses of servers on loopback. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AxiosInstance } from 'axios'
import { transformSync } from 'esbuild'
import { createOAuth2Session, memoryStore, saveToken, type TokenStore } from '../../src/index.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { json } from '../servers/http.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'

const page = readFileSync(join(__dirname, '../../docs/recipes.md'), 'utf8')

/** Runs the first block under a title as a module of its own, with other addresses in it; answers its exports. */
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

  test('everybody sees their own, also after a renewal; nobody is nobody', async () => {
    const { api: http, serve } = run<{
      api: AxiosInstance
      serve<T>(userId: string | undefined, store: TokenStore, next: () => Promise<T>): Promise<T>
    }>('One instance for many people', { 'https://auth.example.com': as.url, 'https://api.example.com': api.url })
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
