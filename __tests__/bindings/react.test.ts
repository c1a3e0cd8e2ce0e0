/** @jest-environment jsdom */
import { memoryStore, refreshToken, revokeToken, saveToken } from 'axios-oauth-interceptor'
import { observeSession } from 'axios-oauth-interceptor/observe'
import { RequireSession, type SessionSnapshot, useSession } from 'axios-oauth-interceptor/react'
import { act, createElement, type ReactNode, StrictMode, useEffect } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { errorOf } from '../oauth2/support.js'
import { countListeners, type Pages, sharedStores, slowStore, startPages, until } from '../observe/pages.js'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

let pages: Pages
beforeAll(async () => {
  pages = await startPages()
})
afterAll(() => pages.as.stop())

let place: HTMLElement
let root: Root
beforeEach(() => {
  place = document.createElement('div')
  root = createRoot(place)
})
afterEach(() => act(() => root.unmount()))
const render = (node: ReactNode) => act(() => root.render(node))

type Session = ReturnType<Pages['sessionOf']>

/** A component that shows who is signed in and keeps what it has rendered. */
function reader(session: Session) {
  const rendered: SessionSnapshot[] = []
  function Reader() {
    const snapshot = useSession(session)
    rendered.push(snapshot)
    return `${snapshot.status} ${snapshot.user?.sub ?? ''}`.trim()
  }
  return { Reader, rendered }
}

/** Waits, inside of React's `act`, until the observation says so. */
const settled = (session: Session, status: string) =>
  act(() => until(observeSession(session), () => observeSession(session).getSnapshot().status === status))

test('a sign-in and a log-out show', async () => {
  const session = pages.sessionOf()
  const { Reader, rendered } = reader(session)
  await render(createElement(Reader))
  await settled(session, 'signed-out')
  await act(() => pages.signIn(session))
  expect(place.textContent).toBe('signed-in')
  await act(() => revokeToken(session))
  expect(place.textContent).toBe('signed-out')
  expect(rendered.map(({ status }) => status)).toEqual(['unknown', 'signed-out', 'signed-in', 'signed-out'])
})

test('a renewal renders once when the expiry is another, else not at all, however many ask for it', async () => {
  let now = Math.floor(Date.now() / 1000)
  const session = pages.sessionOf({ clock: () => now })
  await saveToken(session, pages.issue('anna'))
  const { Reader, rendered } = reader(session)
  await render(createElement(Reader))
  expect(rendered).toHaveLength(1)

  const before = pages.as.counts.token
  await act(() => refreshToken(session))
  expect(pages.as.counts.token).toBe(before + 1)
  expect(rendered).toHaveLength(1)

  now += 10
  await act(() => Promise.all(Array.from({ length: 5 }, () => refreshToken(session))))
  expect(rendered).toHaveLength(2)
  expect(rendered[1]?.expires_at).toBe((rendered[0]?.expires_at ?? 0) + 10)
  expect(rendered[1]?.user).toBe(rendered[0]?.user)
})

test('a log-out in another tab shows', async () => {
  const [one, two] = sharedStores(2).map(store => pages.sessionOf({ store }))
  if (!one || !two) throw new Error('two sessions')
  await saveToken(one, pages.issue('anna'))
  await render(createElement(reader(two).Reader))
  await settled(two, 'signed-in')
  expect(place.textContent).toBe('signed-in anna')
  await act(() => revokeToken(one))
  await settled(two, 'signed-out')
  expect(place.textContent).toBe('signed-out')
})

test('components share one subscription, which ends with them, also in StrictMode', async () => {
  const session = pages.sessionOf()
  const listening = countListeners(session)
  const { Reader } = reader(session)
  let mounts = 0
  function Twice() {
    useEffect(() => void mounts++, [])
    return createElement(Reader)
  }
  await render(createElement(StrictMode, null, createElement(Twice)))
  expect(mounts).toBe(2)
  await settled(session, 'signed-out')
  const forOne = listening()
  expect(forOne).toBeGreaterThan(0)
  await render(createElement(StrictMode, null, createElement(Twice), createElement(Reader)))
  expect(listening()).toBe(forOne)
  await act(() => saveToken(session, pages.issue('anna')))
  expect(place.textContent).toBe('signed-in annasigned-in anna')
  await render(null)
  expect(listening()).toBe(0)
})

