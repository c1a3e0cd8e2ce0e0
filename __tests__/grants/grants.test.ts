import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.js'
import type { Grant, GrantContext } from '../../src/grants/grant.js'
import { implicitGrant } from '../../src/grants/implicit.js'
import { passwordGrant } from '../../src/grants/password.js'
import { refreshGrant } from '../../src/grants/refresh.js'
import type { ServerCallOptions, ServerParameters } from '../../src/server/call.js'
import type { Token } from '../../src/session/stored-grant.js'
import { errorOf, NOW } from '../oauth2/support.js'

const issuer = 'https://as.example'
let states = 0
const begin = (more: object = {}) => ({
  issuer,
  client_id: 'app',
  response_type: 'code',
  state: `grant-${++states}`,
  created_at: NOW,
  ...more,
})

/** Runs a grant against a token endpoint that answers `token`; answers what was asked of it. */
async function run(
  grant: Grant,
  token: Token = { access_token: 'AT' },
  overrides: Partial<GrantContext> = {},
) {
  const asked: [ServerParameters, ServerCallOptions | undefined][] = []
  const context = {
    server: async () => ({ issuer }),
    client: { client_id: 'app' },
    clock: () => NOW,
    ...overrides,
  } as GrantContext
  const answered = await grant(async (parameters, options) => {
    asked.push([parameters, options])
    return token
  }, context).catch(error => {
    // whatever was wrong with a callback, it never became a token request
    if (!token.id_token) expect(asked).toEqual([])
    throw error
  })
  return {
    answered,
    asked,
    parameters: asked[0]?.[0] && JSON.parse(JSON.stringify(asked[0][0])),
    options: asked[0]?.[1],
  }
}

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
const idToken = (claims: object) =>
  `${encode({ alg: 'none' })}.${encode({ iss: issuer, sub: 'me', aud: 'app', exp: NOW + 60, iat: NOW, ...claims })}.`

describe('refreshGrant', () => {
  it('names scope and resource only where there are any', () => {
    expect(JSON.stringify(refreshGrant('RT'))).toBe('{"grant_type":"refresh_token","refresh_token":"RT"}')
    expect(refreshGrant('RT', { scope: 'a', resource: ['x', 'y'] })).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'RT',
      scope: 'a',
      resource: ['x', 'y'],
    })
  })
})

describe('clientCredentialsGrant', () => {
  it('sends the scope, and every time what the call wants besides', async () => {
    const grant = clientCredentialsGrant({
      scope: 'a',
      parameters: { audience: 'x' },
      headers: { A: 'b' },
      method: 'GET',
    })
    for (let time = 0; time < 2; time++) {
      const { parameters, options } = await run(grant)
      expect(parameters).toEqual({ grant_type: 'client_credentials', scope: 'a' })
      expect(options).toEqual({ parameters: { audience: 'x' }, headers: { A: 'b' }, method: 'GET' })
    }
    expect((await run(clientCredentialsGrant())).parameters).toEqual({ grant_type: 'client_credentials' })
    expect(grant.interactive).toBeFalsy()
  })

  it('asks for the API that the session is for', async () => {
    const { parameters } = await run(clientCredentialsGrant({ scope: 'a' }), undefined, {
      scope: 'b',
      resource: 'https://api',
    })
    expect(parameters).toEqual({ grant_type: 'client_credentials', scope: 'b', resource: 'https://api' })
  })
})

describe('passwordGrant', () => {
  it('sends name and password, every time', async () => {
    const grant = passwordGrant({ username: 'ü', password: '', scope: 'a', timeout: 5 })
    const { parameters, options } = await run(grant)
    expect(parameters).toEqual({ grant_type: 'password', username: 'ü', password: '', scope: 'a' })
    expect(options).toEqual({ timeout: 5 })
    expect((await run(grant, undefined, { scope: 'b' })).parameters.scope).toBe('b')
    expect(grant.interactive).toBeFalsy()
  })

  it('needs both', async () => {
    for (const wrong of [
      {},
      { username: 'a' },
      { password: 'canary' },
      { username: null, password: 'canary' },
    ]) {
      const error = await errorOf(() => passwordGrant(wrong as never))
      expect(error.code).toBe('OAUTH_INVALID_OPTION')
      expect(error.message).not.toContain('canary')
    }
  })
})

