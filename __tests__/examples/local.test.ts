import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { browserAt } from '../routes/site.js'
import { browser } from '../servers/browser.js'

const root = join(__dirname, '../..')
jest.setTimeout(60_000)

let child: ChildProcess | undefined
afterEach(
  () =>
    new Promise<void>(resolve => {
      if (!child || child.exitCode !== null) return resolve()
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
    }),
)

/** Starts a program as a person does; answers its output and its errors as far as they have come. */
function start(name: string, more: Record<string, string> = {}) {
  child = spawn(process.execPath, ['examples/local.mjs', name], {
    cwd: root,
    env: { ...process.env, ...more },
  })
  const streams = { output: '', errors: '' }
  child.stdout?.on('data', chunk => (streams.output += chunk))
  child.stderr?.on('data', chunk => (streams.errors += chunk))
  const running = child
  /** The first match in one of the two; fails when the program ends before. */
  const find = async (stream: keyof typeof streams, pattern: RegExp): Promise<string> => {
    for (;;) {
      const [, found] = pattern.exec(streams[stream]) ?? []
      if (found) return found
      if (running.exitCode !== null) throw new Error(`ended with ${running.exitCode}: ${streams.errors}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  return { streams, find, running }
}

const freePort = () =>
  new Promise<string>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(String(port)))
    })
  })

test('one command starts the server with all that it needs, and a person can sign in', async () => {
  const { find } = start('express', { PORT: await freePort() })
  const site = await find('output', /"url": "(.*)"/)
  const { go } = browserAt(site)
  const { location = '' } = await go('/auth/login/orders?return_to=/orders')
  const { pathname, search } = new URL((await browser().visit(location)).url)
  expect(await go(pathname + search)).toMatchObject({ status: 303, location: '/orders' })
  expect(await go('/orders')).toMatchObject({ status: 200, body: '{"ok":true}' })
})

test('one command starts the page with its two APIs', async () => {
  const { find } = start('react-spa', { PORT: await freePort() })
  const site = await find('output', /(http:\S+)/)
  expect(await (await fetch(`${site}/any/path`)).text()).toContain('<main id="root">')
  const script = await (await fetch(`${site}/src/main.tsx`)).text()
  const [, issuer] = /VITE_AUTH_URL"?: "(http:\/\/127[^"]*)"/.exec(script) ?? []
  const metadata = await fetch(`${issuer}/.well-known/openid-configuration`)
  expect(await metadata.json()).toMatchObject({ issuer })
})

test('one command runs the program for the terminal, which ends when the person has signed in', async () => {
  const { find, streams, running } = start('cli', { CI: '', DISPLAY: ':0', PATH: '' })
  const url = await find('errors', /open this address in a browser: (\S+)\n/)
  expect((await fetch((await browser().visit(url)).url)).status).toBe(200)
  await new Promise(resolve => running.once('exit', resolve))
  expect(JSON.parse(streams.output)).toEqual({ signedIn: 'browser', data: { ok: true } })
})

test('a name that is none says which there are', async () => {
  const { running, streams } = start('nothing')
  await new Promise(resolve => running.once('exit', resolve))
  expect(streams.errors).toMatch(/react-spa \| express \| cli/)
})
