/**
 * `npm run exports`: writes `exports` and `files` of package.json from the entries that exist, and the record
 * of the public API (public.api.md) from the declarations of the sources. An export that vanishes or changes
 * its signature breaks users, and one that appears by accident must be kept for ever: with `--check` nothing
 * is written, and what differs from the agreed record fails, so that each change stands in a diff.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { entries, readJson, root } from './entries.mjs'

const isCheck = process.argv.includes('--check')
const declarations = join(root, '.tools/declarations')

/** Where the full build is taken: outside browsers, and while an application is developed. */
const full = ['node', 'deno', 'bun', 'workerd', 'development']
const fullBuild = name => Object.fromEntries(full.map(runtime => [runtime, `./dist/node/${name}.js`]))
const conditions = name => ({
  import: { types: `./dist/${name}.d.ts`, ...fullBuild(name), default: `./dist/${name}.js` },
  require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
})

/** package.json as the entries of src/ want it. */
function manifest() {
  const names = entries().map(({ name }) => name)
  const subpaths = names.map(name => [name === 'index' ? '.' : `./${name}`, conditions(name)])
  const folders = names.filter(name => name !== 'index').map(name => name.split('/')[0])
  return {
    ...readJson('package.json'),
    exports: { ...Object.fromEntries(subpaths), './package.json': './package.json' },
    files: ['dist', 'CHANGELOG.md', 'docs', 'examples', 'llms.txt', 'skills', ...new Set(folders)],
  }
}

/** Every declaration that an entry exports or needs, and for each entry the names it exports. */
function record() {
  rmSync(declarations, { recursive: true, force: true })
  const project = ['-p', 'tsconfig.build.json', '--rootDir', 'src', '--outDir', declarations]
  const options = [...project, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly']
  const compiler = [join(root, 'node_modules/typescript7/lib/tsc.js'), ...options]
  if (spawnSync(process.execPath, compiler, { cwd: root, stdio: 'inherit' }).status !== 0)
    throw new Error('the sources have no declarations: see npm run check -- types')
  const all = join(declarations, 'all.d.ts')
  const lines = entries().map(
    ({ name }) => `export * as entry_${name.replace(/\W/g, '_')} from './${name}.js'`,
  )
  writeFileSync(all, lines.join('\n'))
  const { compilerOptions } = readJson('tsconfig.json')
  const silent = { default: { logLevel: 'none' } }
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: all,
      compiler: {
        overrideTsconfig: { compilerOptions: { ...compilerOptions, types: ['node'] }, files: [all] },
      },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: 'public.api.md',
        reportFolder: declarations,
        reportTempFolder: declarations,
      },
      newlineKind: 'lf',
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    packageJsonFullPath: join(root, 'package.json'),
  })
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: message => Object.assign(message, { handled: true }),
  })
  return readFileSync(join(declarations, 'public.api.md'), 'utf8')
}

/** Writes a file or, with `--check`, shows what differs. */
function put(path, text) {
  if (readFileSync(join(root, path), 'utf8') === text) return
  if (!isCheck) return writeFileSync(join(root, path), text)
  const fresh = join(root, '.tools', basename(path))
  writeFileSync(fresh, text)
  spawnSync('git', ['diff', '--no-index', '--unified=0', path, fresh], { cwd: root, stdio: 'inherit' })
  console.error(`exports: the sources say something else than ${path}. If it is meant, run: npm run exports`)
  process.exitCode = 1
}

put('package.json', `${JSON.stringify(manifest(), null, 2)}\n`)
put('tools/public.api.md', record())
