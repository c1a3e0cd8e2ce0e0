/** Packs the build as npm would publish it; everything that judges the package judges this file. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './entries.mjs'

/** Makes the tarball anew and answers its path. */
export function pack() {
  const folder = join(root, '.tools/pack')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [{ filename }] = JSON.parse(output.slice(output.indexOf('[')))
  return join(folder, filename)
}