describe('authorizationCodeGrant', () => {
  const finish = (transaction: ReturnType<typeof begin>, query = 'code=C') =>
    authorizationCodeGrant({
      authorizationResponse: `https://app/cb?${query}&state=${transaction.state}`,
      transaction,
    })

  it('exchanges the code with what the sign-in was begun with', async () => {
    const transaction = begin({
      redirect_uri: 'https://app/cb?x=1%20',
      code_verifier: 'V',
      scope: 'a b',
      resource: ['https://api/1', 'https://api/2'],
    })
    const grant = finish(transaction, 'x=1%20&code=C')
    const { parameters, answered } = await run(grant)
    expect(parameters).toEqual({
      grant_type: 'authorization_code',
      code: 'C',
      redirect_uri: 'https://app/cb?x=1%20',
      code_verifier: 'V',
      resource: ['https://api/1', 'https://api/2'],
    })
    expect(answered).toEqual({ access_token: 'AT' })
    expect(grant.interactive).toBe(true)
  })

  it('omits absent values, and sends further parameters', async () => {
    const transaction = begin()
    const { parameters, options } = await run(
      authorizationCodeGrant({
        authorizationResponse: { code: 'C', state: transaction.state },
        transaction,
        parameters: { audience: 'x' },
        timeout: 3,
      }),
    )
    expect(parameters).toEqual({ grant_type: 'authorization_code', code: 'C' })
    expect(options).toEqual({ parameters: { audience: 'x' }, timeout: 3 })
  })

  it('never becomes a token request of any kind unless the callback is clean', async () => {
    for (const [query, code] of [
      ['error=access_denied', 'OAUTH_AUTHORIZATION_FAILED'],
      ['error=access_denied&code=C', 'OAUTH_AUTHORIZATION_FAILED'],
      ['x=1', 'OAUTH_CODE_MISSING'],
      ['code=', 'OAUTH_CODE_MISSING'],
      ['access_token=AT', 'OAUTH_CODE_MISSING'],
      ['code=C&iss=https%3A%2F%2Fevil.example', 'OAUTH_ISSUER_MISMATCH'],
      ['code=C&code=D', 'OAUTH_INVALID_RESPONSE'],
    ] as const)
      expect((await errorOf(() => run(finish(begin(), query)))).code).toBe(code)
    const wrong = authorizationCodeGrant({
      authorizationResponse: '?error=access_denied&state=wrong',
      transaction: begin(),
    })
    expect((await errorOf(() => run(wrong))).code).toBe('OAUTH_STATE_MISMATCH')
  })

  it('detects a lost transaction', async () => {
    for (const grant of [authorizationCodeGrant, implicitGrant])
      for (const lost of [null, undefined])
        expect(
          (
            await errorOf(() =>
              run(grant({ authorizationResponse: '?code=C&state=S', transaction: lost as never })),
            )
          ).code,
        ).toBe('OAUTH_STATE_MISMATCH')
  })

  it('does not send a code twice, even when asked for both at once', async () => {
    const transaction = begin()
    const client = { client_id: 'app' }
    const [one, two] = await Promise.allSettled([
      run(finish(transaction), undefined, { client }),
      run(finish(JSON.parse(JSON.stringify(transaction))), undefined, { client }),
    ])
    expect(one.status).toBe('fulfilled')
    expect(two).toMatchObject({ status: 'rejected', reason: { code: 'OAUTH_TRANSACTION_USED' } })
  })

  it('checks the claims of an ID token', async () => {
    const transaction = begin({ nonce: 'n', max_age: 60 })
    const good = { access_token: 'AT', id_token: idToken({ nonce: 'n', auth_time: NOW }) }
    expect((await run(finish(transaction), good)).answered).toBe(good)
    for (const claims of [{ nonce: 'm' }, { nonce: 'n' }, { nonce: 'n', auth_time: NOW, aud: 'x' }]) {
      const token = { access_token: 'AT', id_token: idToken(claims) }
      expect((await errorOf(() => run(finish(begin({ nonce: 'n', max_age: 60 })), token))).code).toBe(
        'OAUTH_ID_TOKEN_INVALID',
      )
    }
  })

  it('leaves an ID token to the session’s validator', async () => {
    const validateIdToken = jest.fn(async () => ({}))
    const token = { access_token: 'AT', id_token: 'anything' }
    const { answered } = await run(finish(begin({ nonce: 'n', max_age: 9 })), token, { validateIdToken })
    expect(answered).toBe(token)
    expect(validateIdToken).toHaveBeenCalledWith('anything', {
      nonce: 'n',
      max_age: 9,
      code: 'C',
      access_token: 'AT',
    })
    const failure = new Error('x')
    validateIdToken.mockRejectedValue(failure as never)
    await expect(run(finish(begin()), token, { validateIdToken })).rejects.toBe(failure)
  })
})

