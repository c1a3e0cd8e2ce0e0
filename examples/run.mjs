// `node examples/run.mjs client-credentials`: runs the example of that name against the sources, without a
// build. What it needs to know comes from the environment: see settings.ts.
import '../tools/register.mjs'

const [name = ''] = process.argv.slice(2)
const { main } = await import(`./${name}.ts`)
process.stdout.write(`${JSON.stringify(await main(), null, 2)}\n`)
