import type { IncomingResponse, OutgoingRequest } from '../../src/auth/scheme.js'
import { challenges } from '../../src/oauth2/challenges.js'
import { authFor, authOf } from '../../src/oauth2/scheme.js'
import { saveToken } from '../../src/session/fetch-token.js'
import type { OAuth2Session } from '../../src/session/session.js'
import type { Challenge } from '../../src/session/session-options.js'
import type { Token } from '../../src/session/stored-grant.js'
import { mac } from '../../src/token-types/mac.js'
import { fakeServer, gate, makeSession, settled } from '../support/fake-server.js'

/** A request without axios; what a scheme wrote is taken off after each send, as the seam does. */
function makeRequest(url = 'https://api.example/x') {
  let headers: Record<string, string> = {}
  const request: OutgoingRequest = {
    method: 'GET',
    url,
    data: undefined,
    header: name => headers[name.toLowerCase()],
    setHeader(name, value) {
      if (value === undefined) delete headers[name.toLowerCase()]
      else headers[name.toLowerCase()] = value
    },
    signal: undefined,
  }
  return {
    request,
    take() {
      const sent = headers
      headers = {}
      return sent
    },
  }
}

type Answer =
  | number
  | { status: number; headers?: Record<string, string>; expired?: boolean; authenticated?: boolean }

const respond = (answer: Answer): IncomingResponse => {
  const {
    status,
    headers = {},
    expired = false,
    authenticated = true,
  } = typeof answer === 'number' ? { status: answer } : answer
  return { status, data: undefined, expired, authenticated, header: name => headers[name.toLowerCase()] }
}

/** Plays the seam and an API: answers what the token in the header deserves. */
async function send(session: OAuth2Session, api: (token: string | undefined) => Answer, url?: string) {
  const { request, take } = makeRequest(url)
  const sent: Array<string | undefined> = []
  let status = 0
  const flow = authOf(session).flow(request)
  for (let turn = await flow.next(); !turn.done; ) {
    const token = take().authorization
    sent.push(token?.replace('Bearer ', ''))
    const response = respond(api(sent.at(-1)))
    status = response.status
    turn = await flow.next(response)
  }
  return { sent, status }
}

const signedIn = (session: OAuth2Session, token: Partial<Token> = {}) =>
  saveToken(session, { access_token: 'a0', refresh_token: 'r0', expires_in: 3600, scope: 'read', ...token })

describe('the OAuth 2 flow', () => {
  test('sends once where the token is good', async () => {
    const { session } = makeSession(fakeServer())
    await signedIn(session)
    expect(await send(session, () => 200)).toEqual({ sent: ['a0'], status: 200 })
  })

  test('renews once and sends once more where it is refused', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    expect(await send(session, token => (token === 'a0' ? 401 : 200))).toEqual({
      sent: ['a0', 'a1'],
      status: 200,
    })
    expect(server.requests).toHaveLength(1)
  })

  test('judges expiry that the body told like a 401', async () => {
    const { session } = makeSession(fakeServer())
    await signedIn(session)
    const api = (token?: string) => (token === 'a0' ? { status: 200, expired: true } : 200)
    expect(await send(session, api)).toEqual({ sent: ['a0', 'a1'], status: 200 })
  })

  test('a 401 from where the credential did not go is no refusal', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    expect((await send(session, () => ({ status: 401, authenticated: false }))).sent).toEqual(['a0'])
    expect(server.requests).toHaveLength(0)
  })

  test('an API that always refuses costs one renewal a minute, on its own account alone', async () => {
    const server = fakeServer()
    const { session, events } = makeSession(server)
    await signedIn(session)
    expect((await send(session, () => 401)).sent).toEqual(['a0', 'a1'])
    for (let i = 0; i < 100; i++) expect((await send(session, () => 401)).sent).toEqual(['a1'])
    expect(server.requests).toHaveLength(1)
    expect(events.at(-1)).toMatchObject(['error', { error: { code: 'OAUTH_REFUSED' } }])
    const elsewhere = await send(session, token => (token === 'a1' ? 401 : 200), 'https://other.example/')
    expect(elsewhere).toEqual({ sent: ['a1', 'a2'], status: 200 })
    server.now += 61
    await send(session, () => 401)
    expect(server.requests.length).toBeLessThanOrEqual(3)
  })

  test('a success in between shows that the token was good: the next refusal is worth a renewal', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    await send(session, () => 401)
    await send(session, () => 200)
    expect(await send(session, token => (token === 'a1' ? 401 : 200))).toEqual({
      sent: ['a1', 'a2'],
      status: 200,
    })
  })

  test('sends without a token where the application wants that', async () => {
    const { session } = makeSession(fakeServer(), { whenUnauthenticated: 'send' })
    expect(await send(session, () => 401)).toEqual({ sent: [undefined], status: 401 })
  })

  test('a token given with one request is used, and not renewed', async () => {
    const server = fakeServer()
    const { session } = makeSession(server)
    await signedIn(session)
    const { request, take } = makeRequest()
    const auth = authFor({ token: { access_token: 'mine' } }, session)
    expect(auth.open?.(request)).toEqual({ access_token: 'mine' })
    expect(take()).toEqual({ authorization: 'Bearer mine' })
    const flow = auth.flow(request, { token: { access_token: 'mine' }, response: respond(401) })
    await expect(flow.next()).rejects.toMatchObject({ code: 'OAUTH_REFUSED' })
    expect(server.requests).toHaveLength(0)
  })
})

