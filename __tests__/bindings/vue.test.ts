/** @jest-environment jsdom */
import { refreshToken, revokeToken, saveToken } from 'axios-oauth-interceptor'
import { observeSession } from 'axios-oauth-interceptor/observe'
import { useSession } from 'axios-oauth-interceptor/vue'
import {
  type App,
  type Component,
  createApp,
  createSSRApp,
  effectScope,
  h,
  isReadonly,
  nextTick,
  onMounted,
  ref,
  watch,
} from 'vue'
import { renderToString } from 'vue/server-renderer'
import { errorOf } from '../oauth2/support.js'
import {
  countListeners,
  type Pages,
  sharedStores,
  slowStore,
  startPages,
  statusIs,
  until,
} from '../observe/pages.js'

let pages: Pages
beforeAll(async () => {
  pages = await startPages()
})
afterAll(() => pages.as.stop())

type Session = ReturnType<Pages['sessionOf']>

let place: HTMLElement
let app: App | undefined
const warnings: string[] = []
beforeEach(() => {
  place = document.createElement('div')
  warnings.length = 0
  for (const name of ['warn', 'error'] as const)
    jest.spyOn(console, name).mockImplementation((...words) => void warnings.push(words.join(' ')))
})
afterEach(() => {
  app?.unmount()
  app = undefined
  jest.restoreAllMocks()
})
const mount = (component: Component) => {
  app = createApp(component)
  app.mount(place)
}

/** A component that shows who is signed in and keeps what it has rendered. */
function reader(session: Session) {
  const rendered: string[] = []
  const Reader = {
    setup() {
      const current = useSession(session)
      return () => {
        const { status, user, expires_at } = current.value
        rendered.push(`${status} ${expires_at ?? ''}`.trim())
        return h('p', `${status} ${user?.sub ?? ''}`.trim())
      }
    },
  }
  return { Reader, rendered }
}

test('a sign-in and a log-out show', async () => {
  const { store, answer } = slowStore()
  const session = pages.sessionOf({ store })
  const { Reader } = reader(session)
  mount(Reader)
  expect(place.textContent).toBe('unknown')
  answer()
  await statusIs(observeSession(session), 'signed-out')
  await nextTick()
  expect(place.textContent).toBe('signed-out')
  await pages.signIn(session)
  await nextTick()
  expect(place.textContent).toBe('signed-in')
  await revokeToken(session)
  await nextTick()
  expect(place.textContent).toBe('signed-out')
  expect(warnings).toEqual([])
})

test('a renewal renders once if the expiry changes, else not at all; the first rendering has the signed-in person', async () => {
  let now = Math.floor(Date.now() / 1000)
  const session = pages.sessionOf({ clock: () => now })
  await saveToken(session, pages.issue('anna'))
  const { Reader, rendered } = reader(session)
  mount(Reader)
  expect(rendered).toEqual([`signed-in ${now + 3600}`])
  await refreshToken(session)
  await nextTick()
  expect(rendered).toHaveLength(1)
  now += 10
  await Promise.all(Array.from({ length: 5 }, () => refreshToken(session)))
  await nextTick()
  expect(rendered).toEqual([`signed-in ${now + 3590}`, `signed-in ${now + 3600}`])
})

test('a log-out in another tab shows', async () => {
  const [one, two] = sharedStores(2).map(store => pages.sessionOf({ store }))
  if (!one || !two) throw new Error('two sessions')
  await saveToken(one, pages.issue('anna'))
  mount(reader(two).Reader)
  await statusIs(observeSession(two), 'signed-in')
  await nextTick()
  expect(place.textContent).toBe('signed-in anna')
  await revokeToken(one)
  await statusIs(observeSession(two), 'signed-out')
  await nextTick()
  expect(place.textContent).toBe('signed-out')
})

test('it stops with its component, also one that begins to watch when it is mounted', async () => {
  const session = pages.sessionOf()
  await saveToken(session, pages.issue('anna'))
  const listening = countListeners(session)
  const { Reader } = reader(session)
  const seen: unknown[] = []
  const Late = {
    setup() {
      onMounted(() => seen.push(useSession(session).value.user?.sub))
      return () => null
    },
  }
  const isShown = ref(true)
  mount({ setup: () => () => (isShown.value ? [h(Reader), h(Late)] : []) })
  await nextTick()
  expect(seen).toEqual(['anna'])
  expect(listening()).toBeGreaterThan(0)
  isShown.value = false
  await nextTick()
  expect(listening()).toBe(0)
  expect(warnings).toEqual([])
})

test('outside of components it follows at once, until its scope stops', async () => {
  const session = pages.sessionOf()
  await saveToken(session, pages.issue('anna'))
  const listening = countListeners(session)
  const scope = effectScope()
  const current = scope.run(() => useSession(session))
  if (!current) throw new Error('a scope answers what it ran')
  expect(current.value).toBe(observeSession(session).getSnapshot())
  const statuses: string[] = []
  watch(current, ({ status }) => statuses.push(status), { flush: 'sync' })
  await revokeToken(session)
  expect(statuses).toEqual(['signed-out'])
  scope.stop()
  expect(listening()).toBe(0)
  await saveToken(session, pages.issue('ben'))
  expect(current.value.status).toBe('signed-out')
})

test('it is read-only', async () => {
  const scope = effectScope()
  const current = scope.run(() => useSession(pages.sessionOf())) as { value: unknown }
  expect(isReadonly(current)).toBe(true)
  current.value = { status: 'signed-in' }
  expect(current.value).toEqual({ status: 'unknown' })
  expect(warnings).toEqual([expect.stringContaining('readonly')])
  scope.stop()
  expect((await errorOf(() => useSession({} as never))).code).toBe('OAUTH_INVALID_OPTION')
})

describe('while a server renders', () => {
  test('the status is unknown, the store is not read, and no listener is left', async () => {
    const { store, reads } = slowStore()
    const session = pages.sessionOf({ store })
    const listening = countListeners(session)
    expect(await renderToString(createSSRApp(reader(session).Reader))).toBe('<p>unknown</p>')
    expect([reads.count, listening()]).toEqual([0, 0])
  })

  test('the page is hydrated without a mismatch, then shows the signed-in person', async () => {
    const session = pages.sessionOf()
    await saveToken(session, pages.issue('anna'))
    const { Reader, rendered } = reader(session)
    place.innerHTML = await renderToString(createSSRApp(Reader))
    expect(place.textContent).toBe('unknown')
    const node = place.firstChild
    app = createSSRApp(Reader)
    app.mount(place)
    expect(rendered).toEqual(['unknown', 'unknown'])
    await nextTick()
    expect(place.textContent).toBe('signed-in anna')
    expect(place.firstChild).toBe(node)
    expect(warnings).toEqual([])
    const { getSnapshot } = observeSession(session)
    await revokeToken(session)
    await until(observeSession(session), () => getSnapshot().status === 'signed-out')
    await nextTick()
    expect(place.textContent).toBe('signed-out')
  })
})
