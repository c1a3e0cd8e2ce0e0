/**
 * Size is a feature that nobody sees shrinking away: bundles what a user would import from the build and
 * compares it with size-budgets.mjs. Also looks for words that must not be inside, because a budget that is
 * met says nothing about what is in it. `npm run check -- size` judges; `node tools/check-size.mjs --explain`
 * shows which file brings how much.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { entries, packageName, readJson, root } from './entries.mjs'
import { budgets, families, providerBudget } from './size-budgets.mjs'

const external = ['axios', 'axios-retry', 'node:*']

/** `--explain` weighs the sources instead and says which file brings how much. */
const explain = process.argv.includes('--explain')
const sources = new Map(entries().map(({ specifier, source }) => [specifier, join(root, source)]))

/** Imports of the package lead to its light build; with `--explain` to the sources of it. */
const ownPackage = {
  name: 'own-package',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, resolveDir }) => {
      const standIn = join(resolveDir, path.replace(/\.js$/, '.light.ts'))
      return explain && existsSync(standIn) ? { path: standIn, sideEffects: false } : undefined
    })
    onResolve({ filter: new RegExp(`^${packageName}(/|$)`) }, ({ path }) => ({
      path: explain
        ? sources.get(path)
        : join(root, 'dist', `${path.slice(packageName.length + 1) || 'index'}.js`),
      sideEffects: false,
    }))
  },
}

/** The minified bundle of `{ '/dpop': ['dpop'] }`; a name that is not exported is an error. */
async function bundle(imports, moreExternal = []) {
  const lines = Object.entries(imports).map(
    ([subpath, names]) => `export { ${names.join(', ')} } from '${packageName}${subpath}'`,
  )
  const { outputFiles, metafile } = await build({
    metafile: true,
    stdin: { contents: lines.join('\n'), resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
    external: [...external, ...moreExternal],
    plugins: [ownPackage],
  })
  if (explain) printParts(Object.values(metafile.outputs)[0].inputs)
  return outputFiles[0].text
}

/** What each file adds to the minified bundle, the heaviest first. */
function printParts(inputs) {
  const parts = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  console.log('\n  bytes, minified, not compressed:')
  for (const [path, { bytesInOutput }] of parts.sort((a, b) => b[1].bytesInOutput - a[1].bytesInOutput)) {
    console.log(`  ${String(bytesInOutput).padStart(6)} ${path}`)
  }
}

/**
 * Kilobytes that a difference of two bundles is off by: the longer one has other short names, which compress
 * otherwise.
 */
const NOISE = 0.02

const gzipped = text => gzipSync(text, { level: 9 }).length / 1000
const merged = (a, b) => {
  const all = structuredClone(a)
  for (const [subpath, names] of Object.entries(b))
    all[subpath] = [...new Set([...(all[subpath] ?? []), ...names])]
  return all
}

/** Lines of the families: one for each name the root exports that ends so. */
function familyLines() {
  const { values } = readJson('tools/exports.json')[packageName] ?? { values: [] }
  return families.flatMap(({ suffix, max, except = {}, ...rest }) =>
    values
      .filter(name => name.endsWith(suffix))
      .map(name => ({ name, imports: { '': [name] }, max: except[name] ?? max, ...rest })),
  )
}

/**
 * Lines of the providers: one for each file of data; the two files of helpers are weighed with those that use
 * them.
 */
function providerLines() {
  const { max, over, except } = providerBudget
  return Object.entries(readJson('tools/exports.json'))
    .map(([specifier, { values }]) => [specifier.slice(packageName.length), values])
    .filter(([subpath]) => subpath.startsWith('/providers/') && !subpath.endsWith('provider'))
    .map(([subpath, values]) => {
      const name = subpath.slice(1)
      return { name, imports: { [subpath]: values }, over, max: except[name] ?? max }
    })
}

if (!existsSync(join(root, 'dist/index.js')))
  throw new Error('There is no build to weigh. Run: npm run build')
const providers = existsSync(join(root, 'dist/providers'))
  ? readdirSync(join(root, 'dist/providers')).filter(file => file.endsWith('.js'))
  : []
const providerNames = providers.map(file => file.slice(0, -3))
const table = [...budgets, ...familyLines(), ...providerLines()]
const failures = []

for (const { name, imports, max, over, forbidden = [], external: moreExternal = [] } of table) {
  const base = over === undefined ? {} : table.find(line => line.name === over).imports
  try {
    const text = await bundle(merged(base, imports), moreExternal)
    const size = gzipped(text) - (over === undefined ? 0 : gzipped(await bundle(base, moreExternal)))
    const words = forbidden
      .flatMap(word => (word === 'PROVIDERS' ? providerNames : [word]))
      .filter(word => text.includes(word))
    if (size > max + (over === undefined ? 0 : NOISE))
      failures.push(`${name}: ${size.toFixed(2)} kB, allowed are ${max}`)
    if (words.length > 0) failures.push(`${name}: contains ${words.join(', ')}`)
    console.log(`  ${size.toFixed(2).padStart(6)} of ${max} kB  ${over === undefined ? '' : '+ '}${name}`)
  } catch (error) {
    failures.push(`${name}: ${error.errors?.map(({ text }) => text).join('; ') ?? error.message}`)
  }
}

if (failures.length > 0) {
  console.error(`size:\n${failures.map(failure => `  ${failure}`).join('\n')}`)
  process.exitCode = 1
} else {
  console.log(`size: ${table.length} budgets kept`)
}
