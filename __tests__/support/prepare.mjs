/**
 * What Jest does once before the suites that need more than the repository: a fresh tarball, and tools that
 * are installed apart, so that an install of the repository stays quick.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../tools/entries.mjs'
import { pack } from '../../tools/pack.mjs'

const run = (command, options, cwd = root) => execFileSync(command, options, { cwd, stdio: 'inherit' })

/** Installs the tools of a folder, unless its last package is there. */
export function install(folder, last, ...options) {
  if (!existsSync(join(root, folder, 'node_modules', last)))
    run('npm', ['ci', '--no-audit', '--no-fund', ...options], join(root, folder))
}

const suites = {
  // its Node 18 and Node 26 come by a script
  package: () => install('tools/legacy', 'vitest'),
  consumers: () => install('tools/consumers', 'vite', '--ignore-scripts'),
  generated: () => install('tools/generators', '@ory/hydra-client', '--ignore-scripts'),
}

export default function prepare(_, { displayName }) {
  if (displayName.name !== 'generated') {
    run(process.execPath, ['tools/build.mjs'])
    console.log(`packed: ${pack()}`)
  }
  suites[displayName.name]()
}
