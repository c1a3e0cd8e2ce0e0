import { createOAuth2Session } from 'axios-oauth-interceptor'
import { finishPopup, signInWithPopup } from 'axios-oauth-interceptor/sign-in'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'

let as: AuthorizationServer
beforeAll(async () => {
  as = await startAuthorizationServer()
})
afterAll(() => as.stop())
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'document')
})

const redirect_uri = 'https://app.example.com/popup.html'
const sessionOf = () => createOAuth2Session({ server: as.metadata, client: { client_id: 'app' } })

/** A window whose person does `act` with the address that it is led to. */
function popupOf(act: (url: string, popup: { closed: boolean }) => unknown) {
  const popup = {
    opened: [] as string[],
    closed: false,
    location: { replace: (url: string) => void act(url, popup) },
    close() {
      popup.closed = true
    },
  }
  const open = (url: string) => {
    popup.opened.push(url)
    return popup as unknown as Window
  }
  Object.assign(globalThis, { document: { hasFocus: () => true } })
  return { popup, open }
}

test('signs in with a window, which both sides close', async () => {
  let closedItself = false
  const { popup, open } = popupOf(async url => {
    finishPopup(await as.authorize(url), {
      close: () => {
        closedItself = true
      },
    })
  })
  const session = sessionOf()
  const { token } = await signInWithPopup(session, { redirect_uri }, { open })
  expect(as.isActive(token.access_token)).toBe(true)
  expect(await session.authorized()).toBe(true)
  expect({ ...popup, closedItself }).toMatchObject({
    opened: ['about:blank'],
    closed: true,
    closedItself: true,
  })
})

test('another sign-in’s callback is not heard', async () => {
  const foreign = `${redirect_uri}?code=stolen&state=foreign`
  const { open } = popupOf(async url => {
    finishPopup(foreign, { close: () => undefined })
    finishPopup(await as.authorize(url), { close: () => undefined })
  })
  const before = as.counts.token
  await signInWithPopup(sessionOf(), { redirect_uri }, { open })
  expect(as.counts.token).toBe(before + 1)
})

test('a refusal has the server’s word', async () => {
  const { open } = popupOf(url => {
    const { searchParams } = new URL(url)
    finishPopup(
      `${redirect_uri}?error=access_denied&state=${searchParams.get('state')}&iss=${as.metadata.issuer}`,
      {
        close: () => undefined,
      },
    )
  })
  await expect(signInWithPopup(sessionOf(), { redirect_uri }, { open })).rejects.toMatchObject({
    code: 'OAUTH_AUTHORIZATION_FAILED',
    error: 'access_denied',
  })
})

test('a window that the browser blocks is told, with what to do', async () => {
  await expect(signInWithPopup(sessionOf(), { redirect_uri }, { open: () => null })).rejects.toThrow(
    /directly in a click listener/,
  )
})

test('a window that the person closes ends the wait, one that only seems closed does not', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] })
  try {
    let isBack = false
    const led = new Promise<void>(resolve => {
      const { popup, open } = popupOf(() => {
        // the server's page cuts the tie: the window seems closed while the person is in it
        popup.closed = true
        resolve()
      })
      Object.assign(globalThis, { document: { hasFocus: () => isBack } })
      ended = signInWithPopup(sessionOf(), { redirect_uri }, { open }).catch(error => error)
    })
    await led
    jest.advanceTimersByTime(60_000)
    expect(await Promise.race([ended, Promise.resolve('waits')])).toBe('waits')
    isBack = true
    jest.advanceTimersByTime(1500)
    expect(await ended).toMatchObject({ code: 'OAUTH_ABORTED' })
    expect(jest.getTimerCount()).toBe(0)
  } finally {
    jest.useRealTimers()
  }
})
let ended: Promise<unknown>

test('a signal ends the wait', async () => {
  const controller = new AbortController()
  const { popup, open } = popupOf(() => controller.abort())
  await expect(
    signInWithPopup(sessionOf(), { redirect_uri }, { open, signal: controller.signal }),
  ).rejects.toMatchObject({ code: 'OAUTH_ABORTED' })
  expect(popup.closed).toBe(true)
})

test('a callback page that was opened by hand says so', () => {
  expect(() => finishPopup(redirect_uri, { close: () => undefined })).toThrow(
    expect.objectContaining({ code: 'OAUTH_STATE_MISMATCH' }),
  )
})
