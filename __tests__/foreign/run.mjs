/**
 * Suites that others wrote, against this package: `npm run test:foreign` runs all,
 * `npm run test:foreign -- wycheproof` one. The results are written to docs/proof.md. In CI nothing is
 * written: there the page must say what the run found.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJson, root } from '../../tools/entries.mjs'
import { install } from '../support/prepare.mjs'

const suites = readJson('__tests__/foreign/suites.json')
const page = join(root, 'docs/proof.md')
const asked = process.argv.slice(2)
const unknown = asked.filter(name => !(name in suites))
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. There are: ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}
const names = asked.length > 0 ? asked : Object.keys(suites)

const scratch = mkdtempSync(join(tmpdir(), 'foreign-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Runs suites and answers how many tests of each passed, and whether all did. */
function run(names) {
  const outputFile = join(scratch, 'results.json')
  const files = names.map(name => join(root, `__tests__/foreign/${name}.test.ts`))
  const { status } = spawnSync(
    'npx',
    [
      'jest',
      '--selectProjects',
      'foreign',
      '--json',
      '--outputFile',
      outputFile,
      '--runTestsByPath',
      ...files,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8'))
  const passed = Object.fromEntries(
    names.map(name => {
      const result = testResults.find(({ name: path }) => path.endsWith(`/${name}.test.ts`))
      return [name, result.assertionResults.filter(({ status }) => status === 'passed').length]
    }),
  )
  return { passed, isGreen: status === 0 }
}

/** The table's row of a suite. */
const rowOf = (name, count, date) => {
  const { suite, version, leftOut } = suites[name]
  return `| \`${name}\` | ${suite} | ${version} | ${date} | ${count} | ${leftOut} |`
}

/** What the page says today, by suite: the row, and how many passed. */
function rowsOf(text) {
  const rows = [...text.matchAll(/^\| `([\w-]+)` \|.*$/gm)]
  return Object.fromEntries(rows.map(([row, name]) => [name, { row, count: Number(row.split('|').at(-3)) }]))
}

/**
 * The cases that a suite's package decides otherwise, by the reason: from a file of its own, or from the rows
 * of its table.
 */
function reasonsOf(name) {
  const differences = `__tests__/foreign/differences/${name}.json`
  if (existsSync(join(root, differences))) return readJson(differences)
  const table = `__tests__/foreign/tables/${name}.json`
  const reasons = {}
  if (!existsSync(join(root, table))) return reasons
  for (const { test, case: one, why } of readJson(table)) {
    if (!why) continue
    reasons[why] ??= []
    reasons[why].push(`${test}: ${one}`)
  }
  return reasons
}

/** One list of differences for each suite that has some. */
function differencesOf(name) {
  const reasons = Object.entries(reasonsOf(name))
  if (reasons.length === 0) return ''
  const lines = reasons.map(
    ([why, cases]) => `| ${why} | ${cases.length} | ${cases.map(one => `\`${one}\``).join(', ')} |`,
  )
  return `\n### ${name}\n\n| Why | Cases | Which |\n|---|---|---|\n${lines.join('\n')}\n`
}

function write(text, rows) {
  const table = Object.keys(suites)
    .filter(name => rows[name])
    .map(name => rows[name].row)
  const results = `| Command | Suite | Version | Date | Passed | Left out, and why |\n|---|---|---|---|---|---|\n${table.join('\n')}`
  const differences = Object.keys(suites).map(differencesOf).join('')
  return text
    .replace(/(<!-- results -->\n)[\s\S]*?(\n<!-- end -->)/, (_, begin, end) => `${begin}${results}${end}`)
    .replace(
      /(<!-- differences -->\n)[\s\S]*?(\n<!-- end -->)/,
      (_, begin, end) => `${begin}${differences}${end}`,
    )
}

if (names.includes('mcp')) install('tools/mcp', '@modelcontextprotocol/conformance', '--ignore-scripts')
const { passed, isGreen } = run(names)
const text = readFileSync(page, 'utf8')
const rows = rowsOf(text)
let isFresh = true
for (const name of names) {
  console.log(`${name}: ${passed[name]} passed`)
  if (rows[name]?.count !== passed[name]) isFresh = false
  rows[name] = { row: rowOf(name, passed[name], new Date().toISOString().slice(0, 10)), count: passed[name] }
}
if (process.env.CI) {
  if (!isFresh) console.error('docs/proof.md has other numbers. Run: npm run test:foreign')
} else if (isGreen) writeFileSync(page, write(text, rows))
process.exitCode = isGreen && (isFresh || !process.env.CI) ? 0 : 1
