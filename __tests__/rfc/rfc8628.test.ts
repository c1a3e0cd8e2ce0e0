import { deviceCodeGrant } from '../../src/grants/device-code.js'
import { sleep as byTimer } from '../../src/grants/poll.js'
import { clientSecretBasic } from '../../src/server/client-auth/client-secret-basic.js'
import { endpoints, polling, type Turn } from '../grants/polling.js'
import { answer, errorOf } from '../oauth2/support.js'

/** The example of section 3.2. */
const example = {
  device_code: 'GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://example.com/device',
  verification_uri_complete: 'https://example.com/device?user_code=WDJB-MJHT',
  expires_in: 1800,
  interval: 5,
}

function device(
  turns: Turn[] = [],
  first: object = example,
  options: Partial<Parameters<typeof deviceCodeGrant>[0]> = {},
) {
  const world = polling(answer(200, first), turns)
  const shown: unknown[] = []
  const grant = deviceCodeGrant({
    scope: 'example_scope',
    onUserCode: code => void shown.push(code),
    sleep: world.sleep,
    ...options,
  })
  return { ...world, grant, shown, go: () => world.run(grant) }
}
const polls = (sent: Array<{ endpoint: string; body: URLSearchParams }>) =>
  sent.filter(({ endpoint }) => endpoint === 'token')

describe('RFC 8628 OAuth 2.0 Device Authorization Grant', () => {
  test('section 3.1: the device authorization request: client_id and scope in the body, by POST', async () => {
    const { go, sent } = device()
    await go()
    expect(sent[0]).toMatchObject({ method: 'POST', endpoint: 'device' })
    expect(sent[0]?.url.href).toBe('https://as.example/device')
    expect(Object.fromEntries(sent[0]?.body ?? [])).toEqual({ client_id: 'app', scope: 'example_scope' })
  })

  test('section 3.1: TLS MUST be used for all requests, those for the token too', async () => {
    for (const [name, asked] of [
      ['device_authorization_endpoint', []],
      ['token_endpoint', ['device']],
    ] as const) {
      const world = polling(answer(200, example), [], {
        server: { ...endpoints, [name]: 'http://as.example/x' },
      })
      const grant = deviceCodeGrant({ onUserCode() {}, sleep: world.sleep })
      expect((await errorOf(() => world.run(grant))).code).toBe('OAUTH_INSECURE_URL')
      expect(world.sent.map(({ endpoint }) => endpoint)).toEqual(asked)
    }
  })

  test('section 3.1: parameters MUST NOT be sent more than once', async () => {
    const { go, sent } = device([], example, {
      scope: 'one',
      parameters: { scope: 'two', client_id: 'app', acr_values: undefined },
    })
    await go()
    expect([...(sent[0]?.body ?? [])].sort()).toEqual([
      ['client_id', 'app'],
      ['scope', 'two'],
    ])
  })

  test('section 3.1: a client that has credentials authenticates as at the token endpoint, and there (3.4) it MUST', async () => {
    const world = polling(answer(200, example), ['authorization_pending'], {
      client: { client_id: 'app', client_secret: 'hush' },
      clientAuth: clientSecretBasic(),
    })
    await world.run(deviceCodeGrant({ onUserCode() {}, sleep: world.sleep }))
    expect(world.sent.map(({ headers }) => headers.Authorization)).toEqual(
      Array(3).fill(`Basic ${btoa('app:hush')}`),
    )
  })

  test('section 3.3.1: the user_code MUST still be displayed: it is handed over beside verification_uri_complete', async () => {
    const { go, shown } = device()
    await go()
    expect(shown).toMatchObject([
      { user_code: example.user_code, verification_uri_complete: example.verification_uri_complete },
    ])
  })

  test('section 3.3: the code and the address are shown before the first poll, the device_code never', async () => {
    const order: string[] = []
    const world = polling(answer(200, example), [])
    const grant = deviceCodeGrant({
      onUserCode: async authorization => {
        await Promise.resolve()
        order.push(`shown ${world.sent.length}`)
        const { device_code, ...shown } = example
        expect(authorization).toEqual(shown)
      },
      sleep: world.sleep,
    })
    await world.run(grant)
    expect(order).toEqual(['shown 1'])
  })

  test('section 3.4: the token request: grant_type, device_code, client_id', async () => {
    const { go, sent } = device()
    expect(await go()).toMatchObject({ access_token: 'a' })
    expect(Object.fromEntries(polls(sent)[0]?.body ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: example.device_code,
      client_id: 'app',
    })
  })

  test('section 3.5: MUST wait the interval before each request', async () => {
    const { go, waits } = device(['authorization_pending', 'authorization_pending'], {
      ...example,
      interval: 7,
    })
    await go()
    expect(waits).toEqual([7, 7, 7])
  })

  test.each([undefined, 0, null, 'soon', -3])(
    'section 3.2: MUST use 5 seconds where no interval is given: %p',
    async interval => {
      const { go, waits } = device([], { ...example, interval })
      await go()
      expect(waits).toEqual([5])
    },
  )

  test('section 3.5: slow_down MUST add 5 seconds, for this and all later requests', async () => {
    const { go, waits } = device(['slow_down', 'authorization_pending', 'slow_down', 'authorization_pending'])
    await go()
    expect(waits).toEqual([5, 10, 10, 15, 15])
  })

  test('section 3.5: a slow_down that comes as 429 is one too', async () => {
    const { go, waits } = device([answer(429, { error: 'slow_down' })])
    await go()
    expect(waits).toEqual([5, 10])
  })

  test('section 3.5: on a connection timeout the client MUST poll less often: twice the interval, a minute at most', async () => {
    const { go, waits } = device(['down', 'authorization_pending', 'down', 'down', 'down', 'down'])
    await go()
    expect(waits).toEqual([5, 10, 10, 20, 40, 60, 60])
  })

  test('section 3.5: Retry-After is honoured', async () => {
    const { go, waits } = device([answer(503, '', { 'retry-after': '42' })])
    await go()
    expect(waits).toEqual([5, 42])
  })

  test.each(['access_denied', 'expired_token', 'invalid_grant', 'invalid_client', 'something_else'])(
    'section 3.5: on any other error the client MUST stop polling: %s',
    async code => {
      const { go, sent } = device(['authorization_pending', code])
      expect(await errorOf(go)).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error: code })
      expect(polls(sent)).toHaveLength(2)
    },
  )

  test('section 3.2: when expires_in is over, nothing more is asked', async () => {
    const { go, sent } = device(Array(50).fill('authorization_pending'), { ...example, expires_in: 20 })
    expect(await errorOf(go)).toMatchObject({ code: 'OAUTH_TRANSACTION_EXPIRED', error: 'expired_token' })
    expect(polls(sent)).toHaveLength(3)
  })

  test.each(['device_code', 'user_code', 'verification_uri', 'expires_in'])(
    'section 3.2: an answer without %s is refused',
    async name => {
      const { go, shown, sent } = device([], { ...example, [name]: undefined })
      expect((await errorOf(go)).code).toBe('OAUTH_INVALID_RESPONSE')
      expect(shown).toEqual([])
      expect(sent).toHaveLength(1)
    },
  )

  test.each(['javascript:alert(1)', '/device', 'data:text/html,x', 5])(
    'section 3.2: an address that no browser should open is not shown: %p',
    async verification_uri => {
      for (const wrong of [{ verification_uri }, { verification_uri_complete: verification_uri }]) {
        const { go, shown } = device([], { ...example, ...wrong })
        expect((await errorOf(go)).code).toBe('OAUTH_INVALID_RESPONSE')
        expect(shown).toEqual([])
      }
    },
  )

  test('section 3.2: a refused device authorization request is told with its error', async () => {
    const world = polling(answer(400, { error: 'invalid_scope' }), [])
    const grant = deviceCodeGrant({ onUserCode() {}, sleep: world.sleep })
    expect(await errorOf(() => world.run(grant))).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      error: 'invalid_scope',
    })
  })
})

