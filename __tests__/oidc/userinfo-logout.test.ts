import {
  createLogoutUrl,
  fetchUserInfo,
  validateLogoutResponse,
  validateLogoutToken,
} from '../../src/oidc.js'
import { saveToken } from '../../src/session/fetch-token.js'
import { core, createSession, type OAuth2SessionOptions } from '../../src/session/session.js'
import { makeIssuer } from './issuer.js'

let op: Awaited<ReturnType<typeof makeIssuer>>
beforeEach(async () => {
  op = await makeIssuer()
})

const signedIn = async (options: Partial<OAuth2SessionOptions> = {}) => {
  const { server, client, clock, send } = op
  const session = createSession({ server, client, clock, ...options }, { send, http: {} as never })
  await saveToken(session, { access_token: 'at', id_token: await op.sign(op.claims()) })
  return session
}

describe('user info', () => {
  test('E12: is asked for with the session’s token', async () => {
    expect(await fetchUserInfo(await signedIn())).toEqual({ sub: 'anna', name: 'Anna' })
    expect(op.requests).toEqual(['userinfo /me Bearer at'])
  })

  test('E12: of another person is refused', async () => {
    op.userinfo = { body: '{"sub":"mallory"}' }
    await expect(fetchUserInfo(await signedIn())).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
  })

  test.each(['{}', '{"sub":""}', '{"sub":7}'])('without a subject is refused: %s', async body => {
    op.userinfo = { body }
    await expect(fetchUserInfo(await signedIn())).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
  })

  test('signed, is verified', async () => {
    op.userinfo = {
      body: await op.sign({ sub: 'anna', iss: 'https://op.example', aud: 'app' }),
      type: 'application/jwt',
    }
    expect(await fetchUserInfo(await signedIn())).toMatchObject({ sub: 'anna' })
    op.userinfo = {
      body: await op.sign({ sub: 'anna', iss: 'https://evil.example' }),
      type: 'application/jwt',
    }
    await expect(fetchUserInfo(await signedIn())).rejects.toMatchObject({
      message: expect.stringContaining('iss'),
    })
    op.userinfo = { body: await op.sign({ sub: 'anna', aud: 'other' }), type: 'application/jwt' }
    await expect(fetchUserInfo(await signedIn())).rejects.toMatchObject({
      message: expect.stringContaining('aud'),
    })
    const [head, payload] = op.userinfo.body.split('.')
    op.userinfo = { body: `${head}.${payload}.AAAA`, type: 'application/jwt' }
    await expect(fetchUserInfo(await signedIn())).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
  })

  test('in the clear, where the client is registered for signed answers, is refused', async () => {
    op.client = { client_id: 'app', userinfo_signed_response_alg: 'RS256' }
    await expect(fetchUserInfo(await signedIn())).rejects.toMatchObject({
      message: expect.stringContaining('signed'),
    })
  })

  test('a server without the endpoint is named', async () => {
    const session = await signedIn({ server: { issuer: 'https://op.example' } })
    await expect(fetchUserInfo(session)).rejects.toMatchObject({ code: 'OAUTH_ENDPOINT_MISSING' })
  })
})

describe('log-out at the server', () => {
  test('the URL keeps the endpoint’s own query and carries hint, client and state', async () => {
    const { url, state } = await createLogoutUrl(await signedIn(), {
      post_logout_redirect_uri: 'https://app.example/bye?x=1',
    })
    const { searchParams } = new URL(url)
    expect(searchParams.get('tenant')).toBe('1')
    expect(searchParams.get('client_id')).toBe('app')
    expect(searchParams.get('id_token_hint')?.split('.')).toHaveLength(3)
    expect(searchParams.get('post_logout_redirect_uri')).toBe('https://app.example/bye?x=1')
    expect(searchParams.get('state')).toBe(state)
    expect(() =>
      validateLogoutResponse(`https://app.example/bye?state=${state}`, state as string),
    ).not.toThrow()
    for (const wrong of ['', '?state=', '?state=other']) {
      expect(() => validateLogoutResponse(`https://app.example/bye${wrong}`, state as string)).toThrow(
        expect.objectContaining({ code: 'OAUTH_STATE_MISMATCH' }),
      )
    }
  })

  test('the hint can be left out', async () => {
    const { url, state } = await createLogoutUrl(await signedIn(), { id_token_hint: null })
    expect(url).toBe('https://op.example/logout?tenant=1&client_id=app')
    expect(state).toBeUndefined()
  })
})

