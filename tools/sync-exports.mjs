/**
 * Writes `exports` of package.json from the entries that exist, because forty hand-written conditions are
 * forty places for a wrong extension. `--check` changes nothing and fails where package.json says something
 * else.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries, root } from './entries.mjs'

/** Where the full build is taken: outside browsers, and while an application is developed. */
const full = ['node', 'deno', 'bun', 'workerd', 'development']
const fullBuild = name => Object.fromEntries(full.map(runtime => [runtime, `./dist/node/${name}.js`]))

const esm = name => ({ types: `./dist/${name}.d.ts`, ...fullBuild(name), default: `./dist/${name}.js` })
const cjs = name => ({ types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` })

function exportsOf(list) {
  const both = list.map(({ name }) => [
    name === 'index' ? '.' : `./${name}`,
    { import: esm(name), require: cjs(name) },
  ])
  return { ...Object.fromEntries(both), './package.json': './package.json' }
}

const path = join(root, 'package.json')
const before = readFileSync(path, 'utf8')
const list = entries()
const folders = [
  ...new Set(list.filter(({ name }) => name !== 'index').map(({ name }) => name.split('/')[0])),
]
const after = `${JSON.stringify({ ...JSON.parse(before), exports: exportsOf(list), files: ['dist', 'CHANGELOG.md', 'docs', 'examples', 'llms.txt', 'skills', ...folders] }, null, 2)}\n`

if (before === after) {
  console.log(`exports: ${list.length} entries, package.json agrees`)
} else if (process.argv.includes('--check')) {
  console.error('exports: package.json does not list the entries that src/ has. Run: npm run exports')
  process.exitCode = 1
} else {
  writeFileSync(path, after)
  console.log(`exports: wrote ${list.length} entries to package.json`)
}
