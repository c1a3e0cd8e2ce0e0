import { inspect } from 'node:util'
import fc from 'fast-check'
import * as oauth4webapi from 'oauth4webapi'
import { checkAuthorizationResponse, parseAuthorizationResponse } from '../../src/authorization/response.js'
import type { AuthorizationTransaction } from '../../src/authorization/transaction.js'
import type { ServerMetadata } from '../../src/server/call.js'
import { errorOf, NOW } from '../oauth2/support.js'

const issuer = 'https://as.example'
let states = 0
const begin = (overrides: Partial<AuthorizationTransaction> = {}): AuthorizationTransaction => ({
  issuer,
  client_id: 'app',
  response_type: 'code',
  state: `state-${++states}`,
  created_at: NOW,
  ...overrides,
})
const client = { client_id: 'app' }
const at = (server: ServerMetadata = { issuer }, now = NOW) => ({ server, client, clock: () => now })

describe('a response is read from', () => {
  const values = { code: 'C D', state: 'S+T', iss: 'https://as.example' }
  const query = 'code=C+D&state=S%2BT&iss=https%3A%2F%2Fas.example'
  it.each([
    ['a URL', `https://app.example/cb?${query}`],
    ['a URL object', new URL(`https://app.example/cb?${query}`)],
    ['a URL with an odd fragment', `https://app.example/cb?${query}#_=_`],
    ['a URL of a single-page application', `https://app.example/?${query}#/callback`],
    ['a fragment', `https://app.example/cb#${query}`],
    ['a fragment beside a query', `https://app.example/cb?x=1#${query}`],
    ['a query before a route that has parameters', `https://app.example/?${query}#/inbox?state=open&code=7`],
    ['a query before a route, of a URL without a path', `https://app.example?${query}#!/inbox`],
    ['behind a route', `https://app.example/#/callback?${query}`],
    ['behind a route, beside a query', `https://app.example/?lang=de#/callback?${query}`],
    ['behind a route of the older kind', `https://app.example/#!/callback?${query}`],
    ['a fragment behind a route', `https://app.example/#/callback#${query}`],
    ['a fragment that the router took for a route', `https://app.example/#/${query}`],
    ['a fragment that the router took for a query', `https://app.example/#?${query}`],
    ['a fragment before a route', `https://app.example/cb#${query}#/`],
    ['behind a route of a path alone', `/#/callback?${query}`],
    ['behind a route alone', `#/callback?${query}`],
    ['a fragment alone', `#${query}`],
    ['an address of a mobile application', `com.example.app:/cb?${query}`],
    ['path and query', `/cb?${query}`],
    ['a path without its slash', `cb?${query}`],
    ['a query', `?${query}`],
    ['a form body', query],
    ['parameters', new URLSearchParams(query)],
    ['form data', Object.entries(values)],
    ['an object', { ...values, nothing: undefined, none: null }],
    ['an object of lists', { code: ['C D'], state: 'S+T', iss: ['https://as.example'] }],
  ])('%s', (_, response) => {
    expect(parseAuthorizationResponse(response)).toEqual(values)
  })

  it('an object made by Express, or of a form with files', () => {
    const form = new FormData()
    form.set('code', 'C')
    expect(parseAuthorizationResponse(form as never)).toEqual({ code: 'C' })
    expect(parseAuthorizationResponse(Object.assign(Object.create(null), { code: 'C' }))).toEqual({
      code: 'C',
    })
  })

  it('a form body with a question mark in a value', () => {
    expect(parseAuthorizationResponse('state=a?b&code=c')).toEqual({ state: 'a?b', code: 'c' })
  })

  it('a JWT in the fragment', () => {
    expect(parseAuthorizationResponse('https://app.example/cb#response=a.b.c')).toEqual({ response: 'a.b.c' })
    expect(parseAuthorizationResponse('https://app.example/#/cb?response=a.b.c')).toEqual({
      response: 'a.b.c',
    })
  })

  it('neither a route nor a path without parameters', () => {
    for (const nothing of [
      '/callback',
      'https://app.example/#/callback',
      'https://app.example/#/a?tab=1',
      '#/',
      '/',
    ])
      expect(
        Object.keys(parseAuthorizationResponse(nothing)).filter(name => /^(state|code|error)$/.test(name)),
      ).toEqual([])
  })

  it('what stands behind a route is judged like any other: once, and for its own sign-in', async () => {
    const transaction = begin({ redirect_uri: 'https://app.example/' })
    const callback = (code: string, state = transaction.state) =>
      `https://app.example/#/callback?code=${code}&state=${state}`
    const twice = await errorOf(() =>
      checkAuthorizationResponse(`${callback('c')}&code=d`, transaction, at()),
    )
    expect(twice.code).toBe('OAUTH_INVALID_RESPONSE')
    const foreign = await errorOf(() => checkAuthorizationResponse(callback('c', 'other'), transaction, at()))
    expect(foreign.code).toBe('OAUTH_STATE_MISMATCH')
    const elsewhere = callback('c').replace('app.example/', 'app.example/other')
    const moved = await errorOf(() => checkAuthorizationResponse(elsewhere, { ...transaction }, at()))
    expect(moved.code).toBe('OAUTH_ISSUER_MISMATCH')
    const again = begin({ redirect_uri: 'https://app.example/' })
    expect(checkAuthorizationResponse(callback('c', again.state), again, at())).toMatchObject({ code: 'c' })
  })

  it('nothing', () => {
    for (const nothing of [
      'https://app.example/cb',
      '',
      'https://app.example/cb#',
      {},
      new URLSearchParams(),
    ])
      expect(parseAuthorizationResponse(nothing)).not.toHaveProperty('code')
  })

  it.each(['state', 'iss', 'error', 'code', 'access_token', 'id_token'])(
    'no response that has %s twice',
    async name => {
      for (const twice of [
        `?${name}=canary&${name}=canary`,
        { [name]: ['canary', 'other'] },
        `#code=1&${name}=a&${name}=b`,
      ]) {
        const error = await errorOf(() => parseAuthorizationResponse(twice))
        expect(error.code).toBe('OAUTH_INVALID_RESPONSE')
        expect(error.message).not.toContain('canary')
      }
    },
  )

  it('a response that repeats what decides nothing', () => {
    expect(parseAuthorizationResponse('?code=C&x=1&x=2')).toEqual({ code: 'C', x: '2' })
  })

  it('anything, without failing otherwise', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        try {
          parseAuthorizationResponse(text)
        } catch (error) {
          expect((error as { code: string }).code).toBe('OAUTH_INVALID_RESPONSE')
        }
      }),
    )
  })
})

