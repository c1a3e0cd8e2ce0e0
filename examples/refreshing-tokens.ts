/**
 * Three ways of refreshing, from the most manual to the most automatic. All begin with a stored token in wire
 * names, as any other library may have written it.
 */
import axios from 'axios'
import {
  attachOAuth2,
  createOAuth2Session,
  defineStore,
  fetchToken,
  isOAuthError,
  memoryStore,
  type StoredGrant,
  saveToken,
  type Token,
  type TokenStore,
} from 'axios-oauth-interceptor'
import { refreshGrant } from 'axios-oauth-interceptor/protocol'
import { fromEnvironment, type Settings } from './settings.js'

/** Stores a token in the application's own place. */
export type SaveToken = (token: Token) => Promise<void> | void

/**
 * The first way: refreshes only on demand. The session gets only the access token, so a request with an
 * expired one fails before it is sent; the application refreshes, saves, and sends again.
 */
export async function refreshByHand(
  token: Token,
  save: SaveToken,
  { server, client, api }: Settings = fromEnvironment(),
): Promise<unknown> {
  const instance = axios.create({ baseURL: api })
  const session = createOAuth2Session({ server, client })
  attachOAuth2(instance, session)
  const { refresh_token, ...access } = token
  await saveToken(session, access)

  try {
    return (await instance.get('/secret')).data
  } catch (error) {
    const reason = axios.isAxiosError(error) ? error.cause : error
    const expired = isOAuthError(reason, 'OAUTH_INTERACTION_REQUIRED')
    if (!expired || !refresh_token) throw error
    const refreshed = await fetchToken(session, endpoint => endpoint(refreshGrant(refresh_token)))
    // A server without rotation returns no refresh token.
    await save({ refresh_token, ...refreshed })
  }
  return (await instance.get('/secret')).data
}

/**
 * The second way: the session refreshes, and the application saves the new token. The request is sent in any
 * case.
 */
export async function refreshAutomatically(
  token: Token,
  save: SaveToken,
  { server, client, api }: Settings = fromEnvironment(),
): Promise<unknown> {
  const instance = axios.create({ baseURL: api })
  const store = memoryStore()
  const key = 'anna'
  const session = createOAuth2Session({ server, client, store, key })
  attachOAuth2(instance, session)
  await saveToken(session, token)
  let renewed = false
  session.on('renewed', () => {
    renewed = true
  })

  const { data } = await instance.get('/secret')
  if (renewed) {
    const kept = await store.get(key)
    if (kept) await save({ ...kept.tokens[''], refresh_token: kept.refresh_token } as Token)
  }
  return data
}

/** The application's table: the grant of each person, under a key that names the person. */
export type Table = Map<string, StoredGrant>

/** Three functions make a store. A new token is stored before a request uses it. */
export const tableStore = (table: Table): TokenStore =>
  defineStore({
    get: async key => table.get(key),
    async set(key, next) {
      if ((table.get(key)?.version ?? -1) >= next.version) return false
      table.set(key, next)
      return true
    },
    async delete(key) {
      table.delete(key)
    },
  })

/**
 * The third way, recommended: the session refreshes and saves. A rotated refresh token cannot be lost in
 * between, and concurrent requests for this person wait for the one refresh.
 */
export async function refreshAndSave(
  key: string,
  store: TokenStore,
  { server, client, api }: Settings = fromEnvironment(),
): Promise<unknown> {
  const instance = axios.create({ baseURL: api })
  attachOAuth2(instance, createOAuth2Session({ server, client, store, key }))

  const { data } = await instance.get('/secret')
  return data
}

export async function main(): Promise<unknown> {
  const token: Token = {
    access_token: process.env.ACCESS_TOKEN ?? 'the one you kept',
    refresh_token: process.env.REFRESH_TOKEN ?? 'the one you kept',
    token_type: 'Bearer',
    expires_at: Math.floor(Date.now() / 1000) - 30,
  }
  let kept = token
  const save: SaveToken = next => {
    kept = next
  }
  await refreshByHand(kept, save)
  await refreshAutomatically({ ...kept, expires_at: token.expires_at } as Token, save)

  const store = tableStore(new Map())
  const settings = fromEnvironment()
  await saveToken(createOAuth2Session({ ...settings, store, key: 'anna' }), { ...kept, expires_at: 1 })
  return refreshAndSave('anna', store, settings)
}
