/**
 * `node --import ./tools/register.mjs FILE` runs the TypeScript sources as they are, so that the demo, the
 * examples and the benches need no build. tsconfig.test.json leads imports of the package to src/.
 */
import { fileURLToPath } from 'node:url'
import { register } from 'tsx/esm/api'

register({ tsconfig: fileURLToPath(new URL('../tsconfig.test.json', import.meta.url)) })
