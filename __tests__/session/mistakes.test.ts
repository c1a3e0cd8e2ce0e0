import axios from 'axios'
import { sleep } from '../../src/grants/poll.js'
import { attachOAuth2, clientCredentialsGrant, introspectToken } from '../../src/index.js'
import { fetchToken, refreshToken, saveToken } from '../../src/session/fetch-token.js'
import { processRevocationResponse, revokeToken } from '../../src/session/revocation.js'
import { createSession, type OAuth2SessionOptions } from '../../src/session/session.js'
import { fakeServer, makeSession, metadata } from '../support/fake-server.js'

const make = (options: object) =>
  createSession({ server: metadata, client: { client_id: 'app' }, ...options } as OAuth2SessionOptions, {
    send: fakeServer().send,
    http: {} as never,
  })

describe('a mistake of the program is refused at the door, by its name', () => {
  test.each([
    ['an option in the words of another library', { clientId: 'app' }, /clientId.*client: \{ client_id/],
    ['an option at the wrong place', { scope: 'read' }, /scope.*grant/],
    ['a misspelt option', { refreshahead: 30 }, /refreshahead.*refreshAhead/],
    ['another misspelt option', { whenUnauthentcated: 'send' }, /whenUnauthenticated/],
    ['a text in place of metadata', { server: 'https://as.example' }, /discover\('https:\/\/as.example'\)/],
    ['a grant that was not called', { grant: clientCredentialsGrant }, /clientCredentialsGrant\(\{/],
  ])('%s', (_, options, message) => {
    expect(() => make(options)).toThrow(expect.objectContaining({ code: 'OAUTH_INVALID_OPTION' }))
    expect(() => make(options)).toThrow(message)
  })

  test('what an object says beside its options is nobody’s mistake', () => {
    expect(() => make({ api: 'https://api.example', label: 'Orders' })).not.toThrow()
  })
})

describe('so is an option of a call that does not exist', () => {
  const { session } = makeSession(fakeServer())
  const grant = clientCredentialsGrant()
  test.each<[string, () => unknown, RegExp]>([
    [
      'fetchToken',
      () => fetchToken(session, grant, { scope: 'x' } as never),
      /scope\. It belongs to the grant/,
    ],
    [
      'fetchToken, another',
      () => fetchToken(session, grant, { audience: 'x' } as never),
      /go into parameters/,
    ],
    ['saveToken', () => saveToken(session, { access_token: 'a' }, { sameuser: true } as never), /sameUser/],
    ['refreshToken', () => refreshToken(session, { header: {} } as never), /headers/],
    ['revokeToken', () => revokeToken(session, { tokenTypeHint: 'x' } as never), /token_type_hint/],
    ['introspectToken', () => introspectToken(session, { tokens: 'x' } as never), /Did you mean token\?/],
    ['session.for', () => session.for({ scopes: 'x' } as never), /Did you mean scope\?/],
  ])('%s', async (_, call, message) => {
    const error = await (async () => call())().catch(error => error)
    expect(error).toMatchObject({ code: 'OAUTH_INVALID_OPTION', message: expect.stringMatching(message) })
  })

  test.each([{ allowedOrigin: 'https://api.example' }, { allowed_origins: 'https://api.example' }])(
    'attach: %j',
    options => {
      const api = axios.create({ baseURL: 'https://api.example' })
      expect(() => attachOAuth2(api, session, options as never)).toThrow(/Did you mean allowedOrigins\?/)
    },
  )

  test('the option `oauth` of a request', async () => {
    const api = axios.create({
      baseURL: 'https://api.example',
      adapter: () => Promise.reject(new Error('sent')),
    })
    attachOAuth2(api, session)
    const error = await api.get('/', { oauth: { scopes: ['x'] } as never }).catch(error => error)
    expect(error.cause).toMatchObject({
      code: 'OAUTH_INVALID_OPTION',
      message: expect.stringMatching(/Did you mean scope/),
    })
  })
})

test('a TypeError in a grant of one’s own is no outage: it is told as what it is, and not waited for', async () => {
  let calls = 0
  const { session, events } = makeSession(fakeServer(), {
    grant: async () => {
      calls++
      return (undefined as never as { token: never }).token
    },
  })
  for (let call = 1; call < 4; call++) {
    const error = await session.token().catch(error => error)
    expect(error).toMatchObject({
      code: 'OAUTH_INVALID_OPTION',
      message: expect.stringContaining('TypeError'),
    })
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(calls).toBe(call)
  }
  expect(events).toEqual([])
})

test('a listener whose promise is rejected disturbs neither the session nor the process', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  const { session } = makeSession(fakeServer())
  session.on('token', async () => {
    throw new Error('in a listener')
  })
  await saveToken(session, { access_token: 'a0' })
  await new Promise(resolve => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

test('a wait that no timer can count is a long one, not none', () => {
  jest.useFakeTimers()
  let isOver = false
  sleep(2 ** 40).then(() => {
    isOver = true
  })
  jest.advanceTimersByTime(86_400_000)
  expect(isOver).toBe(false)
  expect(jest.getTimerCount()).toBe(1)
  jest.useRealTimers()
})

test('a script of a hostile server is read in linear time', () => {
  const answer = (body: string) => ({ status: 200, body, header: () => undefined })
  const body = `f()${' '.repeat(500_000)}${')'.repeat(400_000)} x`
  expect(() => processRevocationResponse(answer(body), 0, true)).not.toThrow()
  const refused = answer('cb({"error":"unsupported_token_type"}) ;  ')
  expect(() => processRevocationResponse(refused, 0, true)).toThrow(
    expect.objectContaining({ error: 'unsupported_token_type' }),
  )
})
