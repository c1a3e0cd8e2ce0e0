/**
 * Three builds of the same sources. jose is ES module only: the ESM build imports it, the CommonJS build carries it, so that
 * `require` works in Node 18 and in a consumer's Jest. CommonJS is what old bundlers read, and webpack 4 cannot parse `?.`:
 * hence its older target, and axios-retry inside. The IIFE is for a <script> after axios's own.
 */
import { defineConfig } from 'tsdown'
import { entries } from './tools/entries.mjs'

const entry = Object.fromEntries(entries().map(({ name, source }) => [name, source]))
const shared = {
  sourcemap: true,
  fixedExtension: false,
  tsconfig: 'tsconfig.build.json',
  outDir: 'dist',
  report: false,
}
// what is never inside: the peers, and the Node modules of the entries that are for Node
const outside = [/^node:/, 'axios', 'proper-lockfile', 'redis-semaphore']

// what several entries share, kept apart from what can be imported
const chunks =
  end =>
  ({ name }) =>
    name.endsWith('.d')
      ? `shared/${name.slice(0, -2)}-[hash].d.${end.replace('js', 'ts')}`
      : `shared/[name]-[hash].${end}`
const retry = ['axios-retry', 'is-retry-allowed']

export default defineConfig([
  {
    ...shared,
    entry,
    format: 'esm',
    platform: 'neutral',
    target: 'es2020',
    dts: true,
    deps: { neverBundle: [...outside, 'axios-retry', 'jose'] },
    outputOptions: { chunkFileNames: chunks('js') },
  },
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
    clean: false,
    deps: { neverBundle: ['axios'], alwaysBundle: retry },
    outputOptions: { globals: { axios: 'axios' }, entryFileNames: '[name].iife.js' },
  },
])
