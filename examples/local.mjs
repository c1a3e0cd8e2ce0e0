// `node examples/local.mjs react-spa` (or express, or cli) starts one of the three programs together with a
// certified authorization server and its APIs. Nothing has to be registered, and nothing leaves this machine.
import '../tools/register.mjs'

const { start } = await import('./local.ts')
await start(process.argv[2])
