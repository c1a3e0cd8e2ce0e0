/**
 * Stores and locks in a real browser with several real tabs:
 * `node --import ./tools/register.mjs __tests__/browsers/run.mjs chromium` (or firefox; webkit wants
 * `xvfb-run -a` before it). Prints a line for each test and at last `N passed, M failed`.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { startAuthorizationServer } from '../servers/authorization-server.js'
import { json, listen, readBody } from '../servers/http.js'
import { launch } from './drivers.mjs'

const [name, only = ''] = process.argv.slice(2)
const TABS = 5
const ROTATIONS = 50
const pause = seconds => new Promise(resolve => setTimeout(resolve, seconds * 1000))

const here = dirname(fileURLToPath(import.meta.url))
const { outputFiles } = await build({
  entryPoints: [join(here, 'page.ts')],
  bundle: true,
  write: false,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
})
const server = await startAuthorizationServer()
const inside = { now: 0, most: 0, sections: 0 }
const site = await listen(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://site')
  switch (pathname) {
    case '/':
      return void response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<script src="/page.js"></script>')
    case '/page.js':
      return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(outputFiles[0].text)
    case '/inside':
      inside.now += Number(searchParams.get('step'))
      inside.most = Math.max(inside.most, inside.now)
      if (searchParams.get('step') === '1') inside.sections++
      return json(response, 200, {})
    case '/api': {
      const [, token = ''] = (request.headers.authorization ?? '').split(' ')
      return json(response, server.isActive(token) ? 200 : 401, {})
    }
    case '/token':
    case '/revoke': {
      const body = await readBody(request)
      const answer = await fetch(server.url + pathname, {
        method: 'POST',
        body,
        headers: { 'content-type': request.headers['content-type'] },
      })
      const text = await answer.text()
      return void response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
    }
    default:
      return json(response, 404, {})
  }
})

const browser = await launch(name)
let commands = 0
/** Opens a tab; `tab.run(command, …)` answers when the command of page.ts is done. */
async function openTab(visible = false) {
  const page = await browser.tab(`${site.url}/`, visible)
  return {
    async run(command, ...args) {
      const id = `${++commands}`
      await page.evaluate(`begin(${JSON.stringify(id)}, ${JSON.stringify(command)}, ${JSON.stringify(args)})`)
      for (const until = Date.now() + 120_000; Date.now() < until; await pause(0.02)) {
        const outcome = JSON.parse((await page.evaluate(`outcome(${JSON.stringify(id)})`)) ?? 'null')
        if (outcome?.error) throw new Error(outcome.error)
        if (outcome) return outcome.value
      }
      throw new Error(`${command} was not done within two minutes`)
    },
    close: () => page.close(),
  }
}
const openTabs = count => Promise.all(Array.from({ length: count }, () => openTab()))
const closeTabs = tabs => Promise.all(tabs.map(tab => tab.close()))
const equal = (actual, expected, what) => {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`)
}
async function until(what, condition, seconds = 10) {
  const began = Date.now()
  while (!(await condition())) {
    if (Date.now() - began > seconds * 1000) throw new Error(`not within ${seconds} s: ${what}`)
    await pause(0.02)
  }
  return (Date.now() - began) / 1000
}

const tests = {}
for (const kind of [
  'webStorageStore(localStorage)',
  'webStorageStore(sessionStorage)',
  'indexedDbStore',
  'webLocks',
  'storageLease',
])
  tests[`${kind} keeps its contract`] = async () => {
    const tab = await openTab(true)
    const { passed, failures } = await tab.run('contract', kind)
    await tab.close()
    equal(failures, [], 'failures')
    return `${passed} cases`
  }

for (const [kind, times] of [
  ['Web Locks', 20],
  ['the lease in localStorage', 2],
]) {
  tests[`${kind}: ${TABS} tabs, one inside at a time`] = async () => {
    const tabs = await openTabs(TABS)
    Object.assign(inside, { now: 0, most: 0, sections: 0 })
    await Promise.all(tabs.map(tab => tab.run('contend', kind, 'contended', times)))
    await closeTabs(tabs)
    equal(inside, { now: 0, most: 1, sections: TABS * times }, 'inside')
    return `${inside.sections} sections`
  }
  tests[`${kind}: a closed tab gives the lock back`] = async () => {
    const [holder, waiter] = await openTabs(2)
    await holder.run('hold', kind, 'held')
    const waiting = waiter.run('enter', kind, 'held')
    await pause(0.5)
    const closed = Date.now()
    await holder.close()
    const waited = await waiting
    const after = (Date.now() - closed) / 1000
    await waiter.close()
    if (waited < 400) throw new Error(`entered after ${waited} ms, while the holder lived`)
    if (after > 10.5) throw new Error(`free only ${after} s after the tab was closed`)
    return `${after.toFixed(2)} s`
  }
}

for (const kind of ['localStorage', 'IndexedDB']) {
  tests[`${kind}: what one tab writes the others hear`] = async () => {
    const [writer, listener] = await openTabs(2)
    await listener.run('listen', kind, 'heard')
    await writer.run('write', kind, 'unheard', 1)
    await pause(0.2)
    equal(await listener.run('told'), 0, 'notices about another key')
    await writer.run('write', kind, 'heard', 1)
    await until('a notice', async () => (await listener.run('told')) > 0)
    equal((await listener.run('read', kind, 'heard')).version, 1, 'version')
    equal(await listener.run('write', kind, 'heard', 1), false, 'a write of the same version')
    await closeTabs([writer, listener])
  }

  tests[`${kind}: ${TABS} tabs, ${ROTATIONS} rotations, one token request each`] = async () => {
    const tabs = await openTabs(TABS)
    for (const tab of tabs) await tab.run('open', kind, 'rotations')
    await tabs[0].run('signIn', server.issue())
    const before = { ...server.counts }
    const slow = []
    for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
      server.revokeAccessTokens()
      const began = Date.now()
      const statuses = await Promise.all(tabs.map(tab => tab.run('call')))
      slow.push(Date.now() - began)
      equal(statuses, Array(TABS).fill(200), `answers of rotation ${rotation}`)
      equal(server.counts.token - before.token, rotation, `token requests after rotation ${rotation}`)
    }
    equal(server.counts.reuse - before.reuse, 0, 'refresh tokens that were spent twice')
    await closeTabs(tabs)
    return `${server.counts.token - before.token} token requests, 0 reuses, slowest round ${Math.max(...slow)} ms`
  }

  tests[`${kind}: a tab closed in mid-renewal is replaced within 10 s`] = async () => {
    const [first, second] = await openTabs(2)
    for (const tab of [first, second]) await tab.run('open', kind, 'closing')
    await first.run('signIn', server.issue())
    equal(await second.run('call'), 200, 'the second tab')
    const before = server.counts.token
    server.revokeAccessTokens()
    server.trouble('silent')
    void first.run('call').catch(() => {})
    await until('the renewal of the first tab', () => server.counts.token > before)
    const waiting = second.run('call')
    await pause(0.3)
    const closed = Date.now()
    await first.close()
    equal(await waiting, 200, 'the second tab')
    const after = (Date.now() - closed) / 1000
    if (after > 10) throw new Error(`replaced only after ${after} s`)
    equal(server.counts.token - before, 2, 'token requests')
    await second.close()
    return `${after.toFixed(2)} s`
  }

  tests[`${kind}: signing out in one tab ends the others`] = async () => {
    const tabs = await openTabs(3)
    for (const tab of tabs) await tab.run('open', kind, 'signing out')
    await tabs[0].run('signIn', server.issue())
    for (const tab of tabs) equal(await tab.run('call'), 200, 'before')
    await tabs[1].run('signOut')
    const after = await until(
      'the others to hear',
      async () => (await tabs[0].run('ended')) + (await tabs[2].run('ended')) === 2,
    )
    const before = server.counts.token
    for (const tab of tabs) equal(await tab.run('call'), 'OAUTH_SESSION_ENDED', 'after')
    equal(server.counts.token, before, 'token requests')
    await closeTabs(tabs)
    return `${after.toFixed(2)} s`
  }
}

tests['IndexedDB: one key pair for all tabs, which nobody can take away'] = async () => {
  const tabs = await openTabs(3)
  const pairs = await Promise.all(tabs.map(tab => tab.run('keyPair', 'dpop')))
  await closeTabs(tabs)
  const later = await openTab()
  pairs.push(await later.run('keyPair', 'dpop'))
  await later.close()
  equal(
    pairs,
    pairs.map(() => ({ works: true, taken: false, publicKey: pairs[0].publicKey })),
    'key pairs',
  )
}

const count = { passed: 0, failed: 0 }
// one tab stays open, so that no browser ends with its last tab
await openTab()
for (const [title, test] of Object.entries(tests)) {
  if (!title.includes(only)) continue
  const began = Date.now()
  try {
    const note = await test()
    count.passed++
    console.log(`ok ${title}${note ? ` (${note})` : ''}, ${Date.now() - began} ms`)
  } catch (error) {
    count.failed++
    console.log(`not ok ${title}\n   ${String(error?.stack ?? error).replaceAll('\n', '\n   ')}`)
  }
}
console.log(`${name}: ${count.passed} passed, ${count.failed} failed`)
await browser.close()
await site.stop()
await server.stop()
process.exit(count.failed ? 1 : 0)
