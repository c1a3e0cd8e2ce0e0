/**
 * `npm run bench` runs every bench, `npm run bench -- oauth1` those whose name begins so. Each runs alone in
 * a fresh process with an exposed collector, because a warm heap makes the second contender look better than
 * the first. A bench that misses its mark exits with a status other than 0, and so does this.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const [wanted = '', ...rest] = process.argv.slice(2)
const names = readdirSync(folder).filter(
  name => /\.(ts|mjs)$/.test(name) && name !== 'run.mjs' && name.startsWith(wanted),
)

if (names.length === 0) {
  console.error(`No bench begins with "${wanted}".`)
  process.exit(1)
}
for (const name of names.sort()) {
  console.log(`\n# ${name}`)
  const flags = ['--expose-gc', '--import', new URL('../tools/register.mjs', import.meta.url).href]
  const { status } = spawnSync(process.execPath, [...flags, join(folder, name), ...rest], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}
