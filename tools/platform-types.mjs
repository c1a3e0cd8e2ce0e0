/**
 * Lets the declarations of dist/ be read without the library "dom": each one that names a type of the
 * platform refers to one file which declares these names as empty interfaces. Where "dom" or others declare
 * them, the two merge.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

const names = [
  'Crypto',
  'CryptoKey',
  'CryptoKeyPair',
  'IDBFactory',
  'JsonWebKey',
  'LockManager',
  'Request',
  'Response',
  'Storage',
  'SubtleCrypto',
]
const used = new RegExp(`\\b(${names.join('|')})\\b`)
const file = 'platform.d.ts'

export function writePlatformTypes(dist) {
  const comment =
    '// Types of the platform, for programs that are compiled without the library "dom". They merge with it where it is there.'
  writeFileSync(join(dist, file), `${comment}\n${names.map(name => `interface ${name} {}`).join('\n')}\n`)
  for (const path of readdirSync(dist, { recursive: true })) {
    if (!/\.d\.c?ts$/.test(path) || path === file) continue
    const text = readFileSync(join(dist, path), 'utf8')
    if (!used.test(text)) continue
    const to = relative(dirname(path), file).split(sep).join('/')
    writeFileSync(
      join(dist, path),
      `/// <reference path="${to.startsWith('.') ? to : `./${to}`}" />\n${text}`,
    )
  }
}
