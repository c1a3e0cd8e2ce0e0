/** @jest-environment jsdom */
import { transformSync } from '@swc/core'
import { refreshToken, revokeToken, saveToken } from 'axios-oauth-interceptor'
import { observeSession, type SessionSnapshot } from 'axios-oauth-interceptor/observe'
import { sessionStore } from 'axios-oauth-interceptor/svelte'
import { flushSync, mount, unmount } from 'svelte'
import { compile } from 'svelte/compiler'
import { derived, get, type Readable } from 'svelte/store'
import { errorOf } from '../oauth2/support.js'
import {
  countListeners,
  type Pages,
  sharedStores,
  slowStore,
  startPages,
  statusIs,
} from '../observe/pages.js'

let pages: Pages
beforeAll(async () => {
  pages = await startPages()
})
afterAll(() => pages.as.stop())

/** A component of Svelte, compiled as a bundler's plugin does it. */
function component(source: string): (...of: unknown[]) => unknown {
  const { code } = compile(source, { generate: 'client', name: 'Component' }).js
  const { code: script } = transformSync(code, { module: { type: 'commonjs' }, jsc: { target: 'es2022' } })
  const module = { exports: {} as { default?: never } }
  new Function('require', 'exports', script)(require, module.exports)
  return module.exports.default as never
}
const Reader = component(`
  <script>
    let { current, rendered } = $props()
    $effect(() => { rendered.push($current.status) })
  </script>
  {$current.status} {$current.user?.sub}`)

let place: HTMLElement
beforeEach(() => {
  place = document.createElement('div')
})
const shown = () => {
  flushSync()
  return place.textContent?.trim()
}

test('a component shows a sign-in and a log-out, and leaves no listener', async () => {
  const { store, answer } = slowStore()
  const session = pages.sessionOf({ store })
  const listening = countListeners(session)
  const rendered: string[] = []
  const made = mount(Reader as never, { target: place, props: { current: sessionStore(session), rendered } })
  expect(shown()).toBe('unknown')
  answer()
  await statusIs(observeSession(session), 'signed-out')
  expect(shown()).toBe('signed-out')
  await pages.signIn(session)
  expect(shown()).toBe('signed-in')
  await revokeToken(session)
  expect(shown()).toBe('signed-out')
  expect(rendered).toEqual(['unknown', 'signed-out', 'signed-in', 'signed-out'])
  expect(listening()).toBeGreaterThan(0)
  await unmount(made)
  expect(listening()).toBe(0)
})

test('a renewal is told once when the expiry is another, else not at all', async () => {
  let now = Math.floor(Date.now() / 1000)
  const session = pages.sessionOf({ clock: () => now })
  await saveToken(session, pages.issue('anna'))
  const told: SessionSnapshot[] = []
  const stop = sessionStore(session).subscribe(snapshot => told.push(snapshot))
  expect(told).toEqual([expect.objectContaining({ status: 'signed-in', expires_at: now + 3600 })])
  await refreshToken(session)
  expect(told).toHaveLength(1)
  now += 10
  await Promise.all(Array.from({ length: 5 }, () => refreshToken(session)))
  expect(told.map(({ expires_at }) => expires_at)).toEqual([now + 3590, now + 3600])
  stop()
})

test('a log-out in another tab shows', async () => {
  const [one, two] = sharedStores(2).map(store => pages.sessionOf({ store }))
  if (!one || !two) throw new Error('two sessions')
  await saveToken(one, pages.issue('anna'))
  const made = mount(Reader as never, { target: place, props: { current: sessionStore(two), rendered: [] } })
  await statusIs(observeSession(two), 'signed-in')
  expect(shown()).toBe('signed-in anna')
  await revokeToken(one)
  await statusIs(observeSession(two), 'signed-out')
  expect(shown()).toBe('signed-out')
  await unmount(made)
})

test('it is a store for `derived` and `get`', async () => {
  const session = pages.sessionOf()
  await saveToken(session, pages.issue('anna'))
  const listening = countListeners(session)
  const current: Readable<SessionSnapshot> = sessionStore(session)
  expect(get(current)).toBe(observeSession(session).getSnapshot())
  const names: unknown[] = []
  const stop = derived(current, ({ user }) => user?.sub).subscribe(name => names.push(name))
  await saveToken(session, { ...pages.issue('anna'), expires_in: 9000 })
  await revokeToken(session)
  expect(names).toEqual(['anna', undefined])
  stop()
  expect(listening()).toBe(0)
})

test('anything that is not a session is refused', async () => {
  expect((await errorOf(() => sessionStore({} as never))).code).toBe('OAUTH_INVALID_OPTION')
})
