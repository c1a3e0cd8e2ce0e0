/**
 * What the tests of __tests__/generated need: the generators, a separate install, because few changes need
 * them.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './entries.mjs'

export default function prepare() {
  const folder = join(root, 'tools/generators')
  rmSync(join(root, '.tools/generated'), { recursive: true, force: true })
  if (!existsSync(join(folder, 'node_modules/@ory/hydra-client')))
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: 'inherit',
    })
}