describe('state', () => {
  it.each([
    ['another', '?code=canary&state=wrong&error=canary&error_description=canary&iss=canary'],
    ['none', '?code=canary&error=canary&iss=canary'],
    ['an empty one', '?code=canary&state='],
    ['a longer one', `?code=canary&state=LONG`],
  ])('%s ends it before anything else is looked at or shown', async (_, query) => {
    const transaction = begin()
    const response = query.replace('LONG', `${transaction.state}x`)
    const error = await errorOf(() => checkAuthorizationResponse(response, transaction, at()))
    expect(error.code).toBe('OAUTH_STATE_MISMATCH')
    expect(inspect(error)).not.toContain('canary')
    expect(error.error).toBeUndefined()
    // and does not spend the sign-in that is really under way
    expect(checkAuthorizationResponse(`?code=C&state=${transaction.state}`, transaction, at())).toMatchObject(
      {
        code: 'C',
      },
    )
  })

  it.each([undefined, null, {}, 'text', { state: '' }, { state: undefined }, { state: 5 }])(
    'cannot be right without a transaction: %p',
    async transaction => {
      for (const query of ['?code=C&state=undefined', '?code=C', '?code=C&state='])
        expect(
          (await errorOf(() => checkAuthorizationResponse(query, transaction as never, at()))).code,
        ).toBe('OAUTH_STATE_MISMATCH')
    },
  )
})

describe('a transaction', () => {
  const finish = (
    transaction: AuthorizationTransaction,
    context: Parameters<typeof checkAuthorizationResponse>[2] = at(),
  ) => checkAuthorizationResponse(`?code=C&state=${transaction.state}`, transaction, context)

  it('is used once, also when it was read again from where it was kept', async () => {
    const transaction = begin()
    finish(transaction)
    for (const again of [transaction, JSON.parse(JSON.stringify(transaction))])
      expect((await errorOf(() => finish(again))).code).toBe('OAUTH_TRANSACTION_USED')
  })

  it('is used up by a refusal too', async () => {
    const transaction = begin()
    await errorOf(() => checkAuthorizationResponse(`?error=x&state=${transaction.state}`, transaction, at()))
    expect((await errorOf(() => finish(transaction))).code).toBe('OAUTH_TRANSACTION_USED')
  })

  it('is another client’s own matter', () => {
    const transaction = begin()
    finish(transaction)
    expect(finish(transaction, { ...at(), client: { client_id: 'app' } })).toMatchObject({ code: 'C' })
  })

  it('is remembered no longer than it could be used', async () => {
    const old = begin()
    finish(old)
    const later = begin({ created_at: NOW + 601 })
    finish(later, at({ issuer }, NOW + 601))
    expect((await errorOf(() => finish(old, at({ issuer }, NOW + 601)))).code).toBe(
      'OAUTH_TRANSACTION_EXPIRED',
    )
  })

  it.each([
    [600, undefined],
    [601, 'OAUTH_TRANSACTION_EXPIRED'],
    [-601, 'OAUTH_TRANSACTION_EXPIRED'],
    [1e9, 'OAUTH_TRANSACTION_EXPIRED'],
    [Number.NaN, 'OAUTH_TRANSACTION_EXPIRED'],
  ])('%d seconds old: %s', async (age, code) => {
    const transaction = begin({ created_at: NOW - age })
    if (code) expect((await errorOf(() => finish(transaction))).code).toBe(code)
    else expect(finish(transaction)).toMatchObject({ code: 'C' })
  })

  it('belongs to one server and client', async () => {
    const wrong = [
      begin({ issuer: 'https://as.example/' }),
      begin({ issuer: 'https://other.example' }),
      begin({ client_id: 'other' }),
      begin({ issuer: undefined as never }),
    ]
    for (const transaction of wrong) {
      const response = `?code=canary&error=canary&state=${transaction.state}`
      const error = await errorOf(() => checkAuthorizationResponse(response, transaction, at()))
      expect(error.code).toBe('OAUTH_ISSUER_MISMATCH')
      expect(inspect(error)).not.toContain('canary')
    }
    const manual = { authorization_endpoint: 'https://as.example/a' }
    expect(finish(begin({ issuer: 'https://as.example/a' }), at(manual))).toMatchObject({ code: 'C' })
    expect((await errorOf(() => finish(begin({ issuer: 'https://other.example/a' }), at(manual)))).code).toBe(
      'OAUTH_ISSUER_MISMATCH',
    )
  })
})