describe('a back-channel log-out token', () => {
  const good = (extra: Record<string, unknown> = {}) => ({
    iss: 'https://op.example',
    aud: 'app',
    iat: op.now,
    exp: op.now + 120,
    jti: 'j1',
    sub: 'anna',
    sid: 's1',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    ...extra,
  })

  test('names the person if it is valid; a second time it is a replay', async () => {
    const session = await signedIn()
    const seen = new Set<string>()
    const isReplayed = (jti: string) => seen.size === seen.add(jti).size
    const jwt = await op.sign(good(), { typ: 'logout+jwt' })
    expect(await validateLogoutToken(session, jwt, { isReplayed })).toMatchObject({ sub: 'anna', sid: 's1' })
    await expect(validateLogoutToken(session, jwt, { isReplayed })).rejects.toMatchObject({
      message: expect.stringContaining('jti'),
    })
    await expect(core(session).read()).resolves.toBeDefined()
  })

  test.each([
    ['iss', { iss: 'https://evil.example' }],
    ['aud', { aud: 'other' }],
    ['iat', { iat: 1_700_000_000 - 1000 }],
    ['iat', { iat: 1_700_000_000 + 1000 }],
    ['exp', { exp: 1_700_000_000 - 100 }],
    ['exp', { exp: undefined }],
    ['jti', { jti: undefined }],
    ['sub', { sub: undefined, sid: undefined }],
    ['events', { events: undefined }],
    ['events', { events: {} }],
    ['events', { events: { 'http://schemas.openid.net/event/backchannel-logout': [] } }],
    ['nonce', { nonce: 'n' }],
  ])('with a wrong %s is refused: %o', async (claim, extra) => {
    const jwt = await op.sign(good(extra))
    await expect(validateLogoutToken(await signedIn(), jwt)).rejects.toMatchObject({
      code: 'OAUTH_ID_TOKEN_INVALID',
      message: expect.stringContaining(claim),
    })
  })

  test('that is an ID token in disguise is refused', async () => {
    await expect(
      validateLogoutToken(await signedIn(), await op.sign(good(), { typ: 'JWT' })),
    ).rejects.toMatchObject({
      message: expect.stringContaining('typ'),
    })
  })
})

describe('the server’s keys', () => {
  test('are kept for all sessions of that server: a hundred forged log-outs and user infos cost one look at them', async () => {
    const forged = await op.sign(op.claims({ nonce: undefined }), { kid: 'nobody' })
    const jwks = () => op.requests.filter(request => request.startsWith('jwks')).length
    op.userinfo = { body: forged, type: 'application/jwt' }
    for (let turn = 0; turn < 50; turn++) {
      const session = await signedIn()
      await expect(validateLogoutToken(session, forged)).rejects.toMatchObject({
        code: 'OAUTH_ID_TOKEN_INVALID',
      })
      await expect(fetchUserInfo(session)).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
    }
    expect(jwks()).toBe(1)
    op.now += 31
    await expect(validateLogoutToken(await signedIn(), forged)).rejects.toBeDefined()
    await expect(validateLogoutToken(await signedIn(), forged)).rejects.toBeDefined()
    expect(jwks()).toBe(2)
  })
})

describe('an unreadable ID token', () => {
  test('does not accept user info of an unknown subject', async () => {
    const session = await signedIn()
    await saveToken(session, { access_token: 'at', id_token: 'a.b.c.d.e' })
    await expect(fetchUserInfo(session)).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
    await expect(fetchUserInfo(session, { subject: 'anna' })).resolves.toMatchObject({ sub: 'anna' })
  })
})
