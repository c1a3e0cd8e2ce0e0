import { inProcessLock } from '../../src/locks/in-process.js'
import { fetchToken, refreshToken, saveToken } from '../../src/session/fetch-token.js'
import { revokeToken } from '../../src/session/revocation.js'
import { inside } from '../../src/session/state.js'
import { type CallbackStoreOptions, callbackStore, type TokenRow } from '../../src/stores/callback.js'
import { fakeServer, hurry, makeSession } from '../support/fake-server.js'

/** A table of somebody's application: columns for tokens, none of ours. */
function table(more: Partial<CallbackStoreOptions> = {}) {
  const rows = new Map<string, TokenRow>()
  const writes: Array<[row: TokenRow, before: TokenRow | undefined]> = []
  const options: CallbackStoreOptions = {
    load: key => (rows.has(key) ? { ...rows.get(key) } : null),
    save(key, row, before) {
      writes.push([row, before])
      rows.set(key, { ...row })
    },
    remove: key => void rows.delete(key),
    ...more,
  }
  return { rows, writes, options, store: () => callbackStore(options) }
}

const anna = 'anna'
const row: TokenRow = { access_token: 'a0', refresh_token: 'r0', token_type: 'Bearer', expires_at: 1_000_300 }

test('serves what stands in the table, renews it, and writes the new tokens in their columns', async () => {
  const { rows, writes, store } = table()
  rows.set(anna, row)
  const server = fakeServer()
  const { session } = makeSession(server, { store: store(), key: anna })
  expect(await session.token()).toMatchObject({ access_token: 'a0' })
  server.now += 600
  expect(await session.token()).toMatchObject({ access_token: 'a1' })
  expect(rows.get(anna)).toEqual({
    access_token: 'a1',
    refresh_token: 'r1',
    token_type: 'Bearer',
    expires_at: server.now + 3600,
    scope: undefined,
    id_token: undefined,
  })
  expect(writes).toEqual([[rows.get(anna), row]])
})

test('takes over what another process wrote, instead of spending the refresh token that it spent', async () => {
  const { rows, store } = table()
  rows.set(anna, row)
  const server = fakeServer()
  const [one, other] = [store(), store()].map(
    own => makeSession(server, { store: own, key: anna, recheck: 0 }).session,
  )
  await one?.token()
  await other?.token()
  server.now += 600
  expect(await one?.token()).toMatchObject({ access_token: 'a1' })
  expect(await other?.token()).toMatchObject({ access_token: 'a1' })
  expect(server.requests).toHaveLength(1)
  expect(server.reuse).toBe(0)
})

test('with a lock that processes share, two of them that renew at once spend the refresh token once', async () => {
  const lock = inProcessLock()
  const { rows, options } = table()
  rows.set(anna, row)
  const server = fakeServer()
  const [one, other] = [1, 2].map(
    () => makeSession(server, { store: callbackStore({ ...options, lock }), key: anna }).session,
  )
  await Promise.all([one?.token(), other?.token()])
  server.now += 600
  const tokens = await Promise.all([one?.token(), other?.token()])
  expect(tokens.map(token => token?.access_token)).toEqual(['a1', 'a1'])
  expect([server.requests.length, server.reuse]).toEqual([1, 0])
})

test('a table that compares refuses an older row, and the session continues with the stored one', async () => {
  const { rows, options } = table()
  const compare: CallbackStoreOptions['save'] = (key, next, before) => {
    if (rows.get(key)?.refresh_token !== before?.refresh_token) return false
    rows.set(key, next)
    return true
  }
  let meanwhile: TokenRow | undefined
  const save: CallbackStoreOptions['save'] = (key, next, before) => {
    if (meanwhile) rows.set(key, meanwhile)
    meanwhile = undefined
    return compare(key, next, before)
  }
  rows.set(anna, row)
  const server = fakeServer()
  const { session } = makeSession(server, { store: callbackStore({ ...options, save }), key: anna })
  await session.token()
  server.now += 600
  meanwhile = { ...row, access_token: 'other', refresh_token: 'other', expires_at: server.now + 3600 }
  expect(await session.token()).toMatchObject({ access_token: 'other' })
  expect(rows.get(anna)).toMatchObject({ refresh_token: 'other' })
})

test('a log-out deletes the row; one by hand ends the session; a new sign-in is no other person’s', async () => {
  const { rows, store } = table()
  const server = fakeServer()
  const { session, events } = makeSession(server, { store: store(), key: anna, recheck: 0 })
  const changed: unknown[] = []
  session.on('changed', detail => changed.push(detail))
  await saveToken(session, { access_token: 'a0', refresh_token: 'r0' })
  expect(await revokeToken(session)).toEqual({ revoked: true })
  expect(rows.size).toBe(0)
  expect(await session.authorized()).toBe(false)
  await fetchToken(session, async () => ({ access_token: 'b', refresh_token: 'r0' }))
  expect(await session.token()).toMatchObject({ access_token: 'b' })
  rows.delete(anna)
  expect(await session.authorized()).toBe(false)
  expect(events.filter(([name]) => name === 'ended')).toHaveLength(2)
  expect(changed).toEqual([])
})

test('a failing database loses no rotated token, and the error shows no row', async () => {
  const { rows, options } = table()
  let isAway = false
  const failing: CallbackStoreOptions = {
    ...options,
    save(key, next, before) {
      if (isAway) throw new Error(`insert into tokens values ('${next.refresh_token}')`)
      return options.save(key, next, before)
    },
  }
  rows.set(anna, row)
  const server = fakeServer()
  const { session, events } = makeSession(server, { store: callbackStore(failing), key: anna })
  await session.token()
  isAway = true
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'Date'] })
  const renewed = await hurry(refreshToken(session)).finally(() => jest.useRealTimers())
  expect(renewed).toMatchObject({ access_token: 'a1' })
  expect(JSON.stringify(events)).not.toContain('r1')
  expect(inside(session).state.backlog?.unsaved?.refresh_token).toBe('r1')
  isAway = false
  server.now += 120
  await session.close()
  expect(rows.get(anna)).toMatchObject({ refresh_token: 'r1' })
})

test('a row whose tokens are not strings is refused', async () => {
  const { rows, store } = table()
  rows.set(anna, { access_token: 7 } as never)
  const { session } = makeSession(fakeServer(), { store: store(), key: anna })
  await expect(session.token()).rejects.toMatchObject({ code: 'OAUTH_STORE_VALUE' })
})

describe('the expiry in a column', () => {
  const at = 1_000_300
  const stored = async (expires_at: unknown) => {
    const { rows, store } = table()
    rows.set(anna, { ...row, expires_at } as TokenRow)
    const server = fakeServer()
    return { server, session: makeSession(server, { store: store(), key: anna }).session }
  }

  test.each([
    ['seconds', at],
    ['seconds as text, as drivers return large numbers', `${at}`],
    ['a large integer', BigInt(at)],
    ['a Date', new Date(at * 1000)],
    ['an ISO text', new Date(at * 1000).toISOString()],
  ])('may be %s', async (_, value) => {
    const { server, session } = await stored(value)
    expect(await session.token()).toMatchObject({ access_token: 'a0', expires_at: at })
    server.now += 600
    expect(await session.token()).toMatchObject({ access_token: 'a1' })
  })

  test('that is no time is refused, instead of a token that never ends', async () => {
    const { session } = await stored('tomorrow')
    await expect(session.token()).rejects.toMatchObject({ code: 'OAUTH_STORE_VALUE' })
  })
})
