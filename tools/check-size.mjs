/**
 * Bundles what a user would import from the build and compares it with size-budgets.json; also looks for
 * words that must not be inside, because a budget that is met says nothing about what is in it.
 * `node tools/check-size.mjs --explain bearer` weighs the sources and says which file brings how much.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { analyzeMetafile, build } from 'esbuild'
import { entries, packageName, readJson, root } from './entries.mjs'

const { budgets, families, providers } = readJson('tools/size-budgets.json')

const isExplained = process.argv.includes('--explain')
const sources = new Map(entries().map(({ name, specifier, source }) => [specifier, { name, source }]))

/** Imports of the package lead to its light build; with `--explain` to the sources of it. */
const ownPackage = {
  name: 'own-package',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, resolveDir }) => {
      const standIn = join(resolveDir, path.replace(/\.js$/, '.light.ts'))
      return isExplained && existsSync(standIn) ? { path: standIn, sideEffects: false } : undefined
    })
    onResolve({ filter: new RegExp(`^${packageName}(/|$)`) }, ({ path }) => {
      const { name, source } = sources.get(path)
      return { path: join(root, isExplained ? source : `dist/${name}.js`), sideEffects: false }
    })
  },
}

/** The minified bundle of `{ '/dpop': ['dpop'] }`; a name that is not exported is an error. */
async function bundle(imports, external = []) {
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
    plugins: [ownPackage],
  })
  if (isExplained) console.log(await analyzeMetafile(metafile))
  return outputFiles[0].text
}

/** Kilobytes that a difference of two bundles is off by: other short names compress otherwise. */
const NOISE = 0.02

const gzipped = text => gzipSync(text, { level: 9 }).length / 1000
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
    const text = await bundle(merged(base ?? {}, imports), external)
    const size = gzipped(text) - (base ? gzipped(await bundle(base, external)) : 0)
    const words = forbidden.flatMap(word => (word === 'PROVIDERS' ? providerNames : [word]))
    const found = words.filter(word => text.includes(word))
    if (size > max + (base ? NOISE : 0)) failures.push(`${name}: ${size.toFixed(2)} kB, allowed are ${max}`)
    if (found.length > 0) failures.push(`${name}: contains ${found.join(', ')}`)
    console.log(`  ${size.toFixed(2).padStart(6)} of ${max} kB  ${base ? '+ ' : ''}${name}`)
  } catch (error) {
    failures.push(`${name}: ${error.errors?.map(({ text }) => text).join('; ') ?? error.message}`)
  }
}
if (failures.length > 0) console.error(`size:\n  ${failures.join('\n  ')}`)
process.exitCode = failures.length > 0 ? 1 : 0
