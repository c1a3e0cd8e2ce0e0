/**
 * `npm run compatibility`: writes docs/compatibility.md from the records that the runs leave behind in
 * __tests__/compatibility: matrix.json by `npm run test:matrix`, consumers.json by `npm run test:consumers`
 * and neighbours.json by `npm run test:neighbours`. `--check` writes nothing and fails where the page says
 * something else than the records, where a record names another version than the lock files, or where it
 * names too few.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readJson, root } from '../../tools/entries.mjs'
import { table } from '../../tools/page.mjs'
import { kinds } from './kinds.mjs'

const page = join(root, 'docs/compatibility.md')
/** What the last run left behind. */
export const recordOf = name => readJson(`__tests__/compatibility/${name}.json`)

/** The version in a lock file: `tools/consumers#vite` is Vite of that folder, `#npm` the installed npm. */
export function versionOf(place) {
  const [folder, name] = place.split('#')
  if (!folder) return execFileSync(name, ['--version'], { encoding: 'utf8' }).trim()
  const { packages } = readJson(join(folder, 'package-lock.json'))
  return packages[`node_modules/${name}`].version
}

/** Keeps what a run found. */
export function keep(name, record) {
  writeFileSync(
    join(root, `__tests__/compatibility/${name}.json`),
    `${JSON.stringify(record).replace(/\{"(name|version|reason)"/g, '\n{"$1"')}\n`,
  )
}

const order = (a, b) => {
  const [x, y] = [a, b].map(version => version.split('.').map(Number))
  return y[0] - x[0] || y[1] - x[1] || y[2] - x[2]
}

function mark(cell) {
  if (!cell) return ''
  if (cell.refused) return 'refused'
  return cell.failed > 0 ? `**${cell.failed} failed** of ${cell.failed + cell.passed}` : `${cell.passed}`
}

const list = reasons =>
  reasons.map(({ reason, count, cells }) => `- ${reason} (${cells?.join(', ') ?? `${count} cells`})`)

function matrix() {
  const { runs, runtimes, cells, failed, leftOut } = recordOf('matrix')
  const columns = [...new Set(cells.map(({ runtime, adapter }) => `${runtime}, ${adapter}`))]
  const versions = [...new Set(cells.map(({ version }) => version))].sort(order)
  const at = (version, column) =>
    cells.find(cell => cell.version === version && `${cell.runtime}, ${cell.adapter}` === column)
  return [
    '## Releases of axios and runtimes',
    '',
    'From `npm run test:matrix`: the packed package with every release of axios, on every runtime, over real sockets. A number',
    'says how many cases passed in a cell; an empty cell was not run, because the adapter is not there or because the runtime takes a',
    'sample of the releases.',
    '',
    `${versions.length} releases of axios, ${Object.keys(runtimes).length} runtimes, ${cells.length} cells: ${runs
      .map(run => `${run.cells} on ${run.date} in ${run.seconds} seconds`)
      .join(', ')}.`,
    `The runtimes: ${Object.entries(runtimes)
      .map(([name, version]) => `${name.replace(/^Node \d+$/, 'Node')} ${version}`)
      .join('; ')}.`,
    '1.14.1 and 0.30.4 were hijacked, are gone from npm, and are never installed. 1.0.0 is refused: its http adapter loses the',
    'question mark of a query.',
    '',
    table([
      ['axios', ...columns],
      ...versions.map(version => [version, ...columns.map(column => mark(at(version, column)))]),
    ]),
    '',
    ...(failed.length > 0 ? ['### What failed', '', ...list(failed), ''] : []),
    '### What was left out',
    '',
    ...list(leftOut),
    '',
  ]
}

function section(name) {
  const { title, words } = kinds[name]
  const { date, rows } = recordOf(name)
  return [
    `## ${title}`,
    '',
    ...words,
    '',
    `${rows.length} of them, ${rows.reduce((sum, { passed }) => sum + passed, 0)} tests, ${date}.`,
    '',
    table([
      [kinds[name].head, 'version', 'what was run', 'tests passed'],
      ...rows.map(({ name: row, versions, what, passed }) => [row, versions.join(', '), what, passed]),
    ]),
    '',
  ]
}

function render() {
  return [
    '# Compatibility',
    '',
    'Real runs wrote this page, with the versions that they used. `npm run compatibility` renders it from the records of the runs, and',
    '`npm run check -- compatibility` fails when the page, the records and the installed versions differ.',
    '',
    '- [Releases of axios and runtimes](#releases-of-axios-and-runtimes)',
    ...Object.values(kinds).map(({ title }) => `- [${title}](#${title.toLowerCase().replaceAll(' ', '-')})`),
    '',
    ...matrix(),
    ...section('consumers'),
    ...section('neighbours'),
  ].join('\n')
}

/** What makes a record stale: another version than the one installed, a row too few or too many. */
function staleness(name) {
  const { rows: expected, atLeast } = kinds[name]
  const { rows } = recordOf(name)
  const problems = rows.length < atLeast ? [`${name}: ${rows.length} rows, ${atLeast} are promised`] : []
  for (const { name: row, versions, what } of expected) {
    const found = rows.find(one => one.name === row)
    // npm comes with Node and differs from machine to machine
    const isPinned = versions.every(place => !place.startsWith('#'))
    const installed = isPinned ? versions.map(versionOf) : found?.versions
    if (`${found?.versions}` !== `${installed}` || found?.what !== what)
      problems.push(`${name}: ${row} was run with ${found?.versions ?? 'nothing'}, ${installed} is installed`)
  }
  return problems
}

/** Writes the page, or answers what is stale. */
export function compatibility(isCheck) {
  const text = render()
  if (!isCheck) {
    writeFileSync(page, text)
    return []
  }
  const isSame = existsSync(page) && readFileSync(page, 'utf8') === text
  return [
    ...(isSame ? [] : ['docs/compatibility.md is not what the records say. Run: npm run compatibility']),
    ...Object.keys(kinds).flatMap(name =>
      staleness(name).map(problem => `${problem}. Run: npm run test:${name}`),
    ),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = compatibility(process.argv.includes('--check'))
  for (const problem of problems) console.error(`compatibility: ${problem}`)
  if (problems.length === 0) console.log('compatibility: the page is what the records of the runs say')
  process.exitCode = problems.length > 0 ? 1 : 0
}
