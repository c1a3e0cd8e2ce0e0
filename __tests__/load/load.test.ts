import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { hasRedis } from '../stores/redis-server.js'
import { optional } from '../support/optional.js'

/** Runs one load in processes of its own and shows what it printed. */
function load(name: string) {
  const tool = join(__dirname, 'run.mjs')
  const { stdout, stderr } = spawnSync(process.execPath, [tool, '--only', name], { encoding: 'utf8' })
  process.stdout.write(stdout)
  expect(stdout + stderr).toContain(`ok: ${name}`)
}

describe('4 processes on one directory', () => {
  test('renew once for each expiry', () => load('file'))
  test('lose nothing that can be kept when they are killed', () => load('file-kill'))
})

optional(
  'redis-server',
  hasRedis,
  'apt-get install redis-server',
)('8 processes on one Redis', () => {
  test('renew once for each expiry', () => load('redis'))
  test('lose nothing that can be kept when they are killed', () => load('redis-kill'))
  test('lose nothing when Redis is killed', () => load('redis-outage'))
})
