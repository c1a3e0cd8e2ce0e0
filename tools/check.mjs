/**
 * `npm run check`: everything that is judged without running the product. `npm run check -- size docs` runs
 * these alone. All of them run, also after one has failed: a person wants the whole list.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './entries.mjs'

const bin = path => join('node_modules', path)
const typescripts = [bin('typescript/lib/tsc.js'), bin('typescript7/lib/tsc.js')]
const projects = ['tsconfig.json', 'tsconfig.test.json']
const colours = `--colors=${process.stdout.isTTY ? 'force' : 'off'}`
const cruiser = bin('dependency-cruiser/bin/dependency-cruise.mjs')

const checks = {
  exports: [['tools/exports.mjs', '--check']],
  types: typescripts.flatMap(tsc => projects.map(project => [tsc, '-p', project])),
  lint: [[bin('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', colours]],
  words: [['tools/check-words.mjs']],
  layers: [[cruiser, '--config', '.dependency-cruiser.mjs', 'src']],
  docstrings: [['tools/check-docstrings.mjs']],
  docs: [['tools/check-docs.mjs']],
  standards: [['__tests__/rfc/standards.mjs', '--check']],
  readme: [['bench/pictures/readme.mjs', '--check']],
  compatibility: [['__tests__/compatibility/page.mjs', '--check']],
  build: [['tools/build.mjs']],
  package: [['tools/check-package.mjs']],
  size: [['tools/check-size.mjs']],
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !(name in checks))
if (unknown.length > 0)
  throw new Error(`No such check: ${unknown.join(', ')}. There are: ${Object.keys(checks).join(', ')}`)

const results = []
for (const name of wanted.length > 0 ? wanted : Object.keys(checks)) {
  const start = Date.now()
  const failed = checks[name].filter(
    command => spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status !== 0,
  )
  results.push({ name, ok: failed.length === 0, seconds: (Date.now() - start) / 1000 })
}
console.log()
for (const { name, ok, seconds } of results)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`)
const failed = results.filter(({ ok }) => !ok)
if (process.env.CI_TOTALS)
  appendFileSync(process.env.CI_TOTALS, `${results.length - failed.length} ${failed.length}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
