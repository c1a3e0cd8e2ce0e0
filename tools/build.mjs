/**
 * `npm run build`: the three builds, and beside them the licences of what the CommonJS and script builds
 * carry inside, as those licences ask.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root } from './entries.mjs'
import { writePlatformTypes } from './platform-types.mjs'

const carried = ['jose', 'axios-retry', 'is-retry-allowed']

function licence(name) {
  const folder = `node_modules/${name}`
  const file = readdirSync(join(root, folder)).find(entry => /^licen[cs]e/i.test(entry))
  const { version, license } = readJson(`${folder}/package.json`)
  const text = file === undefined ? license : readFileSync(join(root, folder, file), 'utf8').trim()
  return `${name} ${version} (${license})\n\n${text}\n`
}

const tsdown = join(root, 'node_modules/tsdown/dist/run.mjs')
const { status } = spawnSync(process.execPath, [tsdown, '--logLevel', 'error'], {
  cwd: root,
  stdio: 'inherit',
})
if (status === 0) {
  writePlatformTypes(join(root, 'dist'))
  writeFileSync(
    join(root, 'dist/third-party-licenses.txt'),
    carried.map(licence).join(`\n${'-'.repeat(80)}\n\n`),
  )
}
process.exitCode = status ?? 1
