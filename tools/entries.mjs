/**
 * Which source files are public entries. The build, package.json, the checks and the docs all ask here, so
 * that they cannot disagree. The table is `entries.json`: `root` is the package itself; `files` are subpaths
 * (`stores/file` is src/stores/file.ts), so that a helper beside them stays inside; in `folders` every file
 * is a subpath, so that a new provider is a new file and nothing else.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository, wherever it was cloned to. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Reads a JSON file of the repository. */
export const readJson = path => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** The package's name, as users import it. */
export const packageName = readJson('package.json').name

/** Every entry, the root first, as `{ name, source, specifier }`; the root's name is `index`. */
export function entries() {
  const table = readJson('tools/entries.json')
  const inFolders = table.folders.flatMap(folder =>
    readdirSync(join(root, 'src', folder))
      .filter(file => /^[^.]+\.ts$/.test(file))
      .map(file => `${folder}/${file.slice(0, -3)}`),
  )
  const subpaths = [...table.files, ...inFolders].sort()
  return [
    { name: 'index', source: table.root, specifier: packageName },
    ...subpaths.map(name => ({ name, source: `src/${name}.ts`, specifier: `${packageName}/${name}` })),
  ]
}
