/**
 * `npm run readme`: writes what README.md shows of real runs. The picture (docs/storm.svg) is drawn from the
 * recorded run docs/storm.json, the table of peers comes from bench/peers.ts, the sizes from the budgets that
 * `npm run check -- size` keeps. `--check` writes nothing and fails where a fresh run says something else:
 * times differ from run to run, counts must not.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root } from '../../tools/entries.mjs'
import { between, table } from '../../tools/page.mjs'
import { drawStorm } from './storm.mjs'

const { budgets, families } = readJson('tools/size-budgets.json')

const isCheck = process.argv.includes('--check')
const stale = []

/** Runs a program of this repository and answers what it prints as data. */
function run(...command) {
  const env = { ...process.env, NODE_ENV: 'test' }
  const options = { cwd: root, encoding: 'utf8', timeout: 60_000, env }
  const line = ['--import', './tools/register.mjs', ...command]
  const { status, stdout, stderr } = spawnSync(process.execPath, line, options)
  if (status !== 0) throw new Error(`${command[0]} failed:\n${stderr}`)
  return JSON.parse(stdout)
}

/** Writes a file, or notes that it is stale. */
function put(path, text) {
  const file = join(root, path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  if (isCheck) stale.push(path)
  else writeFileSync(file, text)
}

/** The run as it is recorded: milliseconds, and nothing that differs for no reason. */
function recordStorm({ facts, requests, renewals }) {
  const ms = seconds => Math.round(seconds * 1000)
  return {
    facts,
    renewals: renewals.map(({ start, end }) => [ms(start), ms(end)]),
    requests: requests.map(({ start, sends }) => ({
      start: ms(start),
      sends: sends.map(send => [ms(send.start), ms(send.end), send.status]),
    })),
  }
}

function picture() {
  const path = 'docs/storm.json'
  const fresh = recordStorm(run('examples/storm.ts'))
  if (!isCheck)
    writeFileSync(
      join(root, path),
      `${JSON.stringify(fresh).replace('"renewals"', '\n"renewals"').replaceAll('{"start"', '\n{"start"')}\n`,
    )
  const recorded = readJson(path)
  if (JSON.stringify(recorded.facts) !== JSON.stringify(fresh.facts)) stale.push(path)
  put('docs/storm.svg', drawStorm(recorded))
}

function peersTable() {
  const [[, ...names], ...rows] = run('bench/peers.ts', '--json')
  const head = [`with axios ${readJson('node_modules/axios/package.json').version}`, ...names]
  return table([head, ...rows])
}

function sizesTable() {
  const budget = name => budgets.find(one => one.name === name).max
  const [{ max, except }] = families
  const grant = `${max} kB at most; authorization code with PKCE ${except.authorizationCodeGrant} kB`
  return table([
    ['what a page loads, minified and gzipped', 'at most'],
    ['attaching, sessions, bearer tokens, renewal, `memoryStore`', `${budget('bearer')} kB`],
    ['a grant beside it', grant],
    ['DPoP beside it', `${budget('dpop')} kB`],
    ['OAuth 1.0a alone', `${budget('oauth1')} kB`],
  ])
}

picture()
const readme = readFileSync(join(root, 'README.md'), 'utf8')
put('README.md', between(between(readme, 'peers', peersTable()), 'sizes', sizesTable()))

if (stale.length > 0) console.error(`readme: stale: ${stale.join(', ')}. Run: npm run readme`)
process.exitCode = stale.length > 0 ? 1 : 0
