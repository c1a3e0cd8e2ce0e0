/**
 * Bundles what a user would import from the build and compares it with size-budgets.json; also looks for
 * words that must not be inside, because a budget that is met says nothing about what is in it.
 * `node tools/check-size.mjs --explain bearer` weighs the sources and says what each file costs: how much
 * lighter the bundle is when the file is empty, and so everything that only this file needs is gone.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { entries, packageName, readJson, root } from './entries.mjs'

const { budgets, families, providers } = readJson('tools/size-budgets.json')

const isExplained = process.argv.includes('--explain')
const sources = new Map(entries().map(({ name, specifier, source }) => [specifier, { name, source }]))

/** A source file whose own exports do nothing; what it exports of others stays. */
function emptied(path) {
  const text = readFileSync(path, 'utf8')
  const own = text.matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)
  const names = new Set(Array.from(own, ([, name]) => name))
  const others = text.match(/^export (\{[^}]*\}|\*) from .+$/gm) ?? []
  return [...Array.from(names, name => `export const ${name} = () => {}`), ...others].join('\n')
}

/** Imports of the package lead to its light build; with `--explain` to its sources, one of them empty. */
const ownPackage = empty => ({
  name: 'own-package',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) =>
      path === empty ? { contents: emptied(path), loader: 'ts' } : undefined,
    )
    onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, resolveDir }) => {
      const standIn = join(resolveDir, path.replace(/\.js$/, '.light.ts'))
      return isExplained && existsSync(standIn) ? { path: standIn, sideEffects: false } : undefined
    })
    onResolve({ filter: new RegExp(`^${packageName}(/|$)`) }, ({ path }) => {
      const { name, source } = sources.get(path)
      return { path: join(root, isExplained ? source : `dist/${name}.js`), sideEffects: false }
    })
  },
})

/** Builds the minified bundle of `{ '/dpop': ['dpop'] }`; a name that is not exported is an error. */
async function bundle(imports, external = [], empty = undefined) {
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
    external: ['axios', 'axios-retry', 'node:*', ...external],
    plugins: [ownPackage(empty)],
  })
  return { text: outputFiles[0].text, files: Object.keys(metafile.inputs) }
}

/** Kilobytes that a difference of two bundles is off by: other short names compress otherwise. */
const NOISE = 0.02

const gzipped = ({ text }) => gzipSync(text, { level: 9 }).length / 1000

/** Prints what each file of a bundle costs, in kilobytes. */
async function explain(imports, external) {
  const whole = await bundle(imports, external)
  const costs = []
  for (const file of whole.files.filter(name => name.startsWith('src/'))) {
    const without = await bundle(imports, external, join(root, file))
    costs.push([gzipped(whole) - gzipped(without), file])
  }
  const shown = costs.filter(([cost]) => cost > NOISE).sort(([a], [b]) => b - a)
  for (const [cost, file] of shown) console.log(`${cost.toFixed(2).padStart(8)} ${file}`)
}

const merged = (a, b) => {
  const all = structuredClone(a)
  for (const [subpath, names] of Object.entries(b))
    all[subpath] = [...new Set([...(all[subpath] ?? []), ...names])]
  return all
}

if (!existsSync(join(root, 'dist/index.js'))) throw new Error('There is no build. Run: npm run build')
const namesOf = async name => Object.keys(await import(join(root, `dist/${name}.js`)))
const rootNames = await namesOf('index')
const familyLines = families.flatMap(({ suffix, max, except, over }) =>
  rootNames
    .filter(name => name.endsWith(suffix))
    .map(name => ({ name, imports: { '': [name] }, max: except[name] ?? max, over })),
)
const providerNames = readdirSync(join(root, 'dist/providers')).flatMap(
  file => file.match(/^.+(?=\.js$)/) ?? [],
)
// files of data; the two files of helpers are weighed with those that use them
const providerLines = providerNames
  .filter(file => !file.endsWith('provider'))
  .map(async file => {
    const { over, max, except } = providers
    const name = `providers/${file}`
    return { name, imports: { [`/${name}`]: await namesOf(name) }, over, max: except[name] ?? max }
  })
const table = [...budgets, ...familyLines, ...(await Promise.all(providerLines))]

const wanted = process.argv.slice(2).filter(argument => argument !== '--explain')
const failures = []
for (const { name, imports, max, over, forbidden = [], external } of table) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const base = table.find(line => line.name === over)?.imports
  try {
    const whole = merged(base ?? {}, imports)
    if (isExplained) {
      await explain(whole, external)
      continue
    }
    const bundled = await bundle(whole, external)
    const size = gzipped(bundled) - (base ? gzipped(await bundle(base, external)) : 0)
    const words = forbidden.flatMap(word => (word === 'PROVIDERS' ? providerNames : [word]))
    const found = words.filter(word => bundled.text.includes(word))
    if (size > max + (base ? NOISE : 0)) failures.push(`${name}: ${size.toFixed(2)} kB, allowed are ${max}`)
    if (found.length > 0) failures.push(`${name}: contains ${found.join(', ')}`)
    console.log(`  ${size.toFixed(2).padStart(6)} of ${max} kB  ${base ? '+ ' : ''}${name}`)
  } catch (error) {
    failures.push(`${name}: ${error.errors?.map(({ text }) => text).join('; ') ?? error.message}`)
  }
}
if (failures.length > 0) console.error(`size:\n  ${failures.join('\n  ')}`)
process.exitCode = failures.length > 0 ? 1 : 0
