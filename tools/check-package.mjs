/**
 * Judges the tarball that npm would publish: publint (does package.json tell the truth), are-the-types-wrong
 * (do types and code agree for every way TypeScript resolves), and what the package promises about its files.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { entries, readJson, root } from './entries.mjs'
import { pack } from './pack.mjs'

const failures = []
const tarball = pack()
const packed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .map(path => path.replace(/^package\//, ''))
const inTarball = path => packed.includes(path)

function tool(name, ...options) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', name), ...options],
    {
      encoding: 'utf8',
      cwd: root,
    },
  )
  if (status !== 0) failures.push(`${name}:\n${stdout}${stderr}`)
}

/** Every build, its types and the folder for old bundlers, for every entry. */
function checkFiles() {
  const { exports } = readJson('package.json')
  for (const { name } of entries()) {
    for (const end of ['.js', '.cjs', '.d.ts', '.d.cts']) {
      if (!inTarball(`dist/${name}${end}`)) failures.push(`dist/${name}${end} is not in the tarball`)
    }
    if (!inTarball(`dist/node/${name}.js`)) failures.push(`dist/node/${name}.js is not in the tarball`)
    if (exports[name === 'index' ? '.' : `./${name}`] === undefined)
      failures.push(`${name} is not in exports`)
    if (name !== 'index' && !inTarball(`${name}/package.json`))
      failures.push(`${name}/package.json is not in the tarball`)
  }
  for (const path of ['LICENSE', 'dist/axios-oauth.iife.js', 'dist/third-party-licenses.txt'])
    if (!inTarball(path)) failures.push(`${path} is not in the tarball`)
  // what README links to
  for (const path of ['docs/errors.md', 'examples/demo.mjs'])
    if (!inTarball(path)) failures.push(`${path} is not in the tarball`)
  const maps = packed.filter(path => path.endsWith('.map'))
  if (maps.length > 0) failures.push(`source maps double the tarball: ${maps.join(', ')}`)
  const stray = packed.filter(path => /^(src|__tests__|tools|bench|node_modules)\//.test(path))
  if (stray.length > 0) failures.push(`does not belong in the tarball: ${stray.join(', ')}`)
}

/** Every file that loading `path` loads, as its imports say; for types, every file of types. */
function reachable(path, seen = new Set()) {
  if (seen.has(path)) return seen
  seen.add(path)
  const isTypes = /\.d\.c?ts$/.test(path)
  const text = readFileSync(join(root, 'dist', path), 'utf8')
  for (const [, target] of text.matchAll(/(?:from\s*|import\s*|require\()['"]([^'"]+)['"]/g)) {
    if (!target.startsWith('.')) seen.add(target)
    else reachable(join(dirname(path), isTypes ? target.replace(/\.(c?)js$/, '.d.$1ts') : target), seen)
  }
  return seen
}

/**
 * The error texts are in the full build alone: were they in the light one, its stand-ins would not be taken.
 */
function checkLightBuild() {
  const carriesTexts = file =>
    [...reachable(file)].some(
      name =>
        /\.c?js$/.test(name) &&
        readFileSync(join(root, 'dist', name), 'utf8').includes('There is no option called'),
    )
  if (carriesTexts('index.js')) failures.push('dist/index.js carries the error texts of the full build')
  for (const file of ['node/index.js', 'index.cjs'])
    if (!carriesTexts(file)) failures.push(`dist/${file} has no error texts`)
}

/** The root is for everybody: it must not load jose, nor anything of Node's. */
function checkRoot() {
  for (const file of ['index.js', 'node/index.js', 'index.cjs']) {
    const all = [...reachable(file)]
    const foreign = all.filter(
      name => !name.endsWith('.js') && !name.endsWith('.cjs') && name !== 'axios' && name !== 'axios-retry',
    )
    if (foreign.length > 0) failures.push(`dist/${file} loads ${foreign.join(', ')}`)
    const carries = all.filter(
      name =>
        /\.c?js$/.test(name) && /node_modules\/jose/.test(readFileSync(join(root, 'dist', name), 'utf8')),
    )
    if (carries.length > 0) failures.push(`dist/${file} carries jose in ${carries.join(', ')}`)
  }
  for (const { name } of entries()) {
    for (const end of ['js', 'cjs']) {
      if (name !== 'index' && reachable(`${name}.${end}`).has(`index.${end}`))
        failures.push(`dist/${name}.${end} loads the root`)
    }
    if (reachable(`${name}.cjs`).has('jose'))
      failures.push(`dist/${name}.cjs requires jose, which is ES module only`)
  }
}

/** Public types: nothing of jose's (ES module only), no any. */
function checkTypes() {
  for (const path of packed.filter(path => /\.d\.c?ts$/.test(path))) {
    const file = ts.createSourceFile(
      path,
      readFileSync(join(root, path), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    )
    const visit = node => {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart())
      if (node.kind === ts.SyntaxKind.AnyKeyword) failures.push(`${path}:${line + 1} says any`)
      if (ts.isStringLiteral(node) && node.text === 'jose')
        failures.push(`${path}:${line + 1} shows jose's types`)
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  if (!existsSync(join(root, 'src/axios/request-option.ts'))) return
  for (const path of ['index.d.ts', 'index.d.cts']) {
    const files = [...reachable(path)].filter(name => /\.d\.c?ts$/.test(name))
    const augments = files.some(name =>
      /declare module ['"]axios['"]/.test(readFileSync(join(root, 'dist', name), 'utf8')),
    )
    if (!augments) failures.push(`dist/${path} lost the per-request option: no declare module 'axios'`)
  }
}

checkFiles()
checkRoot()
checkLightBuild()
checkTypes()
tool('publint/src/cli.js', 'run', tarball, '--strict')
tool(
  '@arethetypeswrong/cli/dist/index.js',
  tarball,
  '--format',
  'ascii',
  '--no-emoji',
  '--no-definitely-typed',
)

if (failures.length > 0) {
  console.error(`package:\n${failures.map(failure => `  ${failure}`).join('\n')}`)
  process.exitCode = 1
} else {
  console.log(`package: ${packed.length} files, publint and are-the-types-wrong have nothing to say`)
}
