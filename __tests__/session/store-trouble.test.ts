import { OAuthError } from '../../src/errors.js'
import { fetchToken, saveToken } from '../../src/session/fetch-token.js'
import { revokeToken } from '../../src/session/revocation.js'
import { inside } from '../../src/session/state.js'
import type { StoredGrant, Token, TokenStore } from '../../src/session/stored-grant.js'
import { defineStore } from '../../src/stores/define-store.js'
import { memoryStore } from '../../src/stores/memory.js'
import { errorOf } from '../oauth2/support.js'
import { fakeServer, gate, hurry, makeSession, settled } from '../support/fake-server.js'

/** A memory store that fails where the test says so. */
function troubledStore() {
  const inner = memoryStore()
  const trouble: Record<'get' | 'set' | 'answer', Error | undefined> = {
    get: undefined,
    set: undefined,
    answer: undefined,
  }
  const check = (error: Error | undefined) => {
    if (error) throw error
  }
  const store: TokenStore = defineStore({
    ...inner,
    async get(key) {
      check(trouble.get)
      return inner.get(key)
    },
    async set(key, next) {
      check(trouble.set)
      const isTaken = await inner.set(key, next)
      check(trouble.answer)
      return isTaken
    },
    async delete(key) {
      trouble.get = undefined
      return inner.delete(key)
    },
  })
  return { store, inner, trouble }
}

const key = 'anna'
const token = { access_token: 'a0', refresh_token: 'r0', expires_in: 3600 }
const down = new Error('ECONNREFUSED')
const unreadable = () => new OAuthError('OAUTH_STORE_VALUE', 'What is stored cannot be opened.')

/** Signed in by one session; another, which knows nothing yet, works on the same store. */
async function signedIn() {
  const server = fakeServer()
  const { store, inner, trouble } = troubledStore()
  const first = makeSession(server, { store, key })
  await saveToken(first.session, token)
  const second = makeSession(server, { store, key })
  const stored = () => inner.get(key) as StoredGrant
  return { server, store, trouble, stored, first: first.session, second: second.session }
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
})
afterEach(() => {
  jest.useRealTimers()
})

describe('a value that nobody can read', () => {
  it('fails requests, and is in nobody’s way who signs in', async () => {
    const { trouble, stored, second } = await signedIn()
    trouble.get = unreadable()
    expect((await errorOf(async () => second.token())).code).toBe('OAUTH_STORE_VALUE')
    expect(stored().refresh_token).toBe('r0')
    await fetchToken(second, async () => ({ access_token: 'b0', refresh_token: 's0', expires_in: 3600 }))
    expect(stored().refresh_token).toBe('s0')
    expect((await second.token()).access_token).toBe('b0')
  })

  it('is in nobody’s way who logs out', async () => {
    const { trouble, stored, second } = await signedIn()
    trouble.get = unreadable()
    expect(await hurry(revokeToken(second))).toEqual({ revoked: true })
    expect(stored().refresh_token).toBeUndefined()
    expect((await errorOf(async () => second.token())).code).toBe('OAUTH_SESSION_ENDED')
  })
})

