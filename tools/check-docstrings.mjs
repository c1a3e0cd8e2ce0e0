/**
 * Judges the record of the public API: every name has a docstring, because an editor shows it; no type is
 * `any`; none is jose's, whose types are for ES modules only.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './entries.mjs'

const record = readFileSync(join(root, 'tools/public.api.md'), 'utf8')
const failures = [
  ...Array.from(record.matchAll(/@public \(undocumented\)\n(.+)/g), ([, name]) => `no docstring: ${name}`),
  ...Array.from(record.matchAll(/^(?! *\/\/).*(?:[:<|&,(]|=>) *any\b.*/gm), ([line]) => `says any: ${line}`),
  ...Array.from(record.matchAll(/.*from 'jose'.*/g), ([line]) => `shows jose's types: ${line}`),
]
if (failures.length > 0) console.error(`docstrings:\n  ${failures.join('\n  ')}`)
process.exitCode = failures.length > 0 ? 1 : 0
