import { OAuthError } from '../../src/errors.js'
import type { ServerRequest, ServerResponse } from '../../src/server/call.js'
import { clientSecretPost } from '../../src/server/client-auth/client-secret-post.js'
import { fetchToken, saveToken } from '../../src/session/fetch-token.js'
import { processRevocationResponse, revokeToken } from '../../src/session/revocation.js'
import type { OAuth2SessionOptions } from '../../src/session/session.js'
import { createSession } from '../../src/session/session.js'
import type { Token } from '../../src/session/stored-grant.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

async function signedIn(
  answers: (ServerResponse | OAuthError)[],
  {
    token = { access_token: 'AT', refresh_token: 'RT' },
    ...options
  }: Partial<OAuth2SessionOptions> & { token?: Token | null } = {},
) {
  const sent: ServerRequest[] = []
  const time = { now: NOW }
  const session = createSession(
    { server: scripted().server, client: { client_id: 'app' }, clock: () => time.now, ...options },
    {
      send: async request => {
        sent.push(request)
        const next = answers[Math.min(sent.length, answers.length) - 1]
        if (next instanceof OAuthError) throw next
        return next as ServerResponse
      },
      http: {} as never,
    },
  )
  if (token) await saveToken(session, token)
  const ended = jest.fn()
  session.on('ended', ended)
  return { session, sent, time, ended, forms: () => sent.map(request => `${request.body}`) }
}

describe('logging out', () => {
  it('revokes the refresh token, which takes the grant with it, and ends the session', async () => {
    const { session, sent, forms, ended } = await signedIn([answer(200)])
    expect(await revokeToken(session)).toEqual({ revoked: true })
    expect(sent[0]?.url.href).toBe('https://as.example/revoke')
    expect(forms()).toEqual(['token=RT&token_type_hint=refresh_token&client_id=app'])
    expect(ended).toHaveBeenCalledTimes(1)
    expect(await session.authorized()).toBe(false)
    expect((await errorOf(() => session.token())).code).toBe('OAUTH_SESSION_ENDED')
  })

  it('revokes every access token where there is no refresh token', async () => {
    let fetched = 0
    const { session, forms } = await signedIn([answer(200)], {
      token: { access_token: 'AT1' },
      grant: async () => ({ access_token: `AT-other-${++fetched}` }),
    })
    await session.for({ resource: 'https://other' }).token()
    expect(await revokeToken(session)).toEqual({ revoked: true })
    expect(forms()).toEqual([
      'token=AT1&token_type_hint=access_token&client_id=app',
      'token=AT-other-1&token_type_hint=access_token&client_id=app',
    ])
  })

  it('is over here at once, whatever the server takes its time for', async () => {
    const known: unknown[] = []
    const session = createSession(
      { server: scripted().server, client: { client_id: 'app' }, clock: () => NOW },
      {
        send: async () => {
          known.push(session.current(), await session.authorized())
          return answer(200)
        },
        http: {} as never,
      },
    )
    await saveToken(session, { access_token: 'AT', refresh_token: 'RT' })
    const result = revokeToken(session)
    expect(session.current()).toBeUndefined()
    expect(await result).toEqual({ revoked: true })
    expect(known).toEqual([undefined, false])
  })

  it('without anything to revoke asks nobody', async () => {
    const { session, sent } = await signedIn([answer(200)], { token: null })
    expect(await revokeToken(session)).toEqual({ revoked: true })
    expect(sent).toEqual([])
  })

  it('does not mind what a good answer says', async () => {
    for (const body of ['', '<html>', 'null', '{"error":"x"}']) {
      const { session } = await signedIn([answer(200, body)])
      expect(await revokeToken(session)).toEqual({ revoked: true })
    }
  })
})

