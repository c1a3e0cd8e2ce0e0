/** What the tests of __tests__/consumers need: a fresh tarball, and bundlers in an install of their own. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './entries.mjs'
import { pack } from './pack.mjs'

const tools = join(root, 'tools/consumers')
const run = (command, options, cwd) => execFileSync(command, options, { cwd, stdio: 'inherit' })

export default function prepare() {
  run(process.execPath, ['tools/build.mjs'], root)
  if (!existsSync(join(tools, 'node_modules/vite')))
    run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], tools)
  console.log(`packed: ${pack()}`)
}
