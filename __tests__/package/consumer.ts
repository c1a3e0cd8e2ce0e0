import { execFile, execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The repository. */
export const root = join(__dirname, '../..')

/** Old tools, installed apart; see __tests__/support/prepare.mjs. */
export const legacy = join(root, 'tools/legacy/node_modules')

/** The Node versions a consumer is tried on: the oldest supported, this one, the newest. */
export const nodes: Record<string, string> = {
  'Node 18': join(legacy, 'node18/bin/node'),
  [`Node ${process.versions.node.split('.')[0]}`]: process.execPath,
  'Node 26': join(legacy, 'node26/bin/node'),
}

type Names = Record<string, { values: string[] }>

/** Entries for one framework each, and what an application has installed that uses it. */
export const frameworks: Record<string, string[]> = {
  'axios-oauth-interceptor/angular': ['@angular/core', 'rxjs'],
  'axios-oauth-interceptor/react': ['react', '@types/react'],
  'axios-oauth-interceptor/vue': ['vue'],
}

/** Names of values, by entry, as the record of the public API has them. */
function agreedNames(): Names {
  const record = readFileSync(join(root, 'tools/public.api.md'), 'utf8')
  const values = new Set(record.match(/(?<=^(?:abstract class|class|const|function) )\w+/gm))
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const subpaths = Object.keys(exports).filter(subpath => subpath !== './package.json')
  return Object.fromEntries(
    subpaths.map(subpath => {
      const entry = `entry_${subpath === '.' ? 'index' : subpath.slice(2).replace(/\W/g, '_')}`
      const [, block = ''] =
        new RegExp(`^declare namespace ${entry} \\{\\s+export \\{([^}]*)`, 'm').exec(record) ?? []
      const names = block.split(',').map(name => name.trim().split(' as '))
      const own = names.filter(([local = '']) => values.has(local))
      return [
        `axios-oauth-interceptor${subpath.slice(1)}`,
        { values: own.map(([local = '', name = local]) => name) },
      ]
    }),
  )
}

const agreed = agreedNames()
const pick = (isWanted: (entry: string) => boolean): Names =>
  Object.fromEntries(Object.entries(agreed).filter(([entry]) => isWanted(entry)))

/**
 * Names of every entry that needs no framework, as they were agreed on:
 * `{ 'axios-oauth-interceptor/dpop': { values } }`.
 */
export const api = pick(entry => !(entry in frameworks))

/** The same for the entries that need one. */
export const frameworkApi = pick(entry => entry in frameworks)

/** What a program did. */
export interface Outcome {
  status: number
  output: string
}

/** An application that has installed the packed package. */
export interface Consumer {
  readonly folder: string
  write(files: Record<string, string>): void
  /** Runs a program in the application's folder. */
  run(program: string, ...options: string[]): Promise<Outcome>
  remove(): void
}

/**
 * What `npm install axios-oauth-interceptor` brings, and nothing else: a dependency that is not declared is
 * not found.
 */
const dependencies = ['axios-retry', 'is-retry-allowed', 'jose']

/**
 * Makes an application outside the repository, with the tarball unpacked and its dependencies linked.
 *
 * @param axios which of the installed versions it uses: `axios`, `axios-0-27` …
 * @param more other packages it has installed
 * @param apart others, of those that are installed apart in tools/legacy
 */
export function consumer(axios = 'axios', more: string[] = [], apart: string[] = []): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'))
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'axios-oauth-interceptor')
  mkdirSync(own, { recursive: true })
  const [tarball] = readdirSync(join(root, '.tools/pack')).filter(name => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('There is no tarball. Run: npm run test:package')
  execFileSync('tar', ['-xzf', join(root, '.tools/pack', tarball), '--strip-components=1', '-C', own])
  const link = (name: string, to: string, from = join(root, 'node_modules')): void => {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(from, to), join(modules, name))
  }
  link('axios', axios)
  for (const name of [...dependencies, ...more]) link(name, name)
  for (const name of apart) link(name, name, existsSync(join(legacy, name)) ? legacy : undefined)
  return {
    folder,
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), content)
      }
    },
    run: (program, ...options) =>
      new Promise(resolve => {
        const env = { ...process.env, NODE_OPTIONS: '', NODE_ENV: '' }
        execFile(program, options, { cwd: folder, env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
          resolve({
            status: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
            // a minified bundle in a stack trace is of no use to a reader
            output: `${stdout}${stderr}`.slice(-20_000),
          })
        })
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
