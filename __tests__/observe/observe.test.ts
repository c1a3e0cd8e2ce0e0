import {
  authorizationCodeGrant,
  createAuthorizationUrl,
  defineStore,
  fetchToken,
  memoryStore,
  refreshToken,
  revokeToken,
  saveToken,
  type TokenStore,
} from 'axios-oauth-interceptor'
import { observeSession } from 'axios-oauth-interceptor/observe'
import { errorOf } from '../oauth2/support.js'
import { type Pages, sharedStores, startPages, statusIs, until } from './pages.js'

let pages: Pages
let as: Pages['as']
beforeAll(async () => {
  pages = await startPages()
  as = pages.as
})
afterAll(() => as.stop())

const sessionOf: Pages['sessionOf'] = options => pages.sessionOf(options)
const issue: Pages['issue'] = (...of) => pages.issue(...of)

test('the status is unknown until the store has answered', async () => {
  const observation = observeSession(sessionOf())
  expect(observation.getSnapshot()).toEqual({ status: 'unknown' })
  await statusIs(observation, 'signed-out')
  expect(observation.getSnapshot()).toEqual({ status: 'signed-out' })
})

test('a page starts with the sign-in of the last visit, without asking the server', async () => {
  const store = memoryStore()
  const token = { ...issue('anna', { name: 'Anna', nonce: 'n', at_hash: 'h' }), scope: 'openid read' }
  await saveToken(sessionOf({ store }), token)
  const before = as.counts.token
  const observation = observeSession(sessionOf({ store }))
  await statusIs(observation, 'signed-in')
  expect(observation.getSnapshot()).toEqual({
    status: 'signed-in',
    user: { iss: as.metadata.issuer, aud: 'app', sub: 'anna', name: 'Anna' },
    scope: 'openid read',
    expires_at: expect.any(Number),
  })
  expect(as.counts.token).toBe(before)
})

test('a real sign-in shows, then its end by log-out is signed-out', async () => {
  const session = sessionOf()
  const observation = observeSession(session)
  const seen: string[] = []
  const stop = observation.subscribe(() => seen.push(observation.getSnapshot().status))
  const { url, transaction } = await createAuthorizationUrl(session, {
    redirect_uri: 'http://127.0.0.1:9/cb',
  })
  const authorizationResponse = await as.authorize(url)
  await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
  await revokeToken(session)
  stop()
  expect(seen).toEqual(['signed-out', 'signed-in', 'signed-out'])
  expect(observation.getSnapshot()).toEqual({ status: 'signed-out', reason: 'revoked' })
})

test('no snapshot holds a token', async () => {
  const session = sessionOf()
  const token = issue('anna')
  await saveToken(session, token)
  const text = JSON.stringify(observeSession(session).getSnapshot())
  for (const secret of [token.access_token, token.refresh_token, token.id_token])
    expect(text).not.toContain(secret)
})

test('the snapshot is one object until something changes, also while a renewal runs; the person stays the same object', async () => {
  const session = sessionOf()
  await saveToken(session, issue('anna'))
  const observation = observeSession(session)
  let told = 0
  const stop = observation.subscribe(() => told++)
  const first = observation.getSnapshot()
  expect(observation.getSnapshot()).toBe(first)
  const renewing = refreshToken(session)
  expect(observation.getSnapshot()).toBe(first)
  await Promise.resolve()
  expect(observation.getSnapshot()).toBe(first)
  expect(told).toBe(0)
  await renewing
  const second = observation.getSnapshot()
  // an expiry in the same second is nothing new
  if (second.expires_at !== first.expires_at) expect(second).not.toBe(first)
  expect(second.user).toBe(first.user)
  expect(second.status).toBe('signed-in')
  await saveToken(session, { ...issue('anna'), expires_in: 5000 })
  expect(observation.getSnapshot()).not.toBe(second)
  expect(observation.getSnapshot().user).toBe(first.user)
  expect(Object.isFrozen(observation.getSnapshot())).toBe(true)
  stop()
})

test('a session that the server ends is ended, with the reason', async () => {
  const session = sessionOf()
  await saveToken(session, { ...issue(), refresh_token: 'unknown' })
  const observation = observeSession(session)
  const ended = statusIs(observation, 'ended')
  await errorOf(() => refreshToken(session))
  await ended
  expect(observation.getSnapshot()).toEqual({ status: 'ended', reason: 'invalid_grant' })
})

