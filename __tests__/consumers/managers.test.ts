/**
 * Package managers of users: each installs the tarball beside axios, and what it installed is required and
 * imported.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../package/consumer.js'

const tools = join(root, 'tools/consumers/node_modules')
const [tarball] = readdirSync(join(root, '.tools/pack')).filter(name => name.endsWith('.tgz'))
const packed = `file:${join(root, '.tools/pack', `${tarball}`)}`

interface Manager {
  install: string[]
  /** Runs a script with what was installed. */
  node: string[]
  files?: Record<string, string>
}
const node = process.execPath
const berry = join(tools, '@yarnpkg/cli-dist/bin/yarn.js')
const yarnrc = (linker: string) =>
  `nodeLinker: ${linker}\nenableTelemetry: false\nenableGlobalCache: false\nenableImmutableInstalls: false\n`
const managers: Record<string, Manager> = {
  npm: { install: ['npm', 'install', '--no-audit', '--no-fund'], node: [node] },
  pnpm: {
    install: [node, join(tools, 'pnpm/bin/pnpm.mjs'), 'install', '--no-frozen-lockfile'],
    node: [node],
  },
  'yarn 1': { install: [node, join(tools, 'yarn/bin/yarn.js'), 'install', '--no-lockfile'], node: [node] },
  'yarn 4 with PnP': {
    install: [node, berry, 'install'],
    node: [node, berry, 'node'],
    files: { '.yarnrc.yml': yarnrc('pnp'), 'yarn.lock': '' },
  },
  'yarn 4 with node_modules': {
    install: [node, berry, 'install'],
    node: [node, berry, 'node'],
    files: { '.yarnrc.yml': yarnrc('node-modules'), 'yarn.lock': '' },
  },
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manager-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const run = ([program = '', ...options]: string[]) =>
  new Promise<{ status: number; output: string }>(resolve => {
    const env = { ...process.env, NODE_OPTIONS: '', CI: '' }
    execFile(program, options, { cwd: folder, env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve({ status: error ? 1 : 0, output: error ? `${stdout}${stderr}`.slice(-5000) : stdout.trim() }),
    )
  })

const body = (load: string) =>
  `${load}; console.log([typeof attachOAuth2(axios.create({ baseURL: 'https://a.example' }), createOAuth2Session({ client: { client_id: 'a' } })).detach, typeof jarm].join(' '))`

test.each(Object.keys(managers))('%s installs what can be required and imported', async name => {
  const manager = managers[name] as Manager
  const manifest = {
    name: 'application',
    private: true,
    dependencies: { axios: '1.21.1', 'axios-oauth-interceptor': packed },
  }
  const files = {
    'package.json': JSON.stringify(manifest),
    'required.cjs': body(
      "const axios = require('axios'); const { attachOAuth2, createOAuth2Session } = require('axios-oauth-interceptor'); const { jarm } = require('axios-oauth-interceptor/oidc')",
    ),
    'imported.mjs': body(
      "import axios from 'axios'; import { attachOAuth2, createOAuth2Session } from 'axios-oauth-interceptor'; import { jarm } from 'axios-oauth-interceptor/oidc'",
    ),
    ...manager.files,
  }
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content)
  const { status, output } = await run(manager.install)
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
  for (const script of ['required.cjs', 'imported.mjs'])
    expect(await run([...manager.node, script])).toEqual({ status: 0, output: 'function function' })
})
