/**
 * A test that cannot fail proves nothing: breaks each MUST of __tests__/rfc/mutants.json by an edit of one place, in a copy,
 * and runs the tests of that RFC, which must fail. `node tools/test-musts.mjs`, or with names (or their beginnings) for some.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJson, root } from './entries.mjs'

const wanted = process.argv.slice(2)
const mutants = Object.entries(readJson('__tests__/rfc/mutants.json')).filter(
  ([name]) => wanted.length === 0 || wanted.some(start => name.startsWith(start)),
)
if (mutants.length === 0) throw new Error(`No such MUST: ${wanted.join(', ')}`)

const copy = mkdtempSync(join(tmpdir(), 'musts-'))
process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(1))
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

const passes = tests =>
  spawnSync(
    process.execPath,
    [join(root, 'node_modules/jest/bin/jest.js'), '--silent', '--bail', '--runInBand', ...tests],
    {
      cwd: copy,
      encoding: 'utf8',
    },
  ).status === 0

const failures = []
const sound = [...new Set(mutants.flatMap(([, { tests }]) => tests))]
if (!passes(sound)) failures.push('the tests fail before anything is broken')
for (const [name, { file, find, replace, tests }] of failures.length ? [] : mutants) {
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
  if (passes(tests)) failures.push(`${name}: not noticed`)
  writeFileSync(path, text)
}

if (failures.length > 0) {
  console.error(`musts:\n${failures.map(failure => `  ${failure}`).join('\n')}`)
  process.exitCode = 1
} else {
  console.log(`musts: each of ${mutants.length} broken MUSTs was noticed`)
}
