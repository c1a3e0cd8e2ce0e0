/**
 * examples/react-spa in a real browser, against a certified provider and two APIs:
 * `node --import ./tools/register.mjs __tests__/browsers/spa.mjs`. Prints a line for each step and at last
 * `N passed, M failed`.
 */
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { startOidcProvider } from '../servers/oidc.js'
import { startResourceServer } from '../servers/resource-server.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const freePort = () =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const port = await freePort()
const site = `http://127.0.0.1:${port}`
const provider = await startOidcProvider({ redirectUris: [`${site}/callback`] })

/** True for a token of the provider that is for this API. */
async function isFor(token, audience) {
  const { client_id, client_secret } = provider.clients.api
  const answer = await fetch(`${provider.issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  const { active, aud } = await answer.json()
  return active && aud === audience
}

/** An API that a page of the site may call. */
async function startApi(name) {
  const api = await startResourceServer({ accepts: token => isFor(token, api.url) })
  api.respond = async (request, response) => {
    response.setHeader('access-control-allow-origin', site)
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { 'access-control-allow-headers': 'authorization' }).end()
      return true
    }
    if (!(request.token && (await isFor(request.token, api.url)))) return false
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ of: name }))
    return true
  }
  return api
}
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

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
const context = await browser.newContext()
let passed = 0
let failed = 0
async function step(title, act) {
  try {
    await act()
    passed++
    console.log(`ok ${title}`)
  } catch (error) {
    failed++
    console.log(`not ok ${title}: ${error.stack}`)
  }
}
const same = (found, wanted) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`found ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
}
const says = (page, id, text) =>
  page.waitForFunction(([one, wanted]) => document.getElementById(one)?.textContent === wanted, [id, text], {
    timeout: 10_000,
  })
const bothAnswer = async page => {
  await says(page, 'orders-answer', '{"of":"orders"}')
  await says(page, 'billing-answer', '{"of":"billing"}')
}

const one = await context.newPage()
const problems = []
one.on('pageerror', error => problems.push(error.message))
let other

await step(
  'a click signs in, once under StrictMode, and both APIs answer with tokens of their own',
  async () => {
    await one.goto(`${site}/start?from=here`)
    await one.click('#login')
    await says(one, 'person', 'anna Example')
    await bothAnswer(one)
    same(one.url(), `${site}/start?from=here`)
    const { authorizations, byGrant } = await provider.stats()
    same({ authorizations, codes: byGrant.authorization_code }, { authorizations: 1, codes: 1 })
  },
)
await step('a reload and a second tab are signed in', async () => {
  await one.reload()
  await bothAnswer(one)
  other = await context.newPage()
  other.on('pageerror', error => problems.push(error.message))
  await other.goto(site)
  await says(other, 'person', 'anna Example')
  await bothAnswer(other)
  same((await provider.stats()).authorizations, 1)
})
await step('a token that is refused in both tabs at once is renewed once', async () => {
  const { tokenRequests, reuse } = await provider.stats()
  const token = orders.requests.at(-1).token
  await provider.revokeAccessToken(token)
  await Promise.all([one.click('#orders'), other.click('#orders')])
  await Promise.all([bothAnswer(one), bothAnswer(other)])
  // the answers of before are still shown: what counts is what the API saw
  for (
    let tries = 0;
    tries < 50 && orders.requests.filter(request => request.token === token).length < 2;
    tries++
  )
    await one.waitForTimeout(100)
  await one.waitForTimeout(500)
  const after = await provider.stats()
  same(
    { renewals: after.tokenRequests - tokenRequests, reuse: after.reuse - reuse },
    { renewals: 1, reuse: 0 },
  )
})
await step('the back button finds no callback', async () => {
  await one.goBack().catch(() => undefined)
  await one.goto(`${site}/start?from=here`)
  await bothAnswer(one)
  same(await one.locator('#problem').count(), 0)
})
await step('a log-out in one tab shows in the other, and is one at the provider too', async () => {
  const { revocations } = await provider.stats()
  await one.click('#logout')
  await says(other, 'why', 'You are signed out.')
  same(await other.locator('#person').count(), 0)
  await one.waitForURL(`${provider.issuer}/**`)
  same((await provider.stats()).revocations > revocations, true)
  await one.goto(site)
  await says(one, 'why', 'You are signed out.')
})
await step('a refused sign-in says so', async () => {
  await one.goto(`${site}/callback?error=access_denied&state=foreign`)
  await one.waitForSelector('#problem')
  same(new URL(one.url()).search, '')
})
await step('no page had an error that nobody caught', async () => same(problems, []))

console.log(`spa: ${passed} passed, ${failed} failed`)
await browser.close()
child.kill()
await Promise.all([provider.stop(), orders.stop(), billing.stop()])
process.exit(failed ? 1 : 0)
