import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const root = join(__dirname, '../..')

/** Where the generators are installed; see __tests__/support/prepare.mjs. */
export const generators = join(root, 'tools/generators/node_modules')

/** The OpenAPI document that every generator gets. */
export const document = join(__dirname, 'openapi.json')

const run = promisify(execFile)

/**
 * Runs a generator in a fresh folder below the repository, so that what it writes finds the repository's
 * axios.
 */
export async function generate(
  name: string,
  command: (folder: string) => string[],
  files: Record<string, string> = {},
): Promise<string> {
  const parent = join(root, '.tools/generated')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, `${name}-`))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  const [script = '', ...options] = command(folder)
  const isJar = script.endsWith('.jar')
  const [program, ...rest] = [isJar ? 'java' : process.execPath, ...(isJar ? ['-jar'] : [])]
  await run(program, [...rest, join(generators, script), ...options], { cwd: folder, timeout: 120_000 })
  return folder
}

/** True where there is a Java, which one of the generators runs on. */
export const hasJava = spawnSync('java', ['-version']).status === 0

/** Loads TypeScript that was generated, with the axios of this test. */
export async function load<T>(entry: string): Promise<T> {
  if (!existsSync(entry)) throw new Error(`The generator wrote no ${entry}.`)
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    external: ['axios'],
    nodePaths: [generators],
    logLevel: 'silent',
  })
  const module = { exports: {} }
  const text = outputFiles[0]?.text ?? ''
  const outside = createRequire(entry)
  const requireHere = (name: string) => (name === 'axios' ? require('axios') : outside(name))
  new Function('require', 'module', 'exports', text)(requireHere, module, module.exports)
  return module.exports as T
}
