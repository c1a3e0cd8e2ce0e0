/**
 * `npm run test:matrix`: the packed package with every release of axios on every runtime, over real sockets.
 *   npm run test:matrix                            all of it; writes docs/compatibility.md
 *   npm run test:matrix -- sample                  what .ci/run takes
 *   npm run test:matrix -- axios=1.7.9 runtime=bun one cell; adapter=fetch narrows further
 *   npm run test:matrix -- keep runtime=workerd    a new runtime; the page gets its cells beside the others
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { pack } from '../../tools/pack.mjs'
import { launch } from '../browsers/drivers.mjs'
import { write } from './report.mjs'
import { runWorker } from './workerd.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const work = join(root, '.tools/matrix')
const modules = [join(here, 'node_modules'), join(here, 'all/node_modules')]

const words = process.argv.slice(2)
const isSample = words.includes('sample')
const wanted = Object.fromEntries(words.filter(word => word.includes('=')).map(word => word.split('=')))
const isWhole = words.length === 0
const isKept = words.includes('keep')

/** Installs one of the two folders, unless it is there. */
function install(folder) {
  if (existsSync(join(folder, 'node_modules'))) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

const readJson = path => JSON.parse(readFileSync(path, 'utf8'))
const find = name => modules.map(folder => join(folder, name)).find(existsSync)

const versionsOf = folder =>
  Object.keys(readJson(join(folder, 'package.json')).devDependencies)
    .filter(name => name.startsWith('axios-') && name !== 'axios-retry')
    .map(name => name.slice('axios-'.length))

const byVersion = (a, b) => {
  const [x, y] = [a, b].map(version => version.split('.').map(Number))
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2]
}
const isSince = (version, minor) => byVersion(version, `1.${minor}.0`) >= 0

// what a runtime is asked with; the program runs every case and prints the results
const node = bin => ({ command: () => [bin()], adapters: ['http', 'fetch'] })
const installed = name => () => join(find(name), 'bin/node')
const runtimes = {
  'Node 18': node(installed('node18')),
  [`Node ${process.versions.node.split('.')[0]}`]: node(() => process.execPath),
  'Node 22': node(installed('node22')),
  'Node 24': node(installed('node24')),
  'Node 26': node(installed('node26')),
  Bun: { command: () => [join(find('bun'), 'bin/bun.exe')], adapters: ['http', 'fetch'] },
  Deno: {
    command: () => [join(find('deno'), 'bin.cjs'), 'run', '-A', '--node-modules-dir=manual'],
    adapters: ['http', 'fetch'],
    isScript: true,
  },
  // the compatibility date switches Node's modules on; the earlier one leaves them out
  workerd: { date: '2026-11-01', adapters: ['fetch'] },
  'workerd without Node modules': { date: '2026-05-01', adapters: ['fetch'] },
  'React Native (emulated)': {
    command: () => [process.execPath, '-C', 'react-native', '--import', join(here, 'react-native.mjs')],
    adapters: ['http', 'fetch'],
  },
  Chromium: { browser: 'chromium', adapters: ['xhr', 'fetch'] },
  Firefox: { browser: 'firefox', adapters: ['xhr', 'fetch'] },
  WebKit: { browser: 'webkit', adapters: ['xhr', 'fetch'] },
}
const current = `Node ${process.versions.node.split('.')[0]}`
// every release runs on these; the others take the releases of the sample
const wide = [current, 'Chromium']
const inSample = [current, 'Bun', 'Deno', 'React Native (emulated)', 'workerd']

/** The releases that a runtime is tried with. */
function versionsFor(runtime, sample, all) {
  if (isSample && runtime === 'workerd') return sample.slice(-1)
  return wide.includes(runtime) || wanted.axios ? all : sample
}

function plan() {
  const sample = versionsOf(here)
  const all = isSample ? sample : [...new Set([...sample, ...versionsOf(join(here, 'all'))])].sort(byVersion)
  const cells = []
  for (const [runtime, { adapters }] of Object.entries(runtimes)) {
    if (wanted.runtime && runtime.toLowerCase() !== wanted.runtime.toLowerCase()) continue
    if (isSample && !inSample.includes(runtime)) continue
    for (const version of versionsFor(runtime, sample.sort(byVersion), all)) {
      if (wanted.axios && version !== wanted.axios) continue
      for (const adapter of adapters) {
        if (adapter === 'fetch' && !isSince(version, 7)) continue
        if (wanted.adapter && adapter !== wanted.adapter) continue
        cells.push({ runtime, version, adapter })
      }
    }
  }
  return cells
}

