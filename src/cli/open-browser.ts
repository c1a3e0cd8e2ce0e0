import { spawn } from 'node:child_process'
import { oauthError } from '../errors.js'
import type { CommandLineEnvironment } from './choice.js'

/** The facts about this process's machine. */
export const thisMachine = (): CommandLineEnvironment => ({
  environment: process.env,
  platform: process.platform,
})

/** A program and its arguments, started without a shell. */
type Command = readonly [program: string, ...args: string[]]

/**
 * The programs that may open a page, in order of preference. `BROWSER` names one program; if it is a list or
 * has arguments, no program has that name, and `xdg-open`, which reads the variable too, is next.
 */
export function browserCommands(url: string, { environment, platform }: CommandLineEnvironment): Command[] {
  const { BROWSER, SystemRoot = 'C:\\Windows' } = environment
  const chosen: Command[] = BROWSER ? [[BROWSER, url]] : []
  // Windows looks for a bare name in the working directory first, and `cmd /c start` splits the address at an
  // &.
  if (platform === 'win32')
    return [...chosen, [`${SystemRoot}\\System32\\rundll32.exe`, 'url.dll,FileProtocolHandler', url]]
  return [...chosen, [platform === 'darwin' ? 'open' : 'xdg-open', url]]
}

/** Runs a program in the background. Returns its exit code, or `undefined` if it cannot be run. */
function run([program, ...args]: Command, { environment, platform }: CommandLineEnvironment) {
  return new Promise<number | null | undefined>(resolve => {
    const child = spawn(program, args, {
      env: { ...environment },
      stdio: 'ignore',
      windowsHide: true,
      // A child of the same process group would end with Ctrl+C in the terminal.
      detached: platform !== 'win32',
    })
    child.on('error', () => resolve(undefined))
    child.on('exit', resolve)
    child.unref()
  })
}

/**
 * Opens a page in the system's browser. Resolves when the opening program has ended, which may be when the
 * browser is closed.
 * @throws OAuthError `OAUTH_INTERACTION_REQUIRED` when there is no such program, or it failed
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-6
 */
export async function openBrowser(
  url: string,
  machine: CommandLineEnvironment = thisMachine(),
): Promise<void> {
  for (const command of browserCommands(url, machine)) {
    const code = await run(command, machine)
    if (code === 0) return
    if (code !== undefined) break
  }
  throw oauthError('OAUTH_INTERACTION_REQUIRED', 'noBrowser')
}
