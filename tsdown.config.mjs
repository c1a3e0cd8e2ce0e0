/**
 * Three builds of the same sources. jose is ES module only: the ESM build imports it, the CommonJS build carries it, so that
 * `require` works in Node 18 and in a consumer's Jest. CommonJS is what old bundlers read, and webpack 4 cannot parse `?.`:
 * hence its older target. The IIFE is for a <script> after axios's own.
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

export default defineConfig([
  {
    ...shared,
    entry,
    format: 'esm',
    platform: 'neutral',
    target: 'es2020',
    dts: true,
    deps: { neverBundle: [...outside, 'axios-retry', 'jose'] },
  },
  {
    ...shared,
    entry,
    format: 'cjs',
    platform: 'neutral',
    target: 'es2019',
    dts: true,
    clean: false,
    deps: { neverBundle: [...outside, 'axios-retry'], alwaysBundle: ['jose'] },
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
    deps: { neverBundle: ['axios'], alwaysBundle: ['axios-retry', 'is-retry-allowed'] },
    outputOptions: { globals: { axios: 'axios' }, entryFileNames: '[name].iife.js' },
  },
])
