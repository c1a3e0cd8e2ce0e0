/**
 * Jest's transformer for __tests__/musts/run.mjs: every refusal of the sources can be switched off while the
 * tests run.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import swc from '@swc/jest'
import { root } from '../../tools/entries.mjs'
import { refusalsIn } from './refusals.mjs'

const compiler = swc.createTransformer({
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
})
const version = readFileSync(new URL('./refusals.mjs', import.meta.url), 'utf8')

function withSwitches(text, path) {
  let result = text
  const file = relative(root, path).split(sep).join('/')
  for (const { name, start, end, isTable } of refusalsIn(text, path).reverse()) {
    const id = JSON.stringify(`${file}#${name}`)
    const call = `(globalThis.__must ?? ((_, value) => value))(${id}, ${text.slice(start, end)}, ${isTable})`
    result = result.slice(0, start) + call + result.slice(end)
  }
  return result
}

const isSource = path => relative(root, path).startsWith(`src${sep}`)

export default {
  process: (text, path, options) =>
    compiler.process(isSource(path) ? withSwitches(text, path) : text, path, options),
  getCacheKey: (text, path) => createHash('sha256').update(version).update(path).update(text).digest('hex'),
}
