/**
 * Many processes on one store: `npm run test:load -- --seconds 60`, `--only redis-kill`. A minute of each
 * by default is for people; CI runs fifteen seconds.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { root } from '../../tools/entries.mjs'
import '../../tools/register.mjs'

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: process.env.SECONDS_OF_LOAD ?? (process.env.CI ? '15' : '60') },
    only: { type: 'string' },
  },
})
const scratch = mkdtempSync(join(tmpdir(), 'load-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

// a worker that is killed every three seconds must start faster than TypeScript is read
const worker = join(scratch, 'worker.cjs')
await build({
  entryPoints: [join(root, '__tests__/load/worker.ts')],
  bundle: true,
  platform: 'node',
  target: 'node18',
  outfile: worker,
  logLevel: 'error',
})
const { runScenes } = await import('./scenes.ts')
const wrong = await runScenes({ worker, seconds: Number(options.seconds), only: options.only })
process.exit(wrong > 0 ? 1 : 0)
