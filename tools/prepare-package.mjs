/**
 * What the tests of __tests__/package need: a fresh tarball and the tools of users (a separate install, so
 * that nobody waits for webpack 4 who does not test it).
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './entries.mjs'
import { pack } from './pack.mjs'

const legacy = join(root, 'tools/legacy')
const run = (command, options, cwd) => execFileSync(command, options, { cwd, stdio: 'inherit' })

export default function prepare() {
  run(process.execPath, ['tools/build.mjs'], root)
  if (!existsSync(join(legacy, 'node_modules/vitest'))) run('npm', ['ci', '--no-audit', '--no-fund'], legacy)
  console.log(`packed: ${pack()}`)
}
