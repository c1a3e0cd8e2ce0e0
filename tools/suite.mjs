/**
 * `npm run test:browsers` and its kind: runs one folder of __tests__ that `npm test` leaves out (suites.json), one file after
 * the other, because these suites want the machine for themselves. Options of the suite itself are given as `name=value` and
 * arrive as environment variables (`npm run test:faults -- SCHEDULES=100000 SEED=7`); the rest goes to Jest.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root } from './entries.mjs'

const [suite, ...rest] = process.argv.slice(2)
if (!(suite in readJson('tools/suites.json'))) throw new Error(`No such suite: ${suite}`)
if (!existsSync(join(root, '__tests__', suite))) {
  console.error(`There are no tests in __tests__/${suite}.`)
  process.exit(1)
}
const isOption = argument => /^[A-Z][A-Z0-9_]*=/.test(argument)
const options = Object.fromEntries(rest.filter(isOption).map(argument => argument.split(/=(.*)/s, 2)))
const prepare = join(root, 'tools', `prepare-${suite}.mjs`)
const run = (...command) =>
  spawnSync(process.execPath, command, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, SUITE: suite, ...options },
  }).status

if (existsSync(prepare) && run(prepare) !== 0) process.exit(1)
const jest = join(root, 'node_modules/jest/bin/jest.js')
process.exitCode =
  run(jest, '--config', 'tools/suite.config.ts', '--runInBand', ...rest.filter(argument => !isOption(argument))) ?? 1