describe('iss', () => {
  const good = 'https%3A%2F%2Fas.example'
  it.each([
    [true, `&iss=${good}`, true],
    [true, '&iss=https%3A%2F%2Fas.example%2F', false],
    [true, '&iss=https%3A%2F%2FAS.example', false],
    [true, '&iss=', false],
    [true, '', false],
    [false, `&iss=${good}`, true],
    [false, '&iss=https%3A%2F%2Fevil.example', false],
    [false, '&iss=', false],
    [false, '', true],
    [undefined, `&iss=${good}`, true],
    [undefined, '&iss=https%3A%2F%2Fevil.example', false],
    [undefined, '&iss=', false],
    [undefined, '', true],
  ])(
    'announced: %s, sent: "%s", accepted: %s – also for a refusal, as oauth4webapi has it',
    async (announced, iss, accepted) => {
      const server = {
        issuer,
        ...(announced !== undefined && { authorization_response_iss_parameter_supported: announced }),
      }
      for (const rest of ['code=canary', 'error=canary&error_description=canary']) {
        const transaction = begin()
        const query = `${rest}&state=${transaction.state}${iss}`
        const outcome = await Promise.resolve()
          .then(() => checkAuthorizationResponse(`?${query}`, transaction, at(server)))
          .catch(error => {
            if (!accepted) expect(inspect(error)).not.toContain('canary')
            return error.code as string
          })
        if (!accepted) expect(outcome).toBe('OAUTH_ISSUER_MISMATCH')
        else if (rest.startsWith('error')) expect(outcome).toBe('OAUTH_AUTHORIZATION_FAILED')
        else expect(outcome).toMatchObject({ code: 'canary' })
        // an empty iss, where none was announced, is none to oauth4webapi: we are stricter
        if (rest.startsWith('code') && (announced || iss !== '&iss=')) {
          const validate = () =>
            oauth4webapi.validateAuthResponse(server, client, new URLSearchParams(query), transaction.state)
          if (accepted) expect(validate).not.toThrow()
          else expect(validate).toThrow()
        }
      }
    },
  )

  it('cannot be checked when the issuer is not known: the error says what to write', async () => {
    const transaction = begin({ issuer: 'https://as.example/a' })
    const server = { authorization_endpoint: 'https://as.example/a' }
    const error = await errorOf(() =>
      checkAuthorizationResponse(`?code=C&state=${transaction.state}&iss=${good}`, transaction, at(server)),
    )
    expect(error.code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(error.message).toContain('metadata has no issuer')
    const promised = { ...server, authorization_response_iss_parameter_supported: true }
    const other = begin({ issuer: 'https://as.example/a' })
    expect(
      (await errorOf(() => checkAuthorizationResponse(`?code=C&state=${other.state}`, other, at(promised))))
        .code,
    ).toBe('OAUTH_ISSUER_MISMATCH')
  })
})

it('a refusal says what the server said', async () => {
  const transaction = begin()
  const response = `?error=access_denied&error_description=No+thanks&error_uri=https%3A%2F%2Fe&code=C&state=${transaction.state}`
  expect(await errorOf(() => checkAuthorizationResponse(response, transaction, at()))).toMatchObject({
    code: 'OAUTH_AUTHORIZATION_FAILED',
    error: 'access_denied',
    error_description: 'No thanks',
    error_uri: 'https://e',
    message: expect.stringContaining('access_denied: No thanks'),
  })
})
