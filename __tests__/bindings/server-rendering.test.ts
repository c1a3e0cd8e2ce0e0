/**
 * Where a server renders: everybody gets the same page, so it does not say who is signed in, and reads
 * nothing.
 */
import '@angular/compiler'
import { Component, enableProdMode, provideZonelessChangeDetection } from '@angular/core'
import { bootstrapApplication } from '@angular/platform-browser'
import { provideServerRendering, renderApplication } from '@angular/platform-server'
import { saveToken } from 'axios-oauth-interceptor'
import { toSessionSignal } from 'axios-oauth-interceptor/angular'
import { useSession as useSessionInReact } from 'axios-oauth-interceptor/react'
import { sessionStore } from 'axios-oauth-interceptor/svelte'
import { useSession as useSessionInVue } from 'axios-oauth-interceptor/vue'
import { createElement } from 'react'
import { renderToString as renderReact } from 'react-dom/server'
import { get } from 'svelte/store'
import { createSSRApp } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import { countListeners, type Pages, slowStore, startPages } from '../observe/pages.js'

let pages: Pages
beforeAll(async () => {
  pages = await startPages()
})
afterAll(() => pages.as.stop())

// else Angular tells the console that it is in development
enableProdMode()

type Session = ReturnType<Pages['sessionOf']>

const renderings: Record<string, (session: Session) => Promise<string> | string> = {
  React: session => renderReact(createElement(() => useSessionInReact(session).status)),
  Vue: session =>
    renderVue(
      createSSRApp({
        setup() {
          const current = useSessionInVue(session)
          return () => current.value.status
        },
      }),
    ),
  Svelte: session => get(sessionStore(session)).status,
  async Angular(session) {
    class Reader {
      readonly current = toSessionSignal(session)
    }
    const Page = Component({ selector: 'a-page', template: '{{ current().status }}' })(Reader) ?? Reader
    const providers = [provideZonelessChangeDetection(), provideServerRendering()]
    const html = await renderApplication(context => bootstrapApplication(Page, { providers }, context), {
      document: '<a-page></a-page>',
      url: '/',
    })
    return String(/<a-page[^>]*>([^<]*)/.exec(html)?.[1])
  },
}

describe.each(Object.entries(renderings))('%s', (_name, render) => {
  test('shows unknown, reads no store and leaves no listener', async () => {
    const { store, reads } = slowStore()
    const session = pages.sessionOf({ store })
    const listening = countListeners(session)
    expect(await render(session)).toBe('unknown')
    expect([reads.count, listening()]).toEqual([0, 0])
  })

  test('shows unknown also for a session that is signed in', async () => {
    const session = pages.sessionOf()
    await saveToken(session, pages.issue('anna'))
    expect(await render(session)).toBe('unknown')
  })
})
