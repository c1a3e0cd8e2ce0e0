/**
 * Judges the tarball that npm would publish: publint (does package.json tell the truth), are-the-types-wrong
 * (do types and code agree for every way TypeScript resolves), and what the package promises about its files.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { entries, readJson, root } from './entries.mjs'
import { pack } from './pack.mjs'

const failures = []
const fail = (isWrong, message) => isWrong && failures.push(message)
const tarball = pack()
const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
const packed = listed.map(path => path.replace(/^package\//, ''))
const read = path => readFileSync(join(root, 'dist', path), 'utf8')
const isCode = path => /\.c?js$/.test(path)
const isTypes = path => /\.d\.c?ts$/.test(path)
const names = entries().map(({ name }) => name)

function tool(name, ...options) {
  const command = [join(root, 'node_modules', name), ...options]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', cwd: root })
  fail(status !== 0, `${name}:\n${stdout}${stderr}`)
}

/** Every file that loading `path` loads, as its imports say; for types, every file of types. */
function reachable(path, seen = new Set()) {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const [, target] of read(path).matchAll(/(?:from\s*|import\s*|require\()['"]([^'"]+)['"]/g)) {
    if (!target.startsWith('.')) seen.add(target)
    else reachable(join(dirname(path), isTypes(path) ? target.replace(/\.(c?)js$/, '.d.$1ts') : target), seen)
  }
  return seen
}

/** Every build, its types and the folder for old bundlers, for every entry; and what does not belong. */
function checkFiles() {
  const { exports } = readJson('package.json')
  const ends = ['.js', '.cjs', '.d.ts', '.d.cts']
  const files = names.flatMap(name => [...ends.map(end => `dist/${name}${end}`), `dist/node/${name}.js`])
  const folders = names.slice(1).map(name => `${name}/package.json`)
  // the last two are what README links to
  const others = [
    'LICENSE',
    'dist/axios-oauth.iife.js',
    'dist/third-party-licenses.txt',
    'docs/errors.md',
    'examples/demo.mjs',
  ]
  for (const path of [...files, ...folders, ...others])
    fail(!packed.includes(path), `${path} is not in the tarball`)
  for (const name of names) fail(!exports[name === 'index' ? '.' : `./${name}`], `${name} is not in exports`)
  const stray = /\.map$|^(src|__tests__|tools|bench|node_modules)\//
  for (const path of packed) fail(stray.test(path), `${path} does not belong in the tarball`)
}

/**
 * The root is for everybody: it loads neither jose nor anything of Node's. Its light build has none of the
 * error texts: were they in it, its stand-ins would not be taken.
 */
function checkRoot() {
  for (const file of ['index.js', 'node/index.js', 'index.cjs']) {
    const all = [...reachable(file)]
    const foreign = all.filter(name => !isCode(name) && name !== 'axios' && name !== 'axios-retry')
    fail(foreign.length > 0, `dist/${file} loads ${foreign.join(', ')}`)
    const text = all.filter(isCode).map(read).join('\n')
    fail(/node_modules\/jose/.test(text), `dist/${file} carries jose`)
    const hasTexts = text.includes('There is no option called')
    fail(hasTexts !== (file !== 'index.js'), `dist/${file} ${hasTexts ? 'carries' : 'has no'} error texts`)
  }
  for (const name of names) {
    for (const end of ['js', 'cjs'])
      fail(
        name !== 'index' && reachable(`${name}.${end}`).has(`index.${end}`),
        `dist/${name}.${end} loads the root`,
      )
    fail(reachable(`${name}.cjs`).has('jose'), `dist/${name}.cjs requires jose, which is ES module only`)
  }
}

/** The types of the root declare the option of a request. */
function checkTypes() {
  for (const path of ['index.d.ts', 'index.d.cts']) {
    const text = [...reachable(path)].filter(isTypes).map(read).join('\n')
    fail(!/declare module ['"]axios['"]/.test(text), `dist/${path} lost declare module 'axios'`)
  }
}

checkFiles()
checkRoot()
checkTypes()
tool('publint/src/cli.js', 'run', tarball, '--strict')
const options = ['--format', 'ascii', '--no-emoji', '--no-definitely-typed']
tool('@arethetypeswrong/cli/dist/index.js', tarball, ...options)
if (failures.length > 0) console.error(`package:\n  ${failures.join('\n  ')}`)
else console.log(`package: ${packed.length} files, publint and are-the-types-wrong have nothing to say`)
process.exitCode = failures.length > 0 ? 1 : 0
