import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { optional } from '../support/optional.js'

// the drivers are ES modules that Jest cannot load: run.mjs is a program of its own, and its lines become
// tests here
const browsers = [
  { name: 'chromium', path: '/usr/bin/chromium', packages: 'chromium' },
  { name: 'firefox', path: '/usr/bin/firefox-esr', packages: 'firefox-esr' },
  { name: 'webkit', path: '/usr/bin/WebKitWebDriver', packages: 'webkit2gtk-driver xvfb xauth' },
]
const root = join(__dirname, '../..')
const hasDisplay = !!process.env.DISPLAY || spawnSync('xvfb-run', ['--help']).status === 0

/** Runs run.mjs; answers what it printed and how it ended. */
function run(browser: string): Promise<{ output: string; code: number | null }> {
  const node = [process.execPath, '--import', './tools/register.mjs', '__tests__/browsers/run.mjs', browser]
  const [command = '', ...args] =
    browser === 'webkit' && !process.env.DISPLAY ? ['xvfb-run', '-a', ...node] : node
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: root })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => (output += text))
    child.once('close', code => resolve({ output, code }))
  })
}

for (const { name, path, packages } of browsers) {
  const available = existsSync(path) && (name !== 'webkit' || hasDisplay)
  optional(
    name,
    available,
    `apt-get install ${packages}`,
  )(`stores and locks in ${name}`, () => {
    it('share one grant between tabs, whatever happens to them', async () => {
      const { output, code } = await run(name)
      process.stdout.write(`${output.replace(/^/gm, '  ')}\n`)
      expect(output).toMatch(new RegExp(`^${name}: [1-9]\\d* passed, 0 failed$`, 'm'))
      expect(code).toBe(0)
    }, 300_000)
  })
}