describe('a server that does not confirm', () => {
  it.each([
    ['is busy', answer(503, '', { 'retry-after': '60' }), 'OAUTH_SERVER_UNAVAILABLE', 60],
    ['has a page for it', answer(502, '<html>Bad Gateway</html>'), 'OAUTH_SERVER_UNAVAILABLE', undefined],
    [
      'does not answer',
      new OAuthError('OAUTH_SERVER_UNAVAILABLE', 'x'),
      'OAUTH_SERVER_UNAVAILABLE',
      undefined,
    ],
    ['refuses', answer(400, { error: 'unsupported_token_type' }), 'OAUTH_SERVER_REFUSED', undefined],
    ['does not know the client', answer(401, { error: 'invalid_client' }), 'OAUTH_SERVER_REFUSED', undefined],
    ['has moved', answer(302), 'OAUTH_INVALID_RESPONSE', undefined],
  ])(
    'because it %s: the session is over all the same, and it can be tried again',
    async (_, said, code, retryAfter) => {
      const { session, time, forms, ended } = await signedIn([said, answer(200)])
      const result = await revokeToken(session)
      expect(result).toMatchObject({ revoked: false, error: { code } })
      if (result.revoked) throw new Error('revoked')
      expect(result.retryAfter).toBe(retryAfter)
      expect(ended).toHaveBeenCalledTimes(1)
      expect(await session.authorized()).toBe(false)
      time.now += retryAfter ?? 0
      expect(await result.retry()).toEqual({ revoked: true })
      expect(forms()).toEqual(Array(2).fill('token=RT&token_type_hint=refresh_token&client_id=app'))
      expect(ended).toHaveBeenCalledTimes(1)
    },
  )

  it('and wants to be left alone is not asked before', async () => {
    const { session, sent, time } = await signedIn([answer(503, '', { 'retry-after': '60' }), answer(200)])
    let result = await revokeToken(session)
    for (const left of [60, 20, 1]) {
      time.now = NOW + 60 - left
      if (result.revoked) throw new Error('revoked')
      result = await result.retry()
      expect(result).toMatchObject({ revoked: false, retryAfter: left, error: { status: 503 } })
      expect(sent).toHaveLength(1)
    }
    time.now = NOW + 60
    expect(result.revoked || (await result.retry())).toEqual({ revoked: true })
    expect(sent).toHaveLength(2)
  })

  it('for one of two tokens is asked again for that one only', async () => {
    const { session, forms } = await signedIn([answer(200), answer(400, { error: 'x' }), answer(200)], {
      token: { access_token: 'AT1' },
      grant: async () => ({ access_token: 'AT2' }),
    })
    await session.for({ scope: 'b' }).token()
    const result = await revokeToken(session)
    expect(result.revoked || (await result.retry())).toEqual({ revoked: true })
    expect(forms().map(form => new URLSearchParams(form).get('token'))).toEqual(['AT1', 'AT2', 'AT2'])
  })

  it('because it has no such endpoint: the result says so', async () => {
    const { session, sent } = await signedIn([answer(200)], {
      server: { token_endpoint: 'https://as.example/token' },
    })
    const result = await revokeToken(session)
    expect(result).toMatchObject({ revoked: false, error: { code: 'OAUTH_ENDPOINT_MISSING' } })
    expect(await session.authorized()).toBe(false)
    expect(sent).toEqual([])
  })
})

describe('options', () => {
  it('a token of somebody else does not end the session', async () => {
    const { session, forms, ended } = await signedIn([answer(200)])
    await revokeToken(session, { token: 'X' })
    await revokeToken(session, { token: 'Y', token_type_hint: 'refresh_token' })
    expect(forms()).toEqual(['token=X&client_id=app', 'token=Y&token_type_hint=refresh_token&client_id=app'])
    expect(ended).not.toHaveBeenCalled()
    expect(session.current()?.access_token).toBe('AT')
  })

  it('the hint can be left out', async () => {
    const { session, forms } = await signedIn([answer(200)])
    await revokeToken(session, { token_type_hint: null, parameters: { more: ['1', '2'] } })
    expect(forms()).toEqual(['token=RT&more=1&more=2&client_id=app'])
  })

  it('another client authentication for this call, and for its retry', async () => {
    const { session, forms } = await signedIn([answer(503), answer(200)], {
      client: { client_id: 'app', client_secret: 's' },
    })
    const result = await revokeToken(session, { token: 'X', clientAuth: clientSecretPost() })
    if (!result.revoked) await result.retry()
    expect(forms()).toEqual(Array(2).fill('token=X&client_id=app&client_secret=s'))
  })

  it('a hook sees the raw answer', async () => {
    const seen: unknown[] = []
    const { session } = await signedIn([answer(302, '', { location: '/bye' })], {
      hooks: {
        revocationResponse: response => {
          seen.push(response.status, response.header('location'))
          return { ...response, status: 200 }
        },
      },
    })
    expect(await revokeToken(session)).toEqual({ revoked: true })
    expect(seen).toEqual([302, '/bye'])
  })

  it('a JSONP callback makes it a GET with everything in the query', async () => {
    const { session, sent } = await signedIn([answer(200, 'pkg.cb();')])
    expect(await revokeToken(session, { callback: 'pkg.cb' })).toEqual({ revoked: true })
    expect(sent[0]).toMatchObject({ method: 'GET' })
    expect(sent[0]?.url.search).toBe('?token=RT&token_type_hint=refresh_token&callback=pkg.cb&client_id=app')
    expect(`${sent[0]?.body}`).toBe('')
  })

  it('a script may hold a refusal', async () => {
    for (const script of [
      'pkg.cb({"error":"unsupported_token_type"})',
      'pkg.cb(\n{"error":"unsupported_token_type"}\n) ;\n',
    ]) {
      const { session } = await signedIn([answer(200, script)])
      expect(await revokeToken(session, { callback: 'pkg.cb' })).toMatchObject({
        revoked: false,
        error: { code: 'OAUTH_SERVER_REFUSED', error: 'unsupported_token_type' },
      })
    }
    expect(() => processRevocationResponse(answer(200, 'cb({"error":"x"})'), NOW)).not.toThrow()
    for (const fine of ['', 'cb({})', 'cb(null)', 'cb("ok")', '<html>'])
      expect(() => processRevocationResponse(answer(200, fine), NOW, true)).not.toThrow()
  })
})

it('a token fetched after the end is another grant', async () => {
  const { session, ended } = await signedIn([answer(200)])
  await revokeToken(session)
  await fetchToken(session, async () => ({ access_token: 'AT2' }))
  expect(session.current()?.access_token).toBe('AT2')
  expect(ended).toHaveBeenCalledTimes(1)
})
