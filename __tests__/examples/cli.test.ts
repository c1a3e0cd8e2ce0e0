import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'

const root = join(__dirname, '../..')
jest.setTimeout(60_000)

let auth: AuthorizationServer
let api: ResourceServer
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'))
  auth = await startAuthorizationServer()
  api = await startResourceServer({ accepts: token => auth.isActive(token) })
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all([auth.stop(), api.stop()])
})

/** A browser without a window: a program that follows the redirects and notes the page where they end. */
function fakeBrowser(change = 'url => url') {
  const path = join(folder, 'browser')
  const notes = join(folder, 'pages')
  writeFileSync(
    path,
    `#!${process.execPath}
const { appendFileSync } = require('node:fs')
const change = ${change}
fetch(process.argv[2], { redirect: 'manual' })
  .then(answer => fetch(change(answer.headers.get('location'))))
  .then(async answer => appendFileSync(${JSON.stringify(notes)}, (await answer.text()).match(/<h1>(.*)<.h1>/)[1] + '\\n'))
`,
  )
  chmodSync(path, 0o755)
  const pages = () => (existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').slice(0, -1) : [])
  /**
   * The pages that were shown, once there are so many: the browser may note the last after the program has
   * ended.
   */
  async function shown(count: number): Promise<string[]> {
    while (pages().length < count) await new Promise(resolve => setImmediate(resolve))
    return pages()
  }
  return { path, shown }
}

/**
 * Runs the program as a person does, whose environment is `more` alone; answers when it has ended by itself.
 */
function run(more: Record<string, string>, ...words: string[]) {
  const child = spawn(process.execPath, ['examples/run.mjs', 'cli/orders', ...words], {
    cwd: root,
    env: {
      AUTH_URL: auth.url,
      API_URL: api.url,
      CLIENT_ID: 'app',
      TOKENS: join(folder, 'tokens'),
      // no xdg-open of this machine
      PATH: folder,
      ...more,
    },
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', chunk => (output += chunk))
  child.stderr.on('data', chunk => (errors += chunk))
  const ended = new Promise<{ code: number | null; answer: unknown; errors: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => {
      try {
        resolve({ code, answer: JSON.parse(output), errors })
      } catch {
        reject(new Error(`the example ended with ${code}: ${output}${errors}`))
      }
    })
  })
  return { ended, errors: () => errors }
}

test('signs in with the browser, uses the kept token, renews it, signs out, and signs in again', async () => {
  const { path: BROWSER, shown } = fakeBrowser()
  const first = await run({ BROWSER }).ended
  expect(first).toEqual({ code: 0, answer: { signedIn: 'browser', data: { ok: true } }, errors: '' })
  expect(await shown(1)).toEqual(['Signed in'])
  expect(auth.counts.grants).toEqual({ authorization_code: 1 })
  const tokens = join(folder, 'tokens')
  for (const name of readdirSync(tokens).filter(name => name.endsWith('.json')))
    expect(statSync(join(tokens, name)).mode & 0o077).toBe(0)

  expect((await run({ BROWSER }).ended).answer).toEqual({ signedIn: 'kept', data: { ok: true } })
  expect(auth.counts.token).toBe(1)
  expect(api.counts.byToken.size).toBe(1)

  auth.revokeAccessTokens()
  expect((await run({ BROWSER }).ended).answer).toEqual({ signedIn: 'kept', data: { ok: true } })
  expect(auth.counts.grants).toEqual({ authorization_code: 1, refresh_token: 1 })

  expect(await run({ BROWSER }, 'logout').ended).toEqual({ code: 0, answer: { revoked: true }, errors: '' })
  expect(auth.activeTokens()).toEqual([])
  expect(await shown(1)).toEqual(['Signed in'])

  expect((await run({ BROWSER }).ended).answer).toEqual({ signedIn: 'browser', data: { ok: true } })
  expect(await shown(2)).toEqual(['Signed in', 'Signed in'])
})

test('says that the person refused, to them and to the shell', async () => {
  const denied = `url => { const to = new URL(url); to.searchParams.delete('code'); to.searchParams.set('error', 'access_denied'); return to }`
  const { path: BROWSER, shown } = fakeBrowser(denied)
  const { code, answer } = await run({ BROWSER }).ended
  expect(answer).toEqual({ failed: 'OAUTH_AUTHORIZATION_FAILED', error: 'access_denied' })
  expect(code).toBe(1)
  expect(await shown(1)).toEqual(['Not signed in'])
  expect(api.counts.requests).toBe(0)
})

test('shows the address where no browser opens, and goes on when it was opened by hand', async () => {
  const { ended, errors } = run({ DISPLAY: ':0' })
  let url: string | undefined
  while (!url) {
    await new Promise(resolve => setImmediate(resolve))
    url = /open this address in a browser: (\S+)\n/.exec(errors())?.[1]
  }
  expect((await fetch(await auth.authorize(url))).status).toBe(200)
  expect(await ended).toMatchObject({ code: 0, answer: { signedIn: 'browser', data: { ok: true } } })
})