/** An application with one release of axios, and the package as npm would install it. */
function application(version) {
  const folder = join(work, 'applications', version)
  if (existsSync(folder)) return folder
  const modulesOf = join(folder, 'node_modules')
  mkdirSync(modulesOf, { recursive: true })
  cpSync(join(work, 'package'), join(modulesOf, 'axios-oauth-interceptor'), { recursive: true })
  symlinkSync(find(`axios-${version}`), join(modulesOf, 'axios'))
  for (const name of ['axios-retry', 'is-retry-allowed']) symlinkSync(find(name), join(modulesOf, name))
  symlinkSync(join(root, 'node_modules/jose'), join(modulesOf, 'jose'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  cpSync(join(work, 'cell.mjs'), join(folder, 'cell.mjs'))
  return folder
}

const refusal = 'axios 1.0.0 is broken and refused: its http adapter loses the question mark of a query'

/** Runs one cell as a program; answers its results, or one that says why there are none. */
function runProgram({ runtime, version, adapter }, { base, stranger }) {
  const { command, isScript } = runtimes[runtime]
  const [first, ...rest] = isScript ? [process.execPath, ...command()] : command()
  const cwd = application(version)
  return new Promise(resolve => {
    let [output, errors] = ['', '']
    const child = spawn(first, [...rest, 'cell.mjs', base, stranger, version, adapter, runtime], {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', DENO_NO_UPDATE_CHECK: '1' },
    })
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.stderr.on('data', chunk => {
      errors += chunk
    })
    const late = setTimeout(() => child.kill('SIGKILL'), 180_000)
    child.on('close', () => {
      clearTimeout(late)
      const line = output.trim().split('\n').pop() ?? ''
      try {
        resolve(JSON.parse(line))
      } catch {
        resolve([{ name: 'the program runs', outcome: 'failed', why: (errors || output).trim().slice(-400) }])
      }
    })
  })
}

/** Resolves packages as a bundler does that runs in the application: by the conditions of their exports. */
const asInstalled = folder => ({
  name: 'as-installed',
  setup(bundler) {
    bundler.onResolve(
      { filter: /^(axios|axios-retry|jose|axios-oauth-interceptor)(\/|$)/ },
      ({ path, kind, pluginData }) =>
        pluginData === folder
          ? undefined
          : bundler.resolve(path, { kind, resolveDir: folder, pluginData: folder }),
    )
  },
})

/** Puts one release of axios and the package into one file: a page's script, or a worker. */
async function bundleFor(version, options) {
  const { outputFiles } = await build({
    bundle: true,
    platform: 'browser',
    write: false,
    logLevel: 'silent',
    external: ['node:stream'],
    alias: {
      url: join(here, 'node-url.js'),
      crypto: join(here, 'node-crypto.js'),
    },
    plugins: [asInstalled(application(version))],
    ...options,
  })
  return outputFiles[0].text
}
const pageFor = version => bundleFor(version, { entryPoints: [join(here, 'page.ts')], format: 'iife' })

/** Runs one cell in workerd, bundled by the conditions that wrangler asks for. */
async function runInWorkerd(cell, { base, stranger }) {
  const { version, adapter, runtime } = cell
  try {
    const worker = await bundleFor(version, {
      entryPoints: [join(here, 'worker.ts')],
      format: 'esm',
      conditions: ['workerd', 'worker', 'browser'],
      external: ['node:*'],
    })
    const place = {
      folder: join(work, 'workers', `${version} on ${runtime}`),
      binary: createRequire(join(here, 'matrix.mjs'))('workerd').default,
      date: runtimes[runtime].date,
    }
    return await runWorker(worker, place, { base, stranger, version, adapter, runtime })
  } catch (error) {
    return [{ name: 'the worker runs', outcome: 'failed', why: `${error.message}`.slice(0, 400) }]
  }
}

async function runInBrowser(cell, browser, servers) {
  const { version, adapter, runtime } = cell
  let page
  try {
    page = await pageFor(version)
  } catch (error) {
    return [{ name: 'the page can be bundled', outcome: 'failed', why: `${error.message}`.slice(0, 300) }]
  }
  servers.pages.set(`/page-${version}.js`, page)
  servers.pages.set(
    `/page-${version}`,
    `<!doctype html><meta charset=utf-8><script src="/page-${version}.js"></script>`,
  )
  const tab = await browser.tab(`${servers.base}/page-${version}`, true)
  const options = { base: servers.base, stranger: servers.stranger, version, adapter, runtime }
  await tab.evaluate(`window.start(${JSON.stringify(options)})`)
  let results = null
  for (let tries = 0; tries < 600 && !results; tries++) {
    await new Promise(resolve => setTimeout(resolve, 200))
    results = JSON.parse((await tab.evaluate('JSON.stringify(window.results ?? null)')) ?? 'null')
  }
  await tab.close()
  return results ?? [{ name: 'the page runs', outcome: 'failed', why: 'it did not end within two minutes' }]
}

async function prepare() {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  install(here)
  if (!isSample) install(join(here, 'all'))
  execFileSync(process.execPath, ['tools/build.mjs'], { cwd: root, stdio: 'ignore' })
  const tarball = pack()
  mkdirSync(join(work, 'package'))
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(work, 'package')])
  const shared = { bundle: true, format: 'esm', platform: 'node', target: 'es2022', logLevel: 'silent' }
  await build({ ...shared, entryPoints: [join(here, 'server.ts')], outfile: join(work, 'server.mjs') })
  const external = ['axios', 'axios-oauth-interceptor']
  await build({ ...shared, entryPoints: [join(here, 'cell.ts')], outfile: join(work, 'cell.mjs'), external })
}

