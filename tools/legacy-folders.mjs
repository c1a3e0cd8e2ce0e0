/**
 * Webpack 4, Metro before 0.79, Jest before 28 and TypeScript's node10 resolution ignore `exports` and look
 * for a real `stores/file/package.json`. npm runs this before and after it packs: the folders are in the
 * tarball and never in the tree.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { entries, root } from './entries.mjs'

const subpaths = entries()
  .map(({ name }) => name)
  .filter(name => name !== 'index')

function write(name) {
  const up = '../'.repeat(name.split('/').length)
  const content = { main: `${up}dist/${name}.cjs`, types: `${up}dist/${name}.d.cts`, sideEffects: false }
  const path = join(root, name, 'package.json')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)
}

if (process.argv.includes('--remove')) {
  for (const folder of new Set(subpaths.map(name => name.split('/')[0])))
    rmSync(join(root, folder), { recursive: true, force: true })
} else {
  if (!existsSync(join(root, 'dist/index.cjs')))
    throw new Error('There is nothing to pack yet. Run: npm run build')
  subpaths.forEach(write)
}