test('a token without a renewal ends when it expires', async () => {
  let now = 1_800_000_000
  const session = sessionOf({ clock: () => now })
  await saveToken(session, { access_token: 'a', token_type: 'Bearer', expires_in: 600 })
  const { getSnapshot } = observeSession(session)
  expect(getSnapshot().status).toBe('signed-in')
  now += 599
  expect(getSnapshot().status).toBe('signed-in')
  now += 2
  expect(getSnapshot()).toEqual({ status: 'ended', reason: 'expired' })
})

describe('in two tabs', () => {
  test('a sign-in, a renewal and a log-out in one show in the other', async () => {
    const [one, two] = sharedStores(2).map(store => sessionOf({ store }))
    if (!one || !two) throw new Error('two sessions')
    const other = observeSession(two)
    await statusIs(other, 'signed-out')
    const stop = other.subscribe(() => {})
    await saveToken(one, issue('anna'))
    await statusIs(other, 'signed-in')
    const { expires_at = 0 } = other.getSnapshot()
    await saveToken(one, { ...issue('anna'), expires_in: 9000 }, { sameUser: true })
    await until(other, () => (other.getSnapshot().expires_at ?? 0) > expires_at)
    await revokeToken(one)
    await statusIs(other, 'signed-out')
    stop()
  })

  test('a sign-in of another person shows as changed until it is accepted', async () => {
    const [one, two] = sharedStores(2).map(store => sessionOf({ store }))
    if (!one || !two) throw new Error('two sessions')
    await saveToken(one, issue('anna'))
    const other = observeSession(two)
    await statusIs(other, 'signed-in')
    const stop = other.subscribe(() => {})
    await saveToken(one, issue('ben'))
    await until(other, () => other.getSnapshot().changed === true)
    expect(other.getSnapshot()).toMatchObject({ status: 'signed-in', user: { sub: 'ben' }, changed: true })
    expect((await errorOf(() => two.token())).code).toBe('OAUTH_SESSION_CHANGED')
    let told = 0
    const watch = other.subscribe(() => told++)
    other.acceptChange()
    expect(told).toBe(1)
    expect(other.getSnapshot().changed).toBeUndefined()
    expect((await two.token()).access_token).toBeTruthy()
    watch()
    stop()
  })
})

test('one session has one observation, each of its APIs another', async () => {
  const session = sessionOf()
  expect(observeSession(session)).toBe(observeSession(session))
  const files = () => observeSession(session.for({ resource: 'https://files.example.com' }))
  expect(files()).toBe(files())
  expect(files()).not.toBe(observeSession(session))
})

test('an unsubscribed listener is not called, and the last one ends the subscription to the store', async () => {
  const listeners = new Set<() => void>()
  const store: TokenStore = defineStore({
    ...memoryStore(),
    subscribe(_key, changed) {
      listeners.add(changed)
      return () => void listeners.delete(changed)
    },
  })
  const session = sessionOf({ store })
  const observation = observeSession(session)
  let told = 0
  const count = () => told++
  // as React does it in StrictMode
  observation.subscribe(count)()
  const one = observation.subscribe(count)
  const two = observation.subscribe(count)
  await statusIs(observation, 'signed-out')
  const begun = told
  one()
  one()
  await saveToken(session, issue())
  expect(told).toBe(begun + 1)
  two()
  await saveToken(session, { ...issue(), expires_in: 9000 })
  expect(told).toBe(begun + 1)
  await session.close()
  expect(listeners.size).toBe(0)
})

test('a store that fails leaves it unknown and is an event', async () => {
  const session = sessionOf({
    store: defineStore({
      ...memoryStore(),
      get() {
        throw new Error('gone')
      },
    }),
  })
  const told = new Promise<string>(resolve => session.on('error', ({ error }) => resolve(error.code)))
  const observation = observeSession(session)
  const stop = observation.subscribe(() => {})
  expect(await told).toBe('OAUTH_STORE_READ')
  expect(observation.getSnapshot()).toEqual({ status: 'unknown' })
  stop()
})

test('anything that is not a session is refused', () => {
  expect(() => observeSession({} as never)).toThrow(expect.objectContaining({ code: 'OAUTH_INVALID_OPTION' }))
})
