/**
 * Builds of the same sources. The ES modules exist twice: `dist/node` is the full build, for Node, Deno, Bun,
 * workerd and development; `dist` is the light build, for the bundles that browsers load. In the light build
 * a file `x.light.ts` stands in for the `x.ts` beside it, with the same exports. CommonJS is full, the IIFE
 * (for a <script> after axios's own) is light.
 *
 * jose is ES module only: the ES modules import it, the CommonJS build carries it, so that `require` works in
 * Node 18 and in a consumer's Jest. CommonJS is what old bundlers read, and webpack 4 cannot parse `?.`:
 * hence its older target, and axios-retry inside.
 */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { defineConfig } from 'tsdown'
import { entries } from './tools/entries.mjs'

const entry = Object.fromEntries(entries().map(({ name, source }) => [name, source]))
const shared = {
  fixedExtension: false,
  tsconfig: 'tsconfig.build.json',
  outDir: 'dist',
  report: false,
}
// what is never inside: the peers, also the frameworks among them, and what entries for Node alone import
const outside = [/^node:/, 'axios', 'react', 'vue', '@angular/core', 'proper-lockfile', 'redis-semaphore']

// what several entries share, kept apart from what can be imported
const chunks =
  end =>
  ({ name }) =>
    name.endsWith('.d')
      ? `shared/${name.slice(0, -2)}-[hash].d.${end.replace('js', 'ts')}`
      : `shared/[name]-[hash].${end}`
const retry = ['axios-retry', 'is-retry-allowed']

/**
 * Takes `x.light.ts` wherever `./x.js` is imported; declarations keep the full file, because the types are
 * the same.
 */
const light = {
  name: 'light-build',
  resolveId: {
    order: 'pre',
    handler(source, importer) {
      if (importer === undefined || !/^\.{1,2}\/.*\.js$/.test(source) || !/(?<!\.d)\.ts$/.test(importer))
        return null
      const standIn = resolve(dirname(importer), source.replace(/\.js$/, '.light.ts'))
      return existsSync(standIn) ? standIn : null
    },
  },
}

/** What both ES module builds share. */
const esm = {
  ...shared,
  entry,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  deps: { neverBundle: [...outside, 'axios-retry', 'jose'] },
  outputOptions: { chunkFileNames: chunks('js') },
}

export default defineConfig([
  { ...esm, dts: true, plugins: [light] },
  { ...esm, outDir: 'dist/node', dts: false, clean: false },
  {
    ...shared,
    entry,
    format: 'cjs',
    platform: 'neutral',
    target: 'es2019',
    dts: true,
    clean: false,
    deps: { neverBundle: outside, alwaysBundle: ['jose', ...retry] },
    // else the helpers stand in one of the entries, which exports them, and every other entry loads that one
    outputOptions: {
      chunkFileNames: chunks('cjs'),
      codeSplitting: { groups: [{ name: 'runtime', test: /rolldown[\\/:]runtime/ }] },
    },
  },
  {
    ...shared,
    entry: { 'axios-oauth': entry.index },
    format: 'iife',
    globalName: 'AxiosOAuth',
    platform: 'browser',
    target: 'es2020',
    dts: false,
    minify: true,
    plugins: [light],
    clean: false,
    deps: { neverBundle: ['axios'], alwaysBundle: retry },
    outputOptions: { globals: { axios: 'axios' }, entryFileNames: '[name].iife.js' },
  },
])