test('another session takes the place of the first, which is let go', async () => {
  const [anna, ben] = [pages.sessionOf(), pages.sessionOf()]
  const listening = countListeners(anna)
  await saveToken(anna, pages.issue('anna'))
  await saveToken(ben, pages.issue('ben'))
  const Reader = ({ session }: { session: Session }) => String(useSession(session).user?.sub)
  await render(createElement(Reader, { session: anna }))
  expect(place.textContent).toBe('anna')
  await render(createElement(Reader, { session: ben }))
  expect(place.textContent).toBe('ben')
  expect(listening()).toBe(0)
})

test('a server-rendered page is hydrated without a mismatch, then shows the signed-in person', async () => {
  const session = pages.sessionOf()
  await saveToken(session, pages.issue('anna'))
  const { Reader, rendered } = reader(session)
  const rendering = document.createElement('div')
  rendering.innerHTML = renderToString(createElement(Reader))
  expect(rendering.textContent).toBe('unknown')
  const mismatches: unknown[] = []
  const onRecoverableError = (error: unknown) => mismatches.push(error)
  const hydrated = await act(() => hydrateRoot(rendering, createElement(Reader), { onRecoverableError }))
  expect(mismatches).toEqual([])
  expect(rendered.map(({ status }) => status)).toEqual(['unknown', 'unknown', 'signed-in'])
  expect(rendering.textContent).toBe('signed-in anna')
  await act(() => hydrated.unmount())
})

describe('RequireSession', () => {
  const fallback = {
    unknown: 'wait',
    'signed-out': 'sign in',
    ended: 'sign in again',
    changed: 'somebody else?',
  }

  test('shows the fallback of each status, and its children to a signed-in person', async () => {
    const { store, answer } = slowStore()
    const session = pages.sessionOf({ store })
    await render(createElement(RequireSession, { session, fallback }, 'orders'))
    expect(place.textContent).toBe('wait')
    answer()
    await settled(session, 'signed-out')
    expect(place.textContent).toBe('sign in')
    await act(() => saveToken(session, { ...pages.issue('anna'), refresh_token: 'unknown' }))
    expect(place.textContent).toBe('orders')
    await act(async () => void (await errorOf(() => refreshToken(session))))
    expect(place.textContent).toBe('sign in again')
  })

  test('unmounts its children while another person is signed in, and mounts them again', async () => {
    const [one, two] = sharedStores(2).map(store => pages.sessionOf({ store }))
    if (!one || !two) throw new Error('two sessions')
    await saveToken(one, pages.issue('anna'))
    const mounted: unknown[] = []
    function Orders() {
      const { user } = useSession(two as Session)
      // what a page loads when it is mounted
      useEffect(() => void mounted.push(user?.sub), [])
      return `orders of ${mounted[mounted.length - 1]}`
    }
    await render(createElement(RequireSession, { session: two, fallback }, createElement(Orders)))
    await settled(two, 'signed-in')
    const { getSnapshot, acceptChange } = observeSession(two)
    await act(async () => {
      await saveToken(one, pages.issue('ben'))
      await until(observeSession(two), () => getSnapshot().changed === true)
    })
    expect(place.textContent).toBe('somebody else?')
    await act(() => acceptChange())
    expect(mounted).toEqual(['anna', 'ben'])
  })

  test('shows nothing for a status without a fallback, and refuses anything that is not a session', async () => {
    const session = pages.sessionOf({ store: memoryStore() })
    await render(createElement(RequireSession, { session }, 'orders'))
    await settled(session, 'signed-out')
    expect(place.innerHTML).toBe('')
    expect(
      (await errorOf(() => renderToString(createElement(RequireSession, { session: {} as never })))).code,
    ).toBe('OAUTH_INVALID_OPTION')
  })
})
