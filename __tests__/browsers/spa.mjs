/**
 * examples/react-spa in a real browser, against the certified provider and two APIs, by clicks alone:
 * `node --import ./tools/register.mjs __tests__/browsers/spa.mjs chromium` (or firefox; webkit wants
 * `xvfb-run -a` before it). Prints a line for each step and at last `spa in chromium: N passed, M failed`.
 * With `PICTURES=folder` it keeps a picture of the page in each of its states.
 */
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startOidcProvider } from '../servers/oidc.js'
import { startPageApi } from '../servers/page-api.js'
import { freePort, launch } from './drivers.mjs'

const [name = 'chromium'] = process.argv.slice(2)
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const port = await freePort()
const site = `http://127.0.0.1:${port}`
const redirectUris = ['/callback', '/popup', '/signed-out'].map(path => site + path)
// The driver of Chromium reports the focus for every page, so a separated window looks closed by the person.
const severs = name === 'firefox'
const provider = await startOidcProvider({ redirectUris, asks: true, severs })

const startApi = of => startPageApi(provider, site, of)
const [orders, billing] = [await startApi('orders'), await startApi('billing')]

const child = spawn(process.execPath, ['examples/react-spa/serve.mjs'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    ...process.env,
    PORT: String(port),
    VITE_AUTH_URL: provider.issuer,
    VITE_CLIENT_ID: 'spa',
    VITE_ORDERS_URL: orders.url,
    VITE_BILLING_URL: billing.url,
  },
})
await new Promise(resolve => child.stdout.once('data', resolve))
const browser = await launch(name)

let passed = 0
let failed = 0
async function step(title, act) {
  const began = Date.now()
  try {
    await act()
    passed++
    console.log(`ok ${title}, ${Date.now() - began} ms`)
  } catch (error) {
    failed++
    console.log(`not ok ${title}: ${error.stack}`)
  }
}
const same = (found, wanted) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`found ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
}
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))
/** Asks until the answer is this one; a page on its way to another has no answer. */
async function until(what, ask, wanted = true) {
  let found
  for (const end = Date.now() + 15_000; Date.now() < end; await pause(50)) {
    found = await ask().catch(error => error.message)
    if (found === wanted) return
  }
  throw new Error(`${what}: found ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
}
const textOf = (page, id) => page.evaluate(`document.getElementById('${id}')?.textContent`)
const has = (page, selector) => page.evaluate(`document.querySelector('${selector}') !== null`)
const addressOf = page => page.evaluate('location.href')
const says = (page, id, text) => until(id, () => textOf(page, id), text)
const bothAnswer = async page => {
  await says(page, 'orders-answer', '{"of":"orders"}')
  await says(page, 'billing-answer', '{"of":"billing"}')
}
/** Clicks what may come a little later. */
async function click(page, selector) {
  await until(selector, () => has(page, selector))
  await page.click(selector)
}
const atProvider = page =>
  until('the provider', async () => (await addressOf(page)).startsWith(provider.issuer))
const picture = async (page, title) => {
  if (process.env.PICTURES) await page.picture(join(process.env.PICTURES, `${name}-${title}.png`))
}
/** The clicks of the person at the provider: first who it is, then what the page may do. */
async function agree(page, times) {
  for (let time = 0; time < times; time++) {
    await atProvider(page)
    await until('the page that asks', () => has(page, '#agree'))
    const before = await addressOf(page)
    await page.click('#agree')
    await until('another page', async () => (await addressOf(page).catch(() => 'gone')) !== before)
  }
}
async function renewals(act) {
  const before = await provider.stats()
  await act()
  const { tokenRequests, reuse } = await provider.stats()
  return { renewals: tokenRequests - before.tokenRequests, reuse: reuse - before.reuse }
}

const one = await browser.tab(`${site}/start?from=here`, true)
let other

