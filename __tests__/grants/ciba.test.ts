import { type CibaOptions, cibaGrant } from '../../src/grants/ciba.js'
import { answer, errorOf } from '../oauth2/support.js'
import { polling, type Turn } from './polling.js'

/** The example of CIBA Core 7.3. */
const acknowledged = { auth_req_id: '1c266114-a1be-4252-8ad1-04986c5b9ac1', expires_in: 120, interval: 2 }

function backchannel(
  turns: Turn[] = [],
  options: CibaOptions = { login_hint: 'anna' },
  first: object = acknowledged,
) {
  const world = polling(answer(200, first), turns)
  return { ...world, go: () => world.run(cibaGrant({ sleep: world.sleep, ...options })) }
}
const polls = (sent: Array<{ endpoint: string; body: URLSearchParams }>) =>
  sent.filter(({ endpoint }) => endpoint === 'token')

describe('OpenID Connect CIBA Core 1.0', () => {
  test('section 7.1: the request: scope, one hint, what else is given', async () => {
    const { go, sent } = backchannel([], {
      login_hint: 'anna',
      binding_message: 'W4SCT',
      acr_values: 'mfa',
      requested_expiry: 60,
      parameters: { x: 'y' },
    })
    await go()
    expect(sent[0]?.url.href).toBe('https://as.example/bc')
    expect(Object.fromEntries(sent[0]?.body ?? [])).toEqual({
      scope: 'openid',
      login_hint: 'anna',
      binding_message: 'W4SCT',
      acr_values: 'mfa',
      requested_expiry: '60',
      x: 'y',
      client_id: 'app',
    })
  })

  test.each<[string, CibaOptions]>([
    ['no hint', {}],
    ['two hints', { login_hint: 'anna', id_token_hint: 'e.y.J' }],
  ])('section 7.1: %s is refused at once', async (_name, options) => {
    expect((await errorOf(() => cibaGrant(options))).code).toBe('OAUTH_INVALID_OPTION')
  })

  test('section 10.1: poll mode: waits the interval, slow_down adds 5 seconds for good', async () => {
    const { go, waits, sent } = backchannel(['authorization_pending', 'slow_down', 'authorization_pending'])
    expect(await go()).toMatchObject({ access_token: 'a' })
    expect(waits).toEqual([2, 2, 7, 7])
    expect(Object.fromEntries(polls(sent)[0]?.body ?? [])).toEqual({
      grant_type: 'urn:openid:params:grant-type:ciba',
      auth_req_id: acknowledged.auth_req_id,
      client_id: 'app',
    })
  })

  test('section 7.3: 5 seconds where no interval is given', async () => {
    for (const interval of [undefined, 0, -3, 'soon']) {
      const { go, waits } = backchannel([], undefined, { ...acknowledged, interval })
      await go()
      expect(waits).toEqual([5])
    }
  })

  test.each(['auth_req_id', 'expires_in'])('section 7.3: an answer without %s is refused', async name => {
    const { go } = backchannel([], undefined, { ...acknowledged, [name]: undefined })
    expect((await errorOf(go)).code).toBe('OAUTH_INVALID_RESPONSE')
  })

  test.each(['expired_token', 'access_denied', 'invalid_grant', 'unauthorized_client', 'transaction_failed'])(
    'section 11: %s ends it',
    async code => {
      const { go, sent } = backchannel(['authorization_pending', code])
      expect(await errorOf(go)).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error: code })
      expect(polls(sent)).toHaveLength(2)
    },
  )

  test.each([
    'expired_login_hint_token',
    'unknown_user_id',
    'missing_user_code',
    'invalid_user_code',
    'invalid_binding_message',
    'access_denied',
  ])('section 13: %s refuses the request', async error => {
    const world = polling(answer(400, { error }), [])
    const grant = cibaGrant({ login_hint: 'anna', sleep: world.sleep })
    expect(await errorOf(() => world.run(grant))).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error })
    expect(world.sent).toHaveLength(1)
  })

  test('the time is up', async () => {
    const { go, sent } = backchannel(Array(99).fill('authorization_pending'), undefined, {
      ...acknowledged,
      expires_in: 6,
    })
    expect(await errorOf(go)).toMatchObject({ code: 'OAUTH_TRANSACTION_EXPIRED', error: 'expired_token' })
    expect(polls(sent)).toHaveLength(2)
  })

  describe('section 10.2: ping mode', () => {
    /** Never ends by itself, as a timer that nobody waits for. */
    const forever = () => new Promise<void>(() => {})

    test('asks when it was notified, for that request, with the token that the server is to use', async () => {
      const world = polling(answer(200, acknowledged), [])
      let notify = () => {}
      let asked = ''
      const running = world.run(
        cibaGrant({
          login_hint: 'anna',
          client_notification_token: '8d67dc78-7faa-4d41-aabd-67707b374255',
          notified: id => {
            asked = id
            return new Promise<void>(resolve => {
              notify = resolve
            })
          },
          sleep: forever,
        }),
      )
      await new Promise(setImmediate)
      expect(asked).toBe(acknowledged.auth_req_id)
      expect(world.sent[0]?.body.get('client_notification_token')).toBe(
        '8d67dc78-7faa-4d41-aabd-67707b374255',
      )
      expect(polls(world.sent)).toHaveLength(0)
      notify()
      expect(await running).toMatchObject({ access_token: 'a' })
      expect(polls(world.sent)).toHaveLength(1)
    })

    test('notified too early, it goes on by polling', async () => {
      const world = polling(answer(200, acknowledged), ['authorization_pending', 'authorization_pending'])
      const sleep = (seconds: number, signal?: AbortSignal) =>
        seconds === 120 ? forever() : world.sleep(seconds, signal)
      await world.run(
        cibaGrant({ login_hint: 'anna', client_notification_token: 't', notified: async () => {}, sleep }),
      )
      expect(world.waits).toEqual([2, 2])
    })

    test('a notification that never comes ends with the request, and the wait for it is called off', async () => {
      const world = polling(answer(200, acknowledged), [])
      let stop: AbortSignal | undefined
      const grant = cibaGrant({
        login_hint: 'anna',
        client_notification_token: 't',
        notified: (_id, signal) => {
          stop = signal
          return forever()
        },
        sleep: world.sleep,
      })
      expect((await errorOf(() => world.run(grant))).code).toBe('OAUTH_TRANSACTION_EXPIRED')
      expect(stop?.aborted).toBe(true)
      expect(polls(world.sent)).toHaveLength(0)
    })

    test('an abort ends the wait for it', async () => {
      const abort = new AbortController()
      const world = polling(answer(200, acknowledged), [])
      const grant = cibaGrant({
        login_hint: 'anna',
        client_notification_token: 't',
        notified: (_id, signal) => new Promise(resolve => signal?.addEventListener('abort', resolve)),
        sleep: forever,
      })
      const running = errorOf(() => world.run(grant, { signal: abort.signal }))
      await new Promise(setImmediate)
      abort.abort()
      expect((await running).code).toBe('OAUTH_ABORTED')
      expect(polls(world.sent)).toHaveLength(0)
    })
  })

  test('tells when the person is being asked, and is interactive', async () => {
    const started: unknown[] = []
    const { go } = backchannel([], { login_hint: 'anna', onStarted: request => void started.push(request) })
    await go()
    expect(started).toEqual([{ auth_req_id: acknowledged.auth_req_id, expires_in: 120 }])
    expect(cibaGrant({ login_hint: 'anna' }).interactive).toBe(true)
  })
})