describe('hooks on protected requests', () => {
  test('run in order, after the token was put on, on every send', async () => {
    const server = fakeServer()
    const seen: unknown[] = []
    const { session } = makeSession(server, {
      hooks: {
        protectedRequest: [
          (request, token) => void seen.push([token.access_token, request.header('Authorization')]),
          async request => {
            request.url += '?site=1'
          },
        ],
      },
    })
    await signedIn(session)
    const { request, take } = makeRequest()
    const flow = authOf(session).flow(request)
    await flow.next()
    expect(request.url).toBe('https://api.example/x?site=1')
    take()
    await flow.next(respond(401))
    expect(seen).toEqual([
      ['a0', 'Bearer a0'],
      ['a1', 'Bearer a1'],
    ])
    expect(authOf(session)).toMatchObject({ boundToUrl: true })
    expect(authOf(session).open).toBeUndefined()
  })

  test('a signature is made over what the hook left, and nothing is signed twice without need', async () => {
    let signed = 0
    const type = mac({ draft: 1 })
    const server = fakeServer()
    const context = { clock: () => server.now, random: (bytes: number) => new Uint8Array(bytes), crypto }
    const { session } = makeSession(server, {
      ...context,
      tokenType: {
        ...type,
        authorize(...given) {
          signed++
          return type.authorize(...given)
        },
      },
      hooks: {
        protectedRequest: request => {
          if (request.method === 'GET') request.url = 'https://api.example/y?site=1'
        },
      },
    })
    const token = { access_token: 'a0', token_type: 'mac', mac_key: 'k', mac_algorithm: 'hmac-sha-256' }
    await saveToken(session, token)
    const { request, take } = makeRequest()
    await authOf(session).flow(request).next()
    const direct = makeRequest('https://api.example/y?site=1')
    type.authorize(direct.request, token, context)
    expect(take()).toEqual(direct.take())
    expect(signed).toBe(2)
    await authOf(session)
      .flow({ ...makeRequest().request, method: 'POST' })
      .next()
    expect(signed).toBe(3)
  })
})