describe('a log-out that the store does not take', () => {
  it('is told, holds here, and can be tried again', async () => {
    const { server, trouble, stored, second } = await signedIn()
    trouble.get = down
    trouble.set = down
    const result = await hurry(revokeToken(second))
    expect(result).toMatchObject({ revoked: false, error: { code: 'OAUTH_STORE_WRITE' } })
    trouble.get = undefined
    trouble.set = undefined
    expect((await errorOf(async () => second.token())).code).toBe('OAUTH_SESSION_ENDED')
    expect(await second.authorized()).toBe(false)
    expect(stored().refresh_token).toBe('r0')
    expect(await hurry((result as { retry: () => Promise<unknown> }).retry())).toEqual({ revoked: true })
    expect(stored()).toMatchObject({ ended: { reason: 'revoked' }, tokens: {} })
    expect(server.of('revocation').map(({ body }) => (body as URLSearchParams).get('token'))).toEqual(['r0'])
  })

  it('ends with the sign-in after it', async () => {
    const { trouble, second } = await signedIn()
    trouble.get = down
    await hurry(revokeToken(second))
    trouble.get = undefined
    await saveToken(second, { ...token, access_token: 'b0' })
    expect((await second.token()).access_token).toBe('b0')
  })

  it('wins over a renewal of the same grant that came before it could be written', async () => {
    const { server, trouble, stored, first, second } = await signedIn()
    await second.token()
    trouble.set = down
    // the server does not confirm: the grant lives on there, and somebody renews it
    server.answers.push({ status: 503 })
    expect(await hurry(revokeToken(second))).toMatchObject({
      revoked: false,
      error: { code: 'OAUTH_SERVER_UNAVAILABLE' },
    })
    trouble.set = undefined
    await first.token({ rejected: await first.token() })
    expect(stored().refresh_token).toBe('r1')
    await second.close()
    expect(stored()).toMatchObject({ ended: { reason: 'revoked' }, version: 3 })
  })

  it('leaves alone what somebody else signed in with meanwhile', async () => {
    const { trouble, stored, first, second } = await signedIn()
    await second.token()
    trouble.set = down
    await hurry(revokeToken(second))
    trouble.set = undefined
    await saveToken(first, { access_token: 'b0', refresh_token: 's0', expires_in: 3600 })
    await second.close()
    expect(stored().refresh_token).toBe('s0')
    expect((await second.token()).access_token).toBe('b0')
  })
})

it('spends under the lock only a refresh token that it saw in the store', async () => {
  const { server, trouble, first } = await signedIn()
  trouble.set = down
  await hurry(first.token({ rejected: await first.token() }) as Promise<unknown>)
  expect(server.of('token')).toHaveLength(1)
  // in memory there is a newer one, which others may know by now and have spent
  trouble.set = undefined
  trouble.get = down
  const held = first.current() ?? token
  expect((await errorOf(async () => first.token({ rejected: held }))).code).toBe('OAUTH_STORE_READ')
  expect(server.of('token')).toHaveLength(1)
  trouble.get = undefined
  expect((await first.token({ rejected: held })).access_token).toBe('a2')
})

it('does not hand a token to a caller whom it was refused to, though the renewal that made it is still under way', async () => {
  const server = fakeServer()
  const released = gate()
  const { session } = makeSession(server, {
    key,
    refreshAhead: 600,
    store: defineStore({
      ...memoryStore(),
      lock: async (_, critical) => {
        const result = await critical({ signal: new AbortController().signal })
        if (server.of('token').length === 1) await released.promise
        return result
      },
    }),
  })
  await saveToken(session, { ...token, expires_in: 3600 })
  server.now += 3600 - 60 - 300
  await session.token()
  expect(session.current()?.access_token).toBe('a0')
  await settled()
  // stored, and the lock not yet released
  const fresh = session.current()
  expect(fresh?.access_token).toBe('a1')
  const waiting = session.token({ rejected: fresh as { access_token: string } })
  released.open()
  expect((await waiting).access_token).toBe('a2')
})

describe('an end that the store did not take', () => {
  /** Signed in, refreshing, and ended meanwhile without the lock, in a store that answers nothing. */
  async function endedWhileRefreshing(isWritten: boolean) {
    const world = await signedIn()
    const { server, trouble, first } = world
    const hold = gate()
    server.hold = hold
    const renewal = errorOf(() => first.token({ rejected: first.current() as Token }))
    await settled()
    const { state } = inside(first)
    trouble[isWritten ? 'answer' : 'set'] = down
    const ended = {
      ...(state.record.grant as StoredGrant),
      version: 2,
      tokens: {},
      ended: { reason: 'revoked', at: 1 },
    }
    await hurry(state.medium.write(state, ended, { signal: AbortSignal.abort() }))
    return { ...world, renewal, hold }
  }

  it.each([
    ['went through', true],
    ['did not go through', false],
  ])('is not undone by a renewal that began before it, where the write %s', async (_, isWritten) => {
    const { first, hold, renewal, stored, trouble } = await endedWhileRefreshing(isWritten)
    hold.open()
    await hurry(renewal)
    trouble.answer = undefined
    trouble.set = undefined
    await hurry(first.close())
    expect(stored().ended).toMatchObject({ reason: 'revoked' })
    expect(await first.authorized()).toBe(false)
  })
})
