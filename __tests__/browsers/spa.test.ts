import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { optional } from '../support/optional.js'

optional(
  'chromium',
  existsSync('/usr/bin/chromium'),
  'apt-get install chromium',
)('examples/react-spa in chromium', () => {
  it('signs in with a click, serves two APIs and two tabs, signs out everywhere', () => {
    // the driver is an ES module that Jest cannot load
    const command = ['--import', './tools/register.mjs', '__tests__/browsers/spa.mjs']
    const { stdout, stderr, status } = spawnSync(process.execPath, command, {
      cwd: join(__dirname, '../..'),
      encoding: 'utf8',
    })
    process.stdout.write(`${(stdout + stderr).replace(/^/gm, '  ')}\n`)
    expect(stdout).toMatch(/^spa: [1-9]\d* passed, 0 failed$/m)
    expect(status).toBe(0)
  }, 120_000)
})
