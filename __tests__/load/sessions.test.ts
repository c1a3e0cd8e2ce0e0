import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(__dirname, '../..')

test('an idle session is small, and keeps no timer and no listener', () => {
  // the bench holds it to one kilobyte; here only what no collector can explain is a failure
  const command = ['--expose-gc', '--import', './tools/register.mjs', 'bench/sessions.ts']
  const { stdout } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, SESSIONS: '20000' },
  })
  process.stdout.write(stdout)
  const [, over, timers, listeners] =
    /(-?\d+) over a record.*; (\d+) timers, (\d+) listeners/.exec(stdout) ?? []
  expect(Number(over)).toBeLessThan(2048)
  expect([timers, listeners]).toEqual(['0', '0'])
})
