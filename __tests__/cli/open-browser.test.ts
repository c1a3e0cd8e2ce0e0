import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { browserCommands, openBrowser } from '../../src/cli/open-browser'

// what a shell would take apart, and what `cmd` would begin another command with
const url = 'https://auth.example.com/authorize?a=1&b=$(touch%20x);`id`|%PATH%'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'browser-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A program that writes its arguments into a file, one a line, and ends with this code. */
function program(name: string, code = 0) {
  const path = join(folder, name)
  const log = `${path}.log`
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" > '${log}'\nexit ${code}\n`)
  chmodSync(path, 0o755)
  return {
    path,
    opened: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : undefined),
  }
}
const open = (environment: Record<string, string> = {}, platform = 'linux') =>
  openBrowser(url, { platform, environment: { PATH: folder, ...environment } })

describe('the programs', () => {
  test('on Linux and elsewhere', () => {
    for (const platform of ['linux', 'freebsd', 'android'])
      expect(browserCommands(url, { platform, environment: {} })).toEqual([['xdg-open', url]])
  })

  test('on macOS', () => {
    expect(browserCommands(url, { platform: 'darwin', environment: {} })).toEqual([['open', url]])
  })

  test('on Windows: by its full path, and never cmd', () => {
    const environment = { SystemRoot: 'D:\\Windows' }
    const dll = 'url.dll,FileProtocolHandler'
    expect(browserCommands(url, { platform: 'win32', environment })).toEqual([
      ['D:\\Windows\\System32\\rundll32.exe', dll, url],
    ])
    expect(browserCommands(url, { platform: 'win32', environment: {} })[0]?.[0]).toMatch(/^C:\\Windows\\/)
  })

  test('BROWSER comes first', () => {
    for (const platform of ['linux', 'darwin', 'win32'])
      expect(browserCommands(url, { platform, environment: { BROWSER: 'lynx' } })[0]).toEqual(['lynx', url])
  })
})

describe('opening', () => {
  test('the address is one argument, as it is: no shell reads it', async () => {
    const { opened } = program('xdg-open')
    await open()
    expect(opened()).toEqual([url])
  })

  test('the program that BROWSER names is taken before the other', async () => {
    const other = program('xdg-open')
    const chosen = program('my browser')
    await open({ BROWSER: chosen.path })
    expect(chosen.opened()).toEqual([url])
    expect(other.opened()).toBeUndefined()
  })

  test('a BROWSER that is no program, such as a list or one with arguments, is left to xdg-open', async () => {
    const { opened } = program('xdg-open')
    for (const BROWSER of ['firefox:lynx', 'firefox --new-window %s', join(folder, 'absent')]) {
      await open({ BROWSER })
      expect(opened()).toEqual([url])
    }
  })

  test('a program that fails is told, and no other is opened on top of it', async () => {
    const other = program('xdg-open')
    const failure = await open({ BROWSER: program('broken', 3).path }).catch(error => error)
    expect(failure.code).toBe('OAUTH_INTERACTION_REQUIRED')
    expect(failure.message).not.toContain('auth.example.com')
    expect(other.opened()).toBeUndefined()
  })

  test('no program at all is told', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'OAUTH_INTERACTION_REQUIRED' })
  })
})
