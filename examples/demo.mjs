// `npm run demo`: runs the TypeScript next to this file against the sources, without a build.
import '../tools/register.mjs'

await import('./demo.ts')
