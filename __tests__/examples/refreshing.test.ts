import { createOAuth2Session, type StoredGrant, saveToken, type Token } from 'axios-oauth-interceptor'
import {
  refreshAndSave,
  refreshAutomatically,
  refreshByHand,
  tableStore,
} from '../../examples/refreshing-tokens.js'
import type { Settings } from '../../examples/settings.js'
import { isActive, tokenInfo } from '../../examples/validate-token.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { json, listen } from '../servers/http.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'

let auth: AuthorizationServer
let api: ResourceServer
let settings: Settings

beforeEach(async () => {
  auth = await startAuthorizationServer()
  api = await startResourceServer({ accepts: token => auth.isActive(token) })
  settings = { server: auth.metadata, client: { client_id: 'app' }, api: api.url }
})
afterEach(() => Promise.all([auth.stop(), api.stop()]))

/** A token that was kept, and has expired since. */
const expired = (): Token => ({ ...auth.issue(), expires_at: Math.floor(Date.now() / 1000) - 30 })

describe.each([
  ['first way: by hand', refreshByHand],
  ['second way: automatically, saved by hand', refreshAutomatically],
])('%s', (_name, way) => {
  test('an expired token is refreshed once, saved, and the request is sent once', async () => {
    const saved: Token[] = []
    const old = expired()
    expect(await way(old, token => void saved.push(token), settings)).toEqual({ ok: true })
    expect(auth.counts.grants).toEqual({ refresh_token: 1 })
    expect(saved).toHaveLength(1)
    expect(auth.isActive(saved[0]?.access_token ?? '')).toBe(true)
    expect(saved[0]?.refresh_token).not.toBe(old.refresh_token)
    expect(api.counts.requests).toBe(1)
    // what was saved is enough for the next time
    const next = { ...(saved[0] as Token), expires_at: 1 }
    expect(await way(next, () => {}, settings)).toEqual({ ok: true })
  })

  test('a server that does not rotate leaves the refresh token as it was', async () => {
    auth.rotate = false
    const saved: Token[] = []
    const old = expired()
    await way(old, token => void saved.push(token), settings)
    expect(saved[0]?.refresh_token).toBe(old.refresh_token)
  })

  test('a token that is good is left alone', async () => {
    const saved: Token[] = []
    expect(await way(auth.issue(), token => void saved.push(token), settings)).toEqual({ ok: true })
    expect(saved).toEqual([])
    expect(auth.counts.token).toBe(0)
  })
})

test('first way: without a refresh token the request fails', async () => {
  const { refresh_token, ...token } = expired()
  await expect(refreshByHand(token as Token, () => {}, settings)).rejects.toMatchObject({
    isAxiosError: true,
  })
  expect(auth.counts.token + api.counts.requests).toBe(0)
})

describe('third way: refreshed and saved', () => {
  test('the stored token is new before the request is sent, for all requests', async () => {
    const table = new Map<string, StoredGrant>()
    const store = tableStore(table)
    const old = expired()
    await saveToken(createOAuth2Session({ ...settings, store, key: 'anna' }), old)
    let storedWhenSent: string | undefined
    api.respond = () => {
      storedWhenSent ??= table.get('anna')?.refresh_token
      return false
    }
    const requests = Array.from({ length: 5 }, () => refreshAndSave('anna', store, settings))
    expect(await Promise.all(requests)).toEqual(Array(5).fill({ ok: true }))
    expect(auth.counts.grants).toEqual({ refresh_token: 1 })
    expect(auth.counts.reuse).toBe(0)
    expect(storedWhenSent).toBeDefined()
    expect(storedWhenSent).not.toBe(old.refresh_token)
    expect(storedWhenSent).toBe(table.get('anna')?.refresh_token)
  })
})

describe('validating a token', () => {
  test('by tokeninfo: good, of another client, refused', async () => {
    const token = auth.issue()
    let aud = 'app'
    const google = await listen((request, response) => {
      const asked = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('access_token') ?? ''
      if (!auth.isActive(asked)) return json(response, 400, { error: 'invalid_token' })
      json(response, 200, { aud, scope: 'email', expires_in: '3599' })
    })
    try {
      const session = createOAuth2Session(settings)
      await saveToken(session, token)
      const ask = () => tokenInfo(session, 'app', `${google.url}/tokeninfo`)
      expect(await ask()).toEqual({ aud: 'app', scope: 'email', expires_in: '3599' })
      aud = 'another'
      expect(await ask()).toBeUndefined()
      auth.revokeAccessTokens()
      expect(await ask()).toBeUndefined()
    } finally {
      await google.stop()
    }
  })

  test('by introspection', async () => {
    const session = createOAuth2Session(settings)
    await saveToken(session, auth.issue())
    expect(await isActive(session)).toBe(true)
    auth.revokeAccessTokens()
    expect(await isActive(session)).toBe(false)
  })
})