describe('an API that asks for more', () => {
  const more = (token: string | undefined): Answer =>
    token === 'b1'
      ? 200
      : { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' } }

  test('is an event, and the answer reaches the caller', async () => {
    const server = fakeServer()
    const { session, events } = makeSession(server, { challenges: challenges() })
    await signedIn(session)
    expect(await send(session, more)).toEqual({ sent: ['a0'], status: 403 })
    expect(events.at(-1)).toEqual([
      'challenge',
      { error: 'insufficient_scope', scope: 'write', parameters: { scope: 'read write' } },
    ])
    expect(server.requests).toHaveLength(0)
  })

  test('one new grant with the union of scopes serves all who wait', async () => {
    const asked: Challenge[] = []
    const hold = gate()
    const { session } = makeSession(fakeServer(), {
      challenges: challenges(async challenge => {
        asked.push(challenge)
        await hold.promise
        await saveToken(
          session,
          { access_token: 'b1', scope: challenge.parameters.scope as string },
          { sameUser: true },
        )
      }),
    })
    await signedIn(session)
    const waiting = Promise.all(Array.from({ length: 20 }, () => send(session, more)))
    await settled()
    hold.open()
    for (const result of await waiting) expect(result).toEqual({ sent: ['a0', 'b1'], status: 200 })
    expect(asked.map(({ parameters }) => parameters)).toEqual([{ scope: 'read write' }])
    expect(session.current()).toMatchObject({ scope: 'read write' })
  })

  test('again after that: no loop, and nobody is asked for the same again for a while', async () => {
    let count = 0
    const { session } = makeSession(fakeServer(), {
      challenges: challenges(async () => {
        await saveToken(session, { access_token: `n${++count}`, scope: 'read' }, { sameUser: true })
      }),
    })
    await signedIn(session)
    expect(await send(session, more)).toEqual({ sent: ['a0', 'n1'], status: 403 })
    for (let i = 0; i < 5; i++) expect(await send(session, more)).toEqual({ sent: ['n1'], status: 403 })
    expect(count).toBe(1)
  })

  test('an answer by another person is not used for a request that was sent', async () => {
    const { session } = makeSession(fakeServer(), {
      challenges: challenges(async () => {
        await saveToken(session, { access_token: 'b1' })
      }),
    })
    await signedIn(session)
    await expect(send(session, more)).rejects.toMatchObject({ code: 'OAUTH_SESSION_CHANGED' })
  })

  test('a person who declines: the cause says so', async () => {
    const { session } = makeSession(fakeServer(), {
      challenges: challenges(async () => {
        throw new Error('closed the window')
      }),
    })
    await signedIn(session)
    await expect(send(session, more)).rejects.toMatchObject({
      code: 'OAUTH_INTERACTION_REQUIRED',
      error: 'insufficient_scope',
      cause: { message: 'closed the window' },
    })
  })

  test('a 401 that wants a better sign-in is not answered with a refresh', async () => {
    const server = fakeServer()
    const { session } = makeSession(server, { challenges: challenges() })
    await signedIn(session)
    const api = () => ({
      status: 401,
      headers: {
        'www-authenticate': 'Bearer error="insufficient_user_authentication", acr_values="gold", max_age="5"',
      },
    })
    expect(await send(session, api)).toEqual({ sent: ['a0'], status: 401 })
    expect(server.requests).toHaveLength(0)
  })

  describe('claims (Microsoft)', () => {
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'
    const wanting = (fresh: string) => (token: string | undefined) =>
      token === fresh
        ? 200
        : {
            status: 401,
            headers: {
              'www-authenticate': `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`,
            },
          }

    test('are asked for by a renewal, once for all who wait', async () => {
      const server = fakeServer()
      const { session, events } = makeSession(server, { challenges: challenges() })
      await signedIn(session)
      const results = await Promise.all([1, 2, 3].map(() => send(session, wanting('a1'))))
      for (const result of results) expect(result).toEqual({ sent: ['a0', 'a1'], status: 200 })
      expect(server.requests).toHaveLength(1)
      expect(server.requests[0]?.body.get('claims')).toBe(claims)
      expect(events.find(([event]) => event === 'challenge')?.[1]).toMatchObject({
        claims,
        parameters: { claims },
      })
    })

    test('go to the application where a renewal does not get them', async () => {
      const server = fakeServer()
      const asked: Challenge[] = []
      const { session } = makeSession(server, {
        challenges: challenges(async challenge => {
          asked.push(challenge)
          await saveToken(session, { access_token: 'b1' }, { sameUser: true })
        }),
      })
      await saveToken(session, { access_token: 'a0' })
      expect(await send(session, wanting('b1'))).toEqual({ sent: ['a0', 'b1'], status: 200 })
      expect(asked.map(({ parameters }) => parameters)).toEqual([{ claims }])
    })
  })
})
