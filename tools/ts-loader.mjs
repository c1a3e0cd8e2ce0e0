/**
 * The hooks behind register.mjs, in the two forms that Node has: on its own thread (Node 18 and 20:
 * `resolve`, `load`) and on the main one (`resolveSync`, `loadSync`; asynchronous hooks are deprecated where
 * these exist).
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transformSync } from 'esbuild'
import { entries, root } from './entries.mjs'

const ours = new Map(
  entries().map(({ specifier, source }) => [specifier, pathToFileURL(join(root, source)).href]),
)

/** The URL of a specifier that is ours to resolve, or undefined. */
function locate(specifier, parentURL) {
  if (ours.has(specifier)) return ours.get(specifier)
  if (!/^\.{1,2}\/.*\.js$/.test(specifier) || parentURL === undefined || parentURL.includes('/node_modules/'))
    return undefined
  const url = new URL(specifier.replace(/\.js$/, '.ts'), parentURL)
  return existsSync(fileURLToPath(url)) ? url.href : undefined
}

/** The JavaScript of a TypeScript file. */
function transform(url) {
  const sourcefile = fileURLToPath(url)
  return transformSync(readFileSync(sourcefile, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node18',
    sourcemap: 'inline',
    sourcefile,
  }).code
}

const found = url => ({ url, format: 'module', shortCircuit: true })
const isOurs = url => url.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/')
const loaded = url => ({ format: 'module', source: transform(url), shortCircuit: true })

export async function resolve(specifier, context, next) {
  const url = locate(specifier, context.parentURL)
  return url === undefined ? next(specifier, context) : found(url)
}

export async function load(url, context, next) {
  return isOurs(url) ? loaded(url) : next(url, context)
}

export function resolveSync(specifier, context, next) {
  const url = locate(specifier, context.parentURL)
  return url === undefined ? next(specifier, context) : found(url)
}

export function loadSync(url, context, next) {
  return isOurs(url) ? loaded(url) : next(url, context)
}