await step(
  'a click signs in, once under StrictMode, and both APIs answer with tokens of their own',
  async () => {
    await says(one, 'why', 'You are signed out.')
    await picture(one, '1-signed-out')
    await click(one, '#login')
    await agree(one, 2)
    await says(one, 'person', 'anna Example')
    await bothAnswer(one)
    same(await addressOf(one), `${site}/start?from=here`)
    const { authorizations, byGrant } = await provider.stats()
    same({ authorizations, codes: byGrant.authorization_code }, { authorizations: 1, codes: 1 })
    await picture(one, '2-signed-in')
  },
)
await step('a reload and a second tab are signed in', async () => {
  // the page goes away while it answers
  await one.evaluate('(window.isOld = true, location.reload(), "")').catch(() => undefined)
  await until('another page', () => one.evaluate('window.isOld === undefined'))
  await bothAnswer(one)
  other = await browser.tab(site, true)
  await says(other, 'person', 'anna Example')
  await bothAnswer(other)
  same((await provider.stats()).authorizations, 1)
})
await step('a token that is refused in both tabs at once is renewed once', async () => {
  const { token } = orders.requests.at(-1)
  await provider.revokeAccessToken(token)
  const sends = () => orders.requests.filter(request => request.token === token).length
  const before = sends()
  const counted = await renewals(async () => {
    await Promise.all([one.click('#orders'), other.click('#orders')])
    // the answers of before are still shown: what counts is what the API saw
    await until('both tabs are refused or know of the new token', async () => sends() > before)
    await pause(1000)
    await Promise.all([bothAnswer(one), bothAnswer(other)])
  })
  same(counted, { renewals: 1, reuse: 0 })
})
await step('the back button finds no callback, and the way forward a page that is signed in', async () => {
  // the page goes away while it answers
  const go = where => one.evaluate(`history.${where}()`).catch(() => undefined)
  await go('back')
  await atProvider(one)
  await go('forward')
  await until('the page', () => addressOf(one), `${site}/start?from=here`)
  await bothAnswer(one)
  same(await has(one, '#problem'), false)
})
await step('a log-out in one tab shows in the other, and is one at the provider too', async () => {
  const { revocations } = await provider.stats()
  await one.click('#logout')
  await says(other, 'why', 'You are signed out.')
  same(await has(other, '#person'), false)
  await agree(one, 1)
  await says(one, 'why', 'You are signed out.')
  same(await addressOf(one), `${site}/`)
  same((await provider.stats()).revocations > revocations, true)
})
await step(
  'a click signs in with a window: asked anew who it is, since the provider knows nobody',
  async () => {
    await click(one, '#login-in-window')
    let window
    await until('a window', async () => {
      ;[window] = await browser.opened()
      return window !== undefined
    })
    await agree(window, 2)
    await says(one, 'person', 'anna Example')
    await bothAnswer(one)
    same(await addressOf(one), `${site}/`)
    await says(other, 'person', 'anna Example')
    await bothAnswer(other)
    await until('the window is closed', () =>
      addressOf(window).then(
        () => false,
        () => true,
      ),
    )
  },
)
await step('a grant that the provider ended shows in both tabs as such', async () => {
  await provider.revokeGrant(orders.requests.at(-1).token)
  await one.click('#orders')
  for (const page of [one, other]) await says(page, 'why', 'Your session is over.')
  await picture(one, '3-ended')
  same((await provider.stats()).reuse, 0)
})
await step('a refused sign-in says so', async () => {
  await one.goto(`${site}/callback?error=access_denied&state=foreign`)
  await until('the problem', () => has(one, '#problem'))
  same(await one.evaluate('location.search'), '')
  await picture(one, '4-refused')
})
await step('no page had an error that no code caught', async () => {
  for (const page of [one, other]) same(await page.problems(), [])
})

console.log(`spa in ${name}: ${passed} passed, ${failed} failed`)
await browser.close()
child.kill()
await Promise.all([provider.stop(), orders.stop(), billing.stop()])
process.exit(failed ? 1 : 0)
