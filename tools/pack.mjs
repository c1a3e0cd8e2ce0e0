/**
 * Packs the build as npm would publish it; everything that judges the package judges this file. Webpack 4,
 * Metro before 0.79, Jest before 28 and TypeScript's node10 resolution ignore `exports` and look for a real
 * `stores/file/package.json`: npm runs this with `--folders` before it packs and with `--remove` after, so
 * that these folders are in the tarball and never in the tree.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries, root } from './entries.mjs'

/** Makes the tarball anew and answers its path. */
export function pack() {
  const folder = join(root, '.tools/pack')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const command = ['pack', '--json', '--pack-destination', folder]
  const output = execFileSync('npm', command, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return join(folder, JSON.parse(output.slice(output.indexOf('[')))[0].filename)
}

function writeFolder({ name }) {
  const up = '../'.repeat(name.split('/').length)
  const content = { main: `${up}dist/${name}.cjs`, types: `${up}dist/${name}.d.cts`, sideEffects: false }
  mkdirSync(join(root, name), { recursive: true })
  writeFileSync(join(root, name, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)
}

const subpaths = entries().slice(1)
if (process.argv.includes('--folders')) {
  if (!existsSync(join(root, 'dist/index.cjs'))) throw new Error('There is no build. Run: npm run build')
  subpaths.forEach(writeFolder)
}
if (process.argv.includes('--remove'))
  for (const { name } of subpaths) rmSync(join(root, name.split('/')[0]), { recursive: true, force: true })
