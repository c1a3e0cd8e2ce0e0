import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { optional } from '../support/optional.js'

const root = join(__dirname, '../..')
const browsers = [
  { name: 'chromium', path: '/usr/bin/chromium', packages: 'chromium' },
  { name: 'firefox', path: '/usr/bin/firefox-esr', packages: 'firefox-esr' },
  { name: 'webkit', path: '/usr/bin/WebKitWebDriver', packages: 'webkit2gtk-driver xvfb xauth' },
]
const hasDisplay = !!process.env.DISPLAY || spawnSync('xvfb-run', ['--help']).status === 0

/** Runs a program of this folder with a browser; answers what it printed and how it ended. */
function run(program: string, browser: string): Promise<{ output: string; code: number | null }> {
  const node = [
    process.execPath,
    '--import',
    './tools/register.mjs',
    `__tests__/browsers/${program}`,
    browser,
  ]
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

/**
 * A test in each browser that is there. The drivers are ES modules that Jest cannot load, so what runs is a
 * program: its name, and the word before `N passed, M failed` in its last line.
 */
export function inEveryBrowser(
  title: (browser: string) => string,
  test: string,
  { program, total }: { program: string; total: (browser: string) => string },
): void {
  for (const { name, path, packages } of browsers) {
    const available = existsSync(path) && (name !== 'webkit' || hasDisplay)
    optional(
      name,
      available,
      `apt-get install ${packages}`,
    )(title(name), () => {
      it(test, async () => {
        const { output, code } = await run(program, name)
        process.stdout.write(`${output.replace(/^/gm, '  ')}\n`)
        expect(output).toMatch(new RegExp(`^${total(name)}: [1-9]\\d* passed, 0 failed$`, 'm'))
        expect(code).toBe(0)
      }, 300_000)
    })
  }
}