describe('implicitGrant', () => {
  const read = (fragment: string, transaction = begin({ response_type: 'token' })) =>
    implicitGrant({
      authorizationResponse: `https://app/cb#${fragment}&state=${transaction.state}`,
      transaction,
    })

  it('reads the token from the fragment, without a call to the server', async () => {
    const grant = read('access_token=A%2BT&token_type=Bearer&expires_in=60&scope=a+b&empty=')
    const { answered, asked } = await run(grant)
    expect(answered).toEqual({
      access_token: 'A+T',
      token_type: 'Bearer',
      expires_in: 60,
      expires_at: NOW + 60,
      scope: 'a b',
      empty: '',
    })
    expect(asked).toEqual([])
    expect(grant.interactive).toBe(true)
  })

  it('puts the refusal first', async () => {
    const error = await errorOf(() => run(read('error=access_denied&error_description=No&access_token=AT')))
    expect(error).toMatchObject({
      code: 'OAUTH_AUTHORIZATION_FAILED',
      error: 'access_denied',
      error_description: 'No',
    })
  })

  it('accepts nothing that does not belong to this sign-in', async () => {
    const stranger = implicitGrant({
      authorizationResponse: '#access_token=AT&state=wrong',
      transaction: begin(),
    })
    expect((await errorOf(() => run(stranger))).code).toBe('OAUTH_STATE_MISMATCH')
    expect((await errorOf(() => run(read('access_token=AT&iss=https%3A%2F%2Fevil.example')))).code).toBe(
      'OAUTH_ISSUER_MISMATCH',
    )
  })

  it('needs a token of a type that is known', async () => {
    expect((await errorOf(() => run(read('code=C')))).code).toBe('OAUTH_INVALID_RESPONSE')
    expect((await errorOf(() => run(read('access_token=AT&token_type=mac')))).code).toBe(
      'OAUTH_UNSUPPORTED_TOKEN_TYPE',
    )
  })

  it('refuses an ID token without a verified signature', async () => {
    const fragment = `access_token=AT&id_token=${idToken({ nonce: 'n' })}`
    expect((await errorOf(() => run(read(fragment)))).code).toBe('OAUTH_ID_TOKEN_INVALID')
    const validateIdToken = jest.fn(async () => ({}))
    await run(read(fragment, begin({ nonce: 'n' })), undefined, { validateIdToken })
    expect(validateIdToken).toHaveBeenCalledWith(idToken({ nonce: 'n' }), {
      nonce: 'n',
      max_age: undefined,
      access_token: 'AT',
      front: true,
    })
  })
})
