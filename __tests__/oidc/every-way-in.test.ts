import { CompactEncrypt, exportJWK, generateKeyPair, UnsecuredJWT } from 'jose'
import {
  authorizationCodeGrant,
  cibaGrant,
  createAuthorizationUrl,
  deviceCodeGrant,
  fetchToken,
  type Grant,
  implicitGrant,
  type OAuth2Session,
  type OAuth2SessionOptions,
  passwordGrant,
  refreshToken,
  saveToken,
  tokenExchangeGrant,
} from '../../src/index.js'
import { idTokenValidator } from '../../src/oidc.js'
import { createSession } from '../../src/session/session.js'
import { inside } from '../../src/session/state.js'
import { half, makeIssuer } from './issuer.js'

let op: Awaited<ReturnType<typeof makeIssuer>>
beforeEach(async () => {
  op = await makeIssuer()
})

const sleep = async () => {}

/** A session whose token endpoint answers `answer()`. */
function sessionWith(answer: () => object, options: Partial<OAuth2SessionOptions> = {}) {
  const server = {
    ...op.server,
    device_authorization_endpoint: 'https://op.example/device',
    backchannel_authentication_endpoint: 'https://op.example/bc',
  }
  const ready = {
    device_code: 'd',
    user_code: 'u',
    verification_uri: 'https://op.example/d',
    auth_req_id: 'q',
  }
  const send: typeof op.send = async request => {
    if (request.endpoint === 'jwks') return op.send(request)
    const body = request.endpoint === 'token' ? answer() : { ...ready, expires_in: 600 }
    return { status: 200, body: JSON.stringify(body), header: () => undefined }
  }
  return createSession(
    { server, client: op.client, clock: op.clock, ...options },
    { send, http: {} as never },
  )
}

const stored = (session: OAuth2Session) => inside(session).state.record.grant

const grants: Array<[string, () => Grant]> = [
  ['the device code', () => deviceCodeGrant({ onUserCode() {}, sleep } as never)],
  ['CIBA', () => cibaGrant({ login_hint: 'anna', sleep })],
  ['the password', () => passwordGrant({ username: 'anna', password: 'p' })],
  [
    'a token exchange',
    () =>
      tokenExchangeGrant({ subject_token: 's', subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }),
  ],
  ['a grant of the application’s own', () => endpoint => endpoint({ grant_type: 'urn:own' })],
]

describe.each(grants)('an ID token that came by %s', (_, grant) => {
  const token = (id_token: string) => () => ({
    access_token: 'a1',
    token_type: 'bearer',
    refresh_token: 'r1',
    id_token,
  })

  test('is refused when it is unsigned, expired, or of another issuer, and nothing is stored', async () => {
    const unsigned = new UnsecuredJWT(op.claims({ nonce: undefined })).encode()
    const expired = await op.sign(op.claims({ nonce: undefined, exp: op.now - 3600 }))
    const strange = await op.sign(op.claims({ nonce: undefined, iss: 'https://evil.example' }))
    for (const bad of [unsigned, expired, strange]) {
      const session = sessionWith(token(bad), { openid: idTokenValidator() })
      await expect(fetchToken(session, grant())).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
      expect(stored(session)).toBeUndefined()
    }
  })

  test('has its claims checked without a validator', async () => {
    for (const wrong of [{ iss: 'https://evil.example' }, { aud: 'other' }, { exp: op.now - 3600 }]) {
      const session = sessionWith(token(await op.sign(op.claims({ nonce: undefined, ...wrong }))))
      await expect(fetchToken(session, grant())).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
      expect(stored(session)).toBeUndefined()
    }
  })

  test('is stored when it is good', async () => {
    const good = await op.sign(op.claims({ nonce: undefined, at_hash: half('a1') }))
    for (const openid of [idTokenValidator(), undefined]) {
      const session = sessionWith(token(good), openid && { openid })
      await fetchToken(session, grant())
      expect(stored(session)).toMatchObject({ id_token: good })
    }
  })
})

test('a session’s unattended grant brings no ID token that is not valid', async () => {
  const unsigned = new UnsecuredJWT(op.claims({ nonce: undefined, exp: op.now - 1000 })).encode()
  const session = sessionWith(() => ({ access_token: 'a1', token_type: 'bearer', id_token: unsigned }), {
    grant: passwordGrant({ username: 'anna', password: 'p' }),
  })
  await expect(session.token()).rejects.toMatchObject({ code: 'OAUTH_ID_TOKEN_INVALID' })
})

describe('a refresh', () => {
  const begun = async (next: object, options: Partial<OAuth2SessionOptions> = {}) => {
    const id_token = await op.sign(op.claims())
    const session = sessionWith(
      () => ({ access_token: 'a2', token_type: 'bearer', refresh_token: 'r2', ...next }),
      options,
    )
    await saveToken(session, { access_token: 'a1', refresh_token: 'r1', id_token })
    return { session, id_token }
  }

  test.each([true, false])('for another subject ends the session (openid: %s)', async full => {
    const { session } = await begun(
      { id_token: await op.sign(op.claims({ sub: 'mallory' })) },
      full ? { openid: idTokenValidator() } : {},
    )
    await expect(refreshToken(session)).rejects.toMatchObject({ code: 'OAUTH_SESSION_ENDED' })
    expect(stored(session)?.ended?.reason).toBe('id_token_invalid')
  })

  test('may answer the ID token of the sign-in once more, though it has expired', async () => {
    const { session, id_token } = await begun({})
    const again = sessionWith(() => ({ access_token: 'a2', token_type: 'bearer', id_token }))
    await saveToken(again, { access_token: 'a1', refresh_token: 'r1', id_token })
    op.now += 3600
    await expect(refreshToken(again)).resolves.toMatchObject({ access_token: 'a2' })
    await expect(refreshToken(session)).resolves.toMatchObject({ access_token: 'a2' })
  })

  test('may have the nonce of a forgotten sign-in', async () => {
    const id_token = await op.sign(op.claims())
    const session = sessionWith(() => ({ access_token: 'a2', token_type: 'bearer', id_token }), {
      openid: idTokenValidator(),
    })
    await saveToken(session, { access_token: 'a1', refresh_token: 'r1' })
    await expect(refreshToken(session)).resolves.toMatchObject({ access_token: 'a2' })
  })
})

