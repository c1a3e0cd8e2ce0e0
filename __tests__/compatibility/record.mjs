/**
 * `npm run test:consumers` and `npm run test:neighbours`: runs the tests, and keeps what ran in
 * __tests__/compatibility for docs/compatibility.md. A run of some (`-t Parcel`) counts beside those of the
 * last whole run, so that a red test can be run again alone. In CI nothing is kept.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../tools/entries.mjs'
import { kinds } from './kinds.mjs'
import { compatibility, keep, versionOf } from './page.mjs'

/** How Jest is asked for the tests of each kind. */
const runs = {
  consumers: [
    ['--selectProjects', 'consumers', '--runInBand'],
    [
      ...['--selectProjects', 'package', '--runInBand', '--testPathPatterns'],
      'package/(runners|types|webpack4|script|working)',
    ],
  ],
  neighbours: [['--selectProjects', 'unit', '--testPathPatterns', 'axios/(interop|neighbours)']],
}

const [kind, ...options] = process.argv.slice(2)
const isWhole = options.length === 0
const scratch = mkdtempSync(join(tmpdir(), 'ran-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Runs Jest; answers whether all passed, and the status of each test by its file and name. */
function run(command, index) {
  const outputFile = join(scratch, `${index}.json`)
  const { status } = spawnSync(
    'npx',
    ['jest', ...command, '--json', '--outputFile', outputFile, ...options],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8'))
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(result => result.status === 'passed' || result.status === 'failed')
      .map(result => [`${name.slice(root.length)} ${result.fullName}`, result.status]),
  )
  return { isGreen: status === 0, tests }
}

// in CI only a part is run, of the first of them: nobody waits for compilers there that other parts ask for
const ran = (process.env.CI ? runs[kind].slice(0, 1) : runs[kind]).map(run)
const isGreen = ran.every(one => one.isGreen)

const file = join(root, `.tools/ran/${kind}.json`)
const before = !isWhole && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
const statuses = { ...before, ...Object.fromEntries(ran.flatMap(({ tests }) => tests)) }

/** Writes the record and the page; answers what stands in the way. */
function record() {
  mkdirSync(join(root, '.tools/ran'), { recursive: true })
  writeFileSync(file, JSON.stringify(statuses))
  const rows = kinds[kind].rows.map(({ name, versions, tests: [path, pattern], what }) => {
    const own = Object.keys(statuses).filter(test => {
      const [place] = test.split('.test.ts ')
      return place.includes(path) && pattern.test(test.slice(place.length + '.test.ts '.length))
    })
    return { name, versions: versions.map(versionOf), what, passed: own.length }
  })
  const failed = Object.keys(statuses).filter(test => statuses[test] === 'failed')
  const missing = rows.filter(({ passed }) => passed === 0).map(({ name }) => name)
  if (failed.length + missing.length === 0) {
    keep(kind, { date: new Date().toISOString().slice(0, 10), rows })
    compatibility(false)
  }
  return [...failed.map(test => `failed: ${test}`), ...missing.map(name => `no test ran for ${name}`)]
}

const problems = process.env.CI ? [] : record()
for (const problem of problems) console.error(problem)
process.exitCode = isGreen && problems.length === 0 ? 0 : 1
