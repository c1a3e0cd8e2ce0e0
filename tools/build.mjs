/**
 * `npm run build`: the builds of tsdown.config.mjs; the types of the platform that their declarations need
 * where the library "dom" is not there; and the licences of what the CommonJS and script builds carry inside.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root } from './entries.mjs'

const dist = join(root, 'dist')
const platform = [
  'Crypto',
  'CryptoKey',
  'CryptoKeyPair',
  'IDBFactory',
  'JsonWebKey',
  'LockManager',
  'Request',
]
platform.push('Response', 'Storage', 'SubtleCrypto')

/**
 * Each declaration file that names a type of the platform refers to one file which declares these names as
 * empty interfaces. Where "dom" or others declare them, the two merge.
 */
function writePlatformTypes() {
  const used = new RegExp(`\\b(${platform.join('|')})\\b`)
  for (const path of readdirSync(dist, { recursive: true }).filter(name => /\.d\.c?ts$/.test(name))) {
    const text = readFileSync(join(dist, path), 'utf8')
    const up = '../'.repeat(path.split(/[\\/]/).length - 1) || './'
    if (used.test(text))
      writeFileSync(join(dist, path), `/// <reference path="${up}platform.d.ts" />\n${text}`)
  }
  const comment = '// Types of the platform, for programs that are compiled without the library "dom".'
  const interfaces = platform.map(name => `interface ${name} {}`)
  writeFileSync(join(dist, 'platform.d.ts'), `${[comment, ...interfaces].join('\n')}\n`)
}

function licence(name) {
  const folder = join(root, 'node_modules', name)
  const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry))
  const { version, license } = readJson(`node_modules/${name}/package.json`)
  const text = file === undefined ? license : readFileSync(join(folder, file), 'utf8').trim()
  return `${name} ${version} (${license})\n\n${text}\n`
}

const command = [join(root, 'node_modules/tsdown/dist/run.mjs'), '--logLevel', 'error']
const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' })
if (status === 0) {
  writePlatformTypes()
  const licences = ['jose', 'axios-retry', 'is-retry-allowed'].map(licence)
  writeFileSync(join(dist, 'third-party-licenses.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`))
}
process.exitCode = status ?? 1