describe('a callback', () => {
  const begin = async (response_type: string, back: object = {}, openid = true) => {
    const session = sessionWith(
      () => ({ access_token: 'a1', token_type: 'bearer', ...back }),
      openid ? { openid: idTokenValidator() } : {},
    )
    const { transaction } = await createAuthorizationUrl(session, {
      redirect_uri: 'https://app.example/cb',
      scope: 'openid',
      response_type,
      nonce: 'n',
      ...(response_type.includes('code') ? {} : { pkce: false }),
    } as never)
    return { session, transaction }
  }
  const callback = (state: string, parameters: Record<string, string>) =>
    `https://app.example/cb#${new URLSearchParams({ state, ...parameters })}`
  const finish = (at: Awaited<ReturnType<typeof begin>>, parameters: Record<string, string>) => {
    const { session, transaction } = at
    const authorizationResponse = callback(transaction.state, parameters)
    const grant = parameters.code ? authorizationCodeGrant : implicitGrant
    return fetchToken(session, grant({ authorizationResponse, transaction }))
  }
  const invalid = { code: 'OAUTH_ID_TOKEN_INVALID' }

  test('with code and ID token needs c_hash, the same person at the back, and both ID tokens', async () => {
    const front = await op.sign(op.claims({ c_hash: half('c') }))
    const back = await op.sign(op.claims())
    const hybrid = 'code id_token'
    expect(
      await finish(await begin(hybrid, { id_token: back }), { code: 'c', id_token: front }),
    ).toMatchObject({
      access_token: 'a1',
    })
    const without = await op.sign(op.claims())
    const other = await op.sign(op.claims({ sub: 'mallory' }))
    await expect(
      finish(await begin(hybrid, { id_token: back }), { code: 'c', id_token: without }),
    ).rejects.toMatchObject(invalid)
    await expect(
      finish(await begin(hybrid, { id_token: other }), { code: 'c', id_token: front }),
    ).rejects.toMatchObject(invalid)
    await expect(finish(await begin(hybrid, { id_token: back }), { code: 'c' })).rejects.toMatchObject(
      invalid,
    )
    await expect(finish(await begin(hybrid), { code: 'c', id_token: front })).rejects.toMatchObject(invalid)
    await expect(
      finish(await begin(hybrid, { id_token: back }, false), { code: 'c', id_token: front }),
    ).rejects.toMatchObject(invalid)
  })

  test('with a token beside the code needs at_hash as well', async () => {
    const all = 'code id_token token'
    const back = { id_token: await op.sign(op.claims()) }
    const half1 = await op.sign(op.claims({ c_hash: half('c') }))
    const whole = await op.sign(op.claims({ c_hash: half('c'), at_hash: half('f') }))
    const given = { code: 'c', access_token: 'f', token_type: 'bearer' }
    await expect(finish(await begin(all, back), { ...given, id_token: half1 })).rejects.toMatchObject(invalid)
    expect(await finish(await begin(all, back), { ...given, id_token: whole })).toMatchObject({
      access_token: 'a1',
    })
  })

  test('with tokens alone needs at_hash, and the ID token that was asked for', async () => {
    const implicit = 'id_token token'
    const given = { access_token: 'f', token_type: 'bearer' }
    const bare = await op.sign(op.claims())
    const good = await op.sign(op.claims({ at_hash: half('f') }))
    await expect(finish(await begin(implicit), { ...given, id_token: bare })).rejects.toMatchObject(invalid)
    await expect(finish(await begin(implicit), given)).rejects.toMatchObject(invalid)
    expect(await finish(await begin(implicit), { ...given, id_token: good })).toMatchObject({
      access_token: 'f',
    })
  })

  test('with a code alone is not finished without the ID token, where the session validates them', async () => {
    await expect(finish(await begin('code'), { code: 'c' })).rejects.toMatchObject(invalid)
    expect(await finish(await begin('code', { scope: 'read' }), { code: 'c' })).toMatchObject({
      access_token: 'a1',
    })
    expect(await finish(await begin('code', {}, false), { code: 'c' })).toMatchObject({ access_token: 'a1' })
  })
})

test('an encrypted ID token is opened once and kept open: refresh, user info and log-out go on with it', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RSA-OAEP-256', { extractable: true })
  const encrypt = (jwt: string) =>
    new CompactEncrypt(Buffer.from(jwt))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(publicKey)
  const signed = await op.sign(op.claims({ nonce: undefined }))
  const next = await op.sign(op.claims({ nonce: undefined, sub: 'mallory' }))
  const answers = [await encrypt(signed), await encrypt(signed), await encrypt(next)]
  const session = sessionWith(
    () => ({ access_token: 'a1', token_type: 'bearer', refresh_token: 'r1', id_token: answers.shift() }),
    { openid: idTokenValidator({ decryptionKey: await exportJWK(privateKey) }) },
  )
  await fetchToken(session, passwordGrant({ username: 'anna', password: 'p' }))
  expect(stored(session)?.id_token).toBe(signed)
  await refreshToken(session)
  expect(stored(session)?.id_token).toBe(signed)
  await expect(refreshToken(session)).rejects.toMatchObject({ code: 'OAUTH_SESSION_ENDED' })
})