/** What runtimes say of themselves. */
function versionsOfRuntimes(names) {
  const commands = {
    Deno: [process.execPath, join(find('deno'), 'bin.cjs'), '--version'],
    Chromium: ['/usr/bin/chromium', '--version'],
    Firefox: ['/usr/bin/firefox-esr', '--version'],
    // its driver tells no version
    WebKit: ['dpkg-query', '-W', 'webkit2gtk-driver'],
  }
  const say = (name, { command, date }) => {
    if (date) return `${readJson(join(here, 'package.json')).devDependencies.workerd}, dated ${date}`
    const [program, ...options] = commands[name] ?? [command()[0], '--version']
    const words = execFileSync(program, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return /\d+\.\d+(\.\d+)*/.exec(words)?.[0] ?? words.trim()
  }
  return Object.fromEntries([...new Set(names)].map(name => [name, say(name, runtimes[name])]))
}

async function runPrograms(cells, servers, done) {
  const waiting = [...cells]
  const work = async () => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      const run = runtimes[cell.runtime].date ? runInWorkerd : runProgram
      done(cell, await run(cell, servers))
    }
  }
  await Promise.all([work(), work()])
}

async function runBrowsers(cells, servers, done) {
  for (const name of ['Chromium', 'Firefox', 'WebKit']) {
    const own = cells.filter(({ runtime }) => runtime === name)
    if (own.length === 0) continue
    const browser = await launch(runtimes[name].browser)
    for (const cell of own) done(cell, await runInBrowser(cell, browser, servers))
    await browser.close()
  }
}

const start = Date.now()
const cells = plan()
// Without a display WebKit would wait for ever, after ten minutes of work.
if (cells.some(({ runtime }) => runtime === 'WebKit') && !process.env.DISPLAY) {
  const again = ['-a', process.execPath, ...process.argv.slice(1)]
  const { status, error } = spawnSync('xvfb-run', again, { stdio: 'inherit' })
  if (error) console.error('WebKit needs a display: install xvfb, or choose another runtime=')
  process.exit(status ?? 1)
}
await prepare()
const { startServers } = await import(pathToFileURL(join(work, 'server.mjs')).href)
const pages = new Map()
const servers = { ...(await startServers(pages)), pages }
const outcomes = []
const done = (cell, results) => {
  outcomes.push({ ...cell, results })
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  const passed = results.filter(({ outcome }) => outcome === 'passed').length
  console.log(
    `axios ${cell.version} ${cell.adapter} on ${cell.runtime}: ${passed} passed, ${failed.length} failed`,
  )
  for (const { name, why } of failed) console.log(`    ${name}: ${why}`)
}
// 1.0.0 is in the table for its refusal
const isRefused = ({ version }) => version === '1.0.0'
for (const cell of cells.filter(isRefused)) outcomes.push({ ...cell, results: [], refused: refusal })
const rest = cells.filter(cell => !isRefused(cell))
await runPrograms(
  rest.filter(({ runtime }) => !runtimes[runtime].browser),
  servers,
  done,
)
await runBrowsers(
  rest.filter(({ runtime }) => runtimes[runtime].browser),
  servers,
  done,
)
servers.close()

const count = outcome =>
  outcomes.flatMap(({ results }) => results).filter(result => result.outcome === outcome).length
const failed = count('failed')
const seconds = Math.round((Date.now() - start) / 1000)
if (isWhole || isKept)
  write(outcomes, { runtimes: versionsOfRuntimes(outcomes.map(({ runtime }) => runtime)), seconds, isWhole })
if (process.env.CI_TOTALS) appendFileSync(process.env.CI_TOTALS, `${count('passed')} ${failed}\n`)
console.log(`\n${rest.length} cells, ${seconds} s`)
console.log(`${count('passed')} passed, ${failed} failed`)
process.exit(failed > 0 || rest.length === 0 ? 1 : 0)