describe('deviceCodeGrant', () => {
  test('is interactive: no session runs it by itself', () => {
    expect(device().grant.interactive).toBe(true)
  })

  test('an abort ends the wait, and nothing more is asked', async () => {
    const abort = new AbortController()
    const world = polling(answer(200, example), Array(9).fill('authorization_pending'))
    const grant = deviceCodeGrant({
      onUserCode() {},
      sleep: async (seconds, signal) => {
        await world.sleep(seconds, signal)
        if (world.waits.length === 3) abort.abort()
      },
    })
    const error = await errorOf(() => world.run(grant, { signal: abort.signal }))
    expect(error.code).toBe('OAUTH_ABORTED')
    expect(polls(world.sent)).toHaveLength(2)
  })

  test('what session.for() asks for and more parameters go with the request', async () => {
    const world = polling(answer(200, example), [])
    const grant = deviceCodeGrant({
      scope: 'a',
      onUserCode() {},
      sleep: world.sleep,
      parameters: { acr_values: 'mfa' },
    })
    await world.run(grant, { scope: 'b', resource: 'https://api.example' })
    expect(Object.fromEntries(world.sent[0]?.body ?? [])).toMatchObject({
      scope: 'b',
      resource: 'https://api.example',
      acr_values: 'mfa',
    })
  })

  test('the timer that it uses by default is cleared by an abort', async () => {
    jest.useFakeTimers()
    try {
      const abort = new AbortController()
      let done = 0
      const count = () => {
        done++
      }
      void byTimer(5).then(count)
      void byTimer(5, abort.signal).then(count)
      abort.abort()
      await byTimer(5, abort.signal)
      await Promise.resolve()
      expect(done).toBe(1)
      expect(jest.getTimerCount()).toBe(1)
      await jest.advanceTimersByTimeAsync(5000)
      expect(done).toBe(2)
    } finally {
      jest.useRealTimers()
    }
  })
})
