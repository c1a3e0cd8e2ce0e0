/** @jest-environment jsdom */
import '@angular/compiler'
import {
  type ApplicationRef,
  Component,
  createComponent,
  effect,
  Injector,
  inject,
  isSignal,
  provideZonelessChangeDetection,
  runInInjectionContext,
} from '@angular/core'
import { createApplication } from '@angular/platform-browser'
import { refreshToken, revokeToken, saveToken } from 'axios-oauth-interceptor'
import { toSessionSignal } from 'axios-oauth-interceptor/angular'
import { observeSession } from 'axios-oauth-interceptor/observe'
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

type Session = ReturnType<Pages['sessionOf']>

let app: ApplicationRef
let place: HTMLElement
beforeEach(async () => {
  place = document.createElement('div')
  app = await createApplication({ providers: [provideZonelessChangeDetection()] })
})
afterEach(() => {
  if (!app.destroyed) app.destroy()
})

// two components of one selector would be one to Angular
let made = 0

/** Shows a component that says who is signed in; answers what its effect has seen. */
function show(session: Session) {
  const seen: string[] = []
  class Reader {
    readonly current = toSessionSignal(session)
    constructor() {
      effect(() => {
        const { status, expires_at } = this.current()
        seen.push(`${status} ${expires_at ?? ''}`.trim())
      })
    }
  }
  const template = `{{ current().status }} {{ current().user?.['sub'] }}`
  const Page = Component({ selector: `a-page-${made++}`, template })(Reader)
  const reader = createComponent(Page ?? Reader, { environmentInjector: app.injector, hostElement: place })
  app.attachView(reader.hostView)
  app.tick()
  return { seen, reader }
}
const shown = () => {
  app.tick()
  return place.textContent?.trim()
}

test('a sign-in and a log-out show', async () => {
  const { store, answer } = slowStore()
  const session = pages.sessionOf({ store })
  const { seen } = show(session)
  expect(shown()).toBe('unknown')
  answer()
  await statusIs(observeSession(session), 'signed-out')
  expect(shown()).toBe('signed-out')
  await pages.signIn(session)
  expect(shown()).toBe('signed-in')
  await revokeToken(session)
  expect(shown()).toBe('signed-out')
  expect(seen.map(line => line.split(' ')[0])).toEqual(['unknown', 'signed-out', 'signed-in', 'signed-out'])
})

test('a renewal is seen once when the expiry is another, else not at all', async () => {
  let now = Math.floor(Date.now() / 1000)
  const session = pages.sessionOf({ clock: () => now })
  await saveToken(session, pages.issue('anna'))
  const { seen } = show(session)
  expect(shown()).toBe('signed-in anna')
  await refreshToken(session)
  app.tick()
  expect(seen).toHaveLength(1)
  now += 10
  await Promise.all(Array.from({ length: 5 }, () => refreshToken(session)))
  app.tick()
  expect(seen).toEqual([`signed-in ${now + 3590}`, `signed-in ${now + 3600}`])
})

test('a log-out in another tab shows', async () => {
  const [one, two] = sharedStores(2).map(store => pages.sessionOf({ store }))
  if (!one || !two) throw new Error('two sessions')
  await saveToken(one, pages.issue('anna'))
  show(two)
  await statusIs(observeSession(two), 'signed-in')
  expect(shown()).toBe('signed-in anna')
  await revokeToken(one)
  await statusIs(observeSession(two), 'signed-out')
  expect(shown()).toBe('signed-out')
})

test('it stops with its component', async () => {
  const session = pages.sessionOf()
  const listening = countListeners(session)
  const { reader } = show(session)
  expect(listening()).toBeGreaterThan(0)
  reader.destroy()
  expect(listening()).toBe(0)
})

test('with an injector it needs no injection context, and stops with the injector', async () => {
  const session = pages.sessionOf()
  await saveToken(session, pages.issue('anna'))
  const listening = countListeners(session)
  const injector = runInInjectionContext(app.injector, () => inject(Injector))
  const current = toSessionSignal(session, { injector })
  expect(isSignal(current)).toBe(true)
  expect(current).not.toHaveProperty('set')
  expect(current()).toBe(observeSession(session).getSnapshot())
  expect(listening()).toBeGreaterThan(0)
  app.destroy()
  expect(listening()).toBe(0)
  expect(() => toSessionSignal(session)).toThrow('NG0203')
  expect((await errorOf(() => toSessionSignal({} as never))).code).toBe('OAUTH_INVALID_OPTION')
})
