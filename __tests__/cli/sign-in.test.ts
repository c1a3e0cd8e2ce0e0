import { type SignInOptions, signIn, signInWithDevice } from '../../src/cli'
import { createOAuth2Session, type OAuth2Session, revokeToken } from '../../src/index'
import { memoryStore } from '../../src/stores/memory'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server'
import { json, listen, type RunningServer, readBody } from '../servers/http'
import { send, sessionAt } from './support'

let auth: AuthorizationServer
/** Gives device codes, and a token at the second question. */
let devices: RunningServer
let asked: URLSearchParams[]
let code: Record<string, unknown>

beforeEach(async () => {
  auth = await startAuthorizationServer()
  asked = []
  code = { user_code: 'WDJB-MJHT', verification_uri: 'https://auth.example.com/device' }
  devices = await listen(async (request, response) => {
    asked.push(new URLSearchParams((await readBody(request)).toString()))
    if (request.url === '/device')
      return json(response, 200, { device_code: 'secret', expires_in: 60, interval: 1, ...code })
    if (asked.length < 3) return json(response, 400, { error: 'authorization_pending' })
    json(response, 200, { access_token: 'from the device', token_type: 'Bearer' })
  })
})
afterEach(() => Promise.all([auth.stop(), devices.stop()]))

const withDevices = () => ({
  device_authorization_endpoint: `${devices.url}/device`,
  token_endpoint: `${devices.url}/token`,
})
const desktop = { platform: 'linux', environment: { DISPLAY: ':0' } }
const remote = { platform: 'linux', environment: { SSH_TTY: '/dev/pts/0' } }
const sleep: SignInOptions['sleep'] = (seconds, signal) =>
  seconds === 1
    ? Promise.resolve()
    : new Promise(resolve => signal?.addEventListener('abort', () => resolve()))
/** Plays the person: follows the address to the callback. */
const follow = async (url: string) => void send(await auth.authorize(url))

/** What is printed on the standard error stream. */
async function printed(run: () => Promise<unknown>): Promise<string> {
  let text = ''
  const write = jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
    text += chunk
    return true
  })
  await run().finally(() => write.mockRestore())
  return text
}

describe('signIn', () => {
  test('in the browser, where there seems to be one', async () => {
    const session = sessionAt(auth, { device_authorization_endpoint: `${devices.url}/device` })
    expect(await signIn(session, { ...desktop, scope: 'read', open: follow, sleep })).toBe('browser')
    expect((await session.token()).scope).toBe('read')
    expect(asked).toEqual([])
  })

  test('with a device code elsewhere, if the server has them', async () => {
    const session = sessionAt(auth, withDevices())
    const shown: unknown[] = []
    const open = jest.fn()
    const deviceParameters = { acr_values: 'high' }
    const onCode = (one: unknown) => void shown.push(one)
    expect(await signIn(session, { ...remote, scope: 'read', open, sleep, onCode, deviceParameters })).toBe(
      'device',
    )
    expect(shown).toEqual([{ ...code, expires_in: 60, interval: 1 }])
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      client_id: 'app',
      scope: 'read',
      acr_values: 'high',
    })
    expect((await session.token()).access_token).toBe('from the device')
    expect(open).not.toHaveBeenCalled()
  })

  test('else by an address that is shown', async () => {
    const session = sessionAt(auth)
    const open = jest.fn()
    expect(await signIn(session, { ...remote, open, sleep, onUrl: follow })).toBe('url')
    expect(await session.authorized()).toBe(true)
    expect(open).not.toHaveBeenCalled()
  })

  test('with the given method, on any machine', async () => {
    const session = sessionAt(auth, withDevices())
    expect(await signIn(session, { ...desktop, method: 'device', sleep, onCode() {} })).toBe('device')
    expect(await signIn(sessionAt(auth), { ...remote, method: 'browser', open: follow, sleep })).toBe(
      'browser',
    )
  })

  test('looks at this process by default', async () => {
    const session = sessionAt(auth, withDevices())
    const before = process.env.CI
    process.env.CI = 'true'
    try {
      expect(await signIn(session, { sleep, onCode() {} })).toBe('device')
    } finally {
      if (before === undefined) delete process.env.CI
      else process.env.CI = before
    }
  })

  test('a person who is signed in is not asked, by no other session of the store either; after a log-out again', async () => {
    const store = memoryStore()
    const make = (): OAuth2Session =>
      createOAuth2Session({ server: auth.metadata, client: { client_id: 'app' }, store, key: 'default' })
    const open = jest.fn(follow)
    expect(await signIn(make(), { ...desktop, open, sleep })).toBe('browser')
    expect(await signIn(make(), { ...desktop, open, sleep })).toBe('kept')
    expect(open).toHaveBeenCalledTimes(1)
    expect(auth.counts.token).toBe(1)
    await revokeToken(make())
    expect(await signIn(make(), { ...desktop, open, sleep })).toBe('browser')
    expect(open).toHaveBeenCalledTimes(2)
  })

  test('an abort ends the polling too', async () => {
    const stop = new AbortController()
    const session = sessionAt(auth, withDevices())
    const onCode = () => stop.abort()
    const failure = await signIn(session, { ...remote, sleep, onCode, signal: stop.signal }).catch(
      error => error,
    )
    expect(failure.code).toBe('OAUTH_ABORTED')
    expect(asked).toHaveLength(1)
  })
})

describe('the printed text without callbacks', () => {
  test('the code and its address, never the device code', async () => {
    const session = sessionAt(auth, withDevices())
    const text = await printed(() => signInWithDevice(session, { sleep: () => Promise.resolve() }))
    expect(text).toBe(
      'To sign in, open https://auth.example.com/device on any device and enter the code WDJB-MJHT\n',
    )
  })

  test('text of the server cannot move the cursor or reverse the text', async () => {
    code = {
      user_code: 'A\x1b[2J\u202e\r\nB',
      verification_uri: 'https://auth.example.com/\x1b]0;x\x07\u2028',
    }
    const session = sessionAt(auth, withDevices())
    const text = await printed(() => signInWithDevice(session, { sleep: () => Promise.resolve() }))
    expect(text).toBe(
      'To sign in, open https://auth.example.com/]0;x on any device and enter the code A[2JB\n',
    )
  })

  test('the address', async () => {
    const session = sessionAt(auth)
    let url = ''
    const text = await printed(async () => {
      const result = signIn(session, { ...remote, sleep })
      while (!url) {
        await new Promise(resolve => setImmediate(resolve))
        url = /(http\S+)\n/.exec(`${jest.mocked(process.stderr.write).mock.calls[0]?.[0] ?? ''}`)?.[1] ?? ''
      }
      await follow(url)
      await result
    })
    expect(text).toBe(`To sign in, open this address in a browser: ${url}\n`)
  })
})

test('a server that has no device codes is named', async () => {
  await expect(signInWithDevice(sessionAt(auth))).rejects.toMatchObject({ code: 'OAUTH_ENDPOINT_MISSING' })
})
