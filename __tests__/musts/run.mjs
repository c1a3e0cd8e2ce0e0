/**
 * `npm run test:musts`: switches off each refusal of the sources in turn; a test must fail. Refusals are
 * found over the syntax tree (refusals.mjs), so renamed functions and moved lines change nothing. The first
 * run notes which tests make which refusal fire, the next runs those tests without it. `--share 4` tries
 * every fourth refusal, `--only text` those whose name has this text. accepted.json lists the refusals that
 * no test can miss, each with its reason.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readJson, root } from '../../tools/entries.mjs'
import { refusalsIn } from './refusals.mjs'

const { values: options, positionals: paths } = parseArgs({
  options: { share: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
  allowPositionals: true,
})
// these folders simulate, load or look from outside: what they make fire is also tested beside the source
const tooLong = ['package', 'browsers', 'faults', 'load', 'matrix', 'scenarios', 'locks/processes']
const tries = 4
const scratch = join(root, '.tools/musts')
const record = join(scratch, 'fired.jsonl')
rmSync(scratch, { recursive: true, force: true })
mkdirSync(scratch, { recursive: true })

const sources = readdirSync(join(root, 'src'), { recursive: true }).filter(name => name.endsWith('.ts'))
const all = sources.flatMap(name => {
  const path = join(root, 'src', name)
  return refusalsIn(readFileSync(path, 'utf8'), path).map(refusal => ({
    id: `src/${name}#${refusal.name}`,
    name: refusal.name,
  }))
})
const accepted = readJson('__tests__/musts/accepted.json')
const chosen = all.filter(
  ({ id, name }, index) =>
    id.includes(options.only) && !(name in accepted) && index % Number(options.share) === 0,
)

/** Runs Jest with every refusal switchable. */
function jest(config, env = {}) {
  const path = join(scratch, 'jest.config.json')
  const common = {
    rootDir: root,
    testEnvironment: '<rootDir>/__tests__/musts/environment.mjs',
    moduleNameMapper: {
      '^(\\.{1,2}/.*)\\.js$': '$1',
      '^axios-oauth-interceptor$': '<rootDir>/src/index.ts',
      '^axios-oauth-interceptor/(?!package\\.json)(.*)$': '<rootDir>/src/$1.ts',
    },
    transform: { '^.+\\.[cm]?[tj]s$': '<rootDir>/__tests__/musts/transformer.mjs' },
    transformIgnorePatterns: ['/node_modules/(?!(?:jose|oauth4webapi|@angular|svelte|esm-env)/)'],
    testTimeout: 15_000,
    maxWorkers: '100%',
  }
  writeFileSync(path, JSON.stringify({ ...common, ...config }))
  const results = join(scratch, 'results.json')
  // a test that fails here on purpose is no failure of the run that this belongs to
  const { CI_TOTALS: _, ...rest } = process.env
  const command = [join(root, 'node_modules/jest/bin/jest.js'), '-c', path, '--silent', '--forceExit']
  spawnSync(process.execPath, [...command, '--json', '--outputFile', results], {
    cwd: root,
    env: { ...rest, ...env },
    stdio: ['ignore', 'ignore', process.env.MUSTS_DEBUG ? 'inherit' : 'ignore'],
  })
  return JSON.parse(readFileSync(results, 'utf8'))
}

const started = Date.now()
const seconds = () => Math.round((Date.now() - started) / 1000)
const tests = paths.length > 0 ? paths : ['']
const whole = jest(
  {
    roots: ['<rootDir>/__tests__'],
    testRegex: tests.map(path => `/__tests__/.*${path}.*\\.test\\.ts$`),
    testPathIgnorePatterns: tooLong.map(name => `/__tests__/${name}[/.]`),
  },
  { MUSTS_RECORD: record },
)
const broken = whole.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name)
console.log(
  `musts: ${chosen.length} of ${all.length} refusals; ${whole.numPassedTests} tests run once (${seconds()} s)`,
)

const isBeside = ({ file, id }) => file.includes(`/__tests__/${id.split('/')[1]}/`)
const fired = new Map()
const lines = existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : []
for (const one of lines.filter(Boolean).map(line => JSON.parse(line))) {
  if (!broken.includes(one.file)) fired.set(one.id, [...(fired.get(one.id) ?? []), one])
}
for (const places of fired.values())
  places.sort(
    (a, b) => isBeside(b) - isBeside(a) || a.tests.length - b.tests.length || a.file.localeCompare(b.file),
  )

let alive = chosen
for (let round = 0; round < tries; round += 1) {
  const wrappers = alive.filter(({ id }) => fired.get(id)?.[round])
  if (wrappers.length === 0) break
  const folder = join(scratch, `round-${round}`)
  mkdirSync(folder)
  for (const [index, { id }] of wrappers.entries()) {
    const { file, tests: wanted } = fired.get(id)[round]
    writeFileSync(join(folder, `${index}.json`), JSON.stringify({ off: id, wanted }))
    writeFileSync(join(folder, `${index}.test.ts`), `require(${JSON.stringify(file)})\n`)
  }
  const { testResults } = jest({ roots: [folder], testMatch: ['**/*.test.ts'] })
  const caught = new Set()
  for (const { name, status } of testResults)
    if (status === 'failed') caught.add(wrappers[Number(/(\d+)\.test\.ts$/.exec(name)[1])].id)
  alive = alive.filter(({ id }) => !caught.has(id))
}

const silent = alive.filter(({ id }) => !fired.has(id))
for (const { id } of silent) console.error(`  no test makes it refuse: ${id}`)
for (const { id } of alive) if (fired.has(id)) console.error(`  no test fails without it: ${id}`)
for (const file of broken) console.error(`  fails before anything is switched off: ${file}`)
const gone = Object.keys(accepted).filter(accept => !all.some(({ name }) => name === accept))
for (const name of gone) console.error(`  accepted, and no longer there: ${name}`)
console.log(`musts: ${chosen.length - alive.length} noticed, ${alive.length} not (${seconds()} s)`)
process.exitCode = alive.length + broken.length + gone.length > 0 || chosen.length === 0 ? 1 : 0
