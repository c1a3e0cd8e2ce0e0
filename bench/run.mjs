/**
 * `npm run bench` runs every bench, `npm run bench -- oauth1` those whose name begins so. Each runs alone in
 * a fresh process with an exposed collector, because a warm heap makes the second contender look better than
 * the first. It is bundled first, as an application's code is, because a loader that compiles one file after
 * the other adds calls of its own to every function that a request creates. A bench that misses its mark
 * exits with a status other than 0, and so does this.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { root } from '../tools/entries.mjs'

const folder = join(root, 'bench')
const [wanted = '', ...rest] = process.argv.slice(2)
const names = readdirSync(folder).filter(
  name => /\.(ts|mjs)$/.test(name) && name !== 'run.mjs' && name.startsWith(wanted),
)

/** Bundles a bench with the sources of this package; returns the program to run. */
function bundled(name) {
  const outfile = join(root, '.tools', name.replace(/\.ts$/, '.bench.mjs'))
  buildSync({
    entryPoints: [join(folder, name)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    tsconfig: join(root, 'tsconfig.json'),
  })
  return outfile
}

if (names.length === 0) {
  console.error(`No bench begins with "${wanted}".`)
  process.exit(1)
}
for (const name of names.sort()) {
  console.log(`\n# ${name}`)
  const program = name.endsWith('.ts') ? bundled(name) : join(folder, name)
  const { status } = spawnSync(process.execPath, ['--expose-gc', program, ...rest], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
