/**
 * `node --import ./tools/register.mjs file` runs the TypeScript sources as they are: the demo, the examples
 * and the benches need no build. Imports of `axios-oauth-interceptor` and its subpaths lead to src/,
 * `./file.js` to `./file.ts`, and esbuild strips the types, some milliseconds a file.
 */
import * as nodeModule from 'node:module'
import * as hooks from './ts-loader.mjs'

if (nodeModule.registerHooks) nodeModule.registerHooks({ resolve: hooks.resolveSync, load: hooks.loadSync })
else nodeModule.register('./ts-loader.mjs', import.meta.url)
