import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OAuth2Session, TokenStore } from '../../src/index.js'
import { encryptedStore } from '../../src/stores/encrypted.js'
import { fileStore } from '../../src/stores/file.js'
import { keyvStore } from '../../src/stores/keyv.js'
import { memoryStore } from '../../src/stores/memory.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { json } from '../servers/http.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'
import { sized } from '../support/long.js'
import { axiosVersions, newest } from './versions.js'

const USERS = sized(10, 40)
const PAGES = sized(3, 5)
const users = Array.from({ length: USERS }, (_, id) => `user-${id}`)

/**
 * A server that renders pages for many people at once: one store, and for each page a session and an instance
 * of its own.
 */
describe('server side rendering', () => {
  let as: AuthorizationServer
  let api: ResourceServer
  const directory = mkdtempSync(join(tmpdir(), 'ssr-'))
  beforeAll(async () => {
    as = await startAuthorizationServer()
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
    rmSync(directory, { recursive: true })
  })

  const stores: Array<[string, () => TokenStore]> = [
    ['memoryStore', memoryStore],
    ['keyvStore', () => keyvStore(new Map<string, string>(), { lock: 'single-process' })],
    ['fileStore', () => fileStore(directory)],
    ['encryptedStore', () => encryptedStore(memoryStore(), new Uint8Array(32).fill(7))],
  ]

  describe.each(stores)('%s', (name, makeStore) => {
    const versions = name === 'memoryStore' ? axiosVersions : [newest]
    test.each(versions.map(version => [version.version, version] as const))(
      `axios %s: ${USERS} people, ${PAGES} pages each at once: everybody sees their own, one token request for each`,
      async (_, { axios, oauth }) => {
        const store = makeStore()
        const sessionOf = (user: string) =>
          oauth.createOAuth2Session({
            server: as.metadata,
            client: { client_id: 'app' },
            store,
            key: `user:${user}`,
          })
        for (const user of users) await oauth.saveToken(sessionOf(user), as.issue({ subject: user }))
        as.revokeAccessTokens()
        const before = as.counts.token

        const renderPage = async (user: string) => {
          const session = sessionOf(user)
          const http = axios.create({ baseURL: api.url })
          oauth.attachOAuth2(http, session)
          const { data } = await http.get('/me')
          await session.close()
          return data.name
        }
        const pages = users.flatMap(user => Array.from({ length: PAGES }, () => user))
        expect(await Promise.all(pages.map(renderPage))).toEqual(pages)
        expect(as.counts.token - before).toBe(USERS)
        expect(as.counts.reuse).toBe(0)
      },
    )
  })

  test('one instance for all, told for each request whose session it is', async () => {
    const { axios, oauth } = newest
    const store = memoryStore()
    const serving = new AsyncLocalStorage<OAuth2Session>()
    const http = axios.create({ baseURL: api.url })
    oauth.attachOAuth2(http, () => serving.getStore() as OAuth2Session)
    const requests = users.map(async user => {
      const session = oauth.createOAuth2Session({
        server: as.metadata,
        client: { client_id: 'app' },
        store,
        key: `user:${user}`,
      })
      await oauth.saveToken(session, as.issue({ subject: user }))
      return serving.run(session, async () => (await http.get('/me')).data.name)
    })
    expect(await Promise.all(requests)).toEqual(users)
  })
})
