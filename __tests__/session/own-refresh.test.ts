import { OAuthError, type RefreshContext, type RefreshOAuth2Token, type Token } from '../../src/index.js'
import { refreshToken, saveToken } from '../../src/session/fetch-token.js'
import { fakeServer, gate, makeSession, settled } from '../support/fake-server.js'

const NOW = 1_000_000

/** A session whose token has expired, with a `refresh` of its own. */
async function expired(refresh: RefreshOAuth2Token, options: object = {}) {
  const server = fakeServer()
  const made = makeSession(server, { refresh, ...options })
  await saveToken(made.session, { access_token: 'a0', refresh_token: 'r0', expires_at: NOW - 10 })
  return { ...made, server }
}

test('it is given the refresh token and a bare client, once for all who wait; the token endpoint is not asked', async () => {
  const answered = gate()
  const seen: RefreshContext[] = []
  const { session, server } = await expired(async context => {
    seen.push(context)
    await answered.promise
    return { access_token: 'a1', expires_in: 60 }
  })
  const waiting = [session.token(), session.token(), session.for({ scope: 'read' }).token()]
  await settled()
  answered.open()
  const [token] = await Promise.all(waiting)
  expect(token).toMatchObject({ access_token: 'a1' })
  // the grant's own token, and that of the narrower scope
  expect(seen.map(({ refresh_token, scope }) => [refresh_token, scope])).toEqual([
    ['r0', undefined],
    ['r0', 'read'],
  ])
  expect(seen[0]?.http).toBeDefined()
  expect(server.requests).toEqual([])
})

test('what it answers is stored, its life counted from before the request; a rotated refresh token is the next to be spent', async () => {
  const spent: string[] = []
  const made = await expired(async ({ refresh_token }) => {
    spent.push(refresh_token)
    made.server.now += 20
    return { access_token: `a${spent.length}`, refresh_token: `r${spent.length}`, expires_in: 600 }
  })
  const { session } = made
  expect((await session.token()).expires_at).toBe(NOW + 600)
  expect(await refreshToken(session)).toMatchObject({ access_token: 'a2', refresh_token: 'r2' })
  expect(spent).toEqual(['r0', 'r1'])
  expect(session.current()).toMatchObject({ access_token: 'a2' })
})

const axiosError = (status: number) =>
  Object.assign(new Error(), { isAxiosError: true, response: { status } })

test.each([
  ['a status that endedBy names', axiosError(401), { endedBy: [401] }, 'OAUTH_SESSION_ENDED'],
  [
    'an error of ours that says so',
    new OAuthError('OAUTH_SERVER_REFUSED', 'x', { error: 'invalid_grant' }),
    {},
    undefined,
  ],
  ['a refusal', axiosError(401), {}, 'OAUTH_SERVER_REFUSED'],
  ['an outage', axiosError(503), {}, 'OAUTH_SERVER_UNAVAILABLE'],
  ['no answer', new Error('offline'), {}, 'OAUTH_SERVER_UNAVAILABLE'],
  ['a mistake of the program', new TypeError('x is undefined'), {}, 'OAUTH_INVALID_OPTION'],
])('%s is judged as that of a grant of one’s own', async (_, thrown, options, code) => {
  const refresh = jest.fn(async (): Promise<Token> => {
    throw thrown
  })
  const { session } = await expired(refresh, options)
  const ends = !code || code === 'OAUTH_SESSION_ENDED'
  await expect(session.token()).rejects.toMatchObject({ code: ends ? 'OAUTH_SESSION_ENDED' : code })
  expect(await session.authorized()).toBe(!ends)
  expect(refresh).toHaveBeenCalledTimes(1)
})

test('a TypeError in it names it', async () => {
  const { session } = await expired(async () => (undefined as never as Token[])[0] as Token)
  await expect(session.token()).rejects.toThrow(/refresh threw TypeError/)
})

test.each([
  [
    { accessToken: 'SECRET', expiresIn: 60 },
    'The answer has no access_token; it has accessToken, expiresIn. Answer accessToken as access_token, in wire names.',
  ],
  [
    { status: 200, headers: {}, data: { access_token: 'SECRET' } },
    'it has status, headers, data. This is the whole response: answer its data.',
  ],
  [{ data: { access_token: 'SECRET' }, ok: true }, 'it has data, ok. Answer what is in data.'],
  [{ message: 'SECRET', eyJhbGciOi1: 'SECRET', 'SECRET9.x': 1 }, 'it has message.'],
  [{}, 'The answer has no access_token: check the address of the token endpoint.'],
])(
  'an answer without access_token (%#) is told by the names that it has, never by a value',
  async (answer, text) => {
    const { session } = await expired(async () => answer as never)
    const error = await session.token().catch(error => error)
    expect(error.code).toBe('OAUTH_INVALID_RESPONSE')
    expect(error.message).toContain(text)
    expect(error.message).not.toMatch(/SECRET|eyJ/)
  },
)

test('a token endpoint in camel case is named too', async () => {
  const server = fakeServer()
  const { session } = makeSession(server)
  await saveToken(session, { access_token: 'a0', refresh_token: 'r0', expires_at: NOW - 10 })
  server.answers.push({ body: { accessToken: 'SECRET', tokenType: 'Bearer' } })
  const error = await session.token().catch(error => error)
  expect(error).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE', status: 200 })
  expect(error.message).toMatch(/accessToken, tokenType\. Answer accessToken as access_token/)
})
