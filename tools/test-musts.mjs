/**
 * A test that cannot fail proves nothing: breaks each MUST of __tests__/rfc/mutants/ by an edit of one place, in a copy, and
 * runs the tests of that RFC, which must fail. `node tools/test-musts.mjs`, or with names (or their beginnings) for some.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJson, root } from './entries.mjs'

const wanted = process.argv.slice(2)
const folder = '__tests__/rfc/mutants'
const mutants = readdirSync(join(root, folder))
  .flatMap(file => Object.entries(readJson(`${folder}/${file}`)))
  .filter(([name]) => wanted.length === 0 || wanted.some(start => name.startsWith(start)))
if (mutants.length === 0) throw new Error(`No such MUST: ${wanted.join(', ')}`)

const copies = []
process.on('exit', () => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true })
})
process.on('SIGINT', () => process.exit(1))

function makeCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'musts-'))
  copies.push(copy)
  for (const name of [
    'src',
    '__tests__',
    'tools',
    'package.json',
    'jest.config.ts',
    'tsconfig.json',
    'tsconfig.test.json',
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** A text, however its lines are broken. */
const pattern = text =>
  new RegExp(
    text
      .trim()
      .split(/\s+/)
      .map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('\\s+'),
    'g',
  )

// what fails here on purpose is not a failure of the run that this belongs to
const { CI_TOTALS: _, ...env } = process.env

const passes = (copy, tests) =>
  new Promise(resolve => {
    spawn(
      process.execPath,
      [join(root, 'node_modules/jest/bin/jest.js'), '--silent', '--bail', '--runInBand', ...tests],
      { cwd: copy, env, stdio: 'ignore' },
    ).on('close', status => resolve(status === 0))
  })

const failures = []
const waiting = [...mutants]

async function work(copy) {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const [name, { file, find, replace, tests }] = next
    const path = join(copy, 'src', file)
    const text = readFileSync(path, 'utf8')
    const places = text.match(pattern(find)) ?? []
    if (places.length !== 1) {
      failures.push(`${name}: what it edits stands ${places.length} times in src/${file}`)
      continue
    }
    writeFileSync(
      path,
      text.replace(pattern(find), () => replace),
    )
    if (await passes(copy, tests)) failures.push(`${name}: not noticed`)
    writeFileSync(path, text)
  }
}

const first = makeCopy()
if (await passes(first, [...new Set(mutants.flatMap(([, { tests }]) => tests))])) {
  await Promise.all([work(first), work(makeCopy())])
} else failures.push('the tests fail before anything is broken')

if (failures.length > 0) {
  console.error(`musts:\n${failures.map(failure => `  ${failure}`).join('\n')}`)
  process.exitCode = 1
} else {
  console.log(`musts: each of ${mutants.length} broken MUSTs was noticed`)
}
